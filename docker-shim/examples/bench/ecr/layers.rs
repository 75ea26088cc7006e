//! Layers: in parts, as `UploadLayerPart` takes them, and by the registry's own protocol.

use std::io::Read;

use aws_lc_rs::digest::{Context, SHA256};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use bytes::Bytes;
use http::{Method, StatusCode, header};
use serde_json::{Value, json};

use super::{
    Outgoing, Server, calls,
    client::{Answer, Connection},
};
use crate::{archives::Noise, load::Sample};

const MIB: u64 = 1 << 20;
/// Between ECR's least, 5 MiB, and what it asks clients for, 10 MiB; divides most sizes.
const PART: u64 = 8 * MIB;
const REPOSITORY: &str = "layers";

/// A large layer: the same part again and again, and a number at its end that makes it another one each time.
pub(super) struct Layer {
    part: Bytes,
    encoded: Bytes,
    parts: u64,
    hashed: Context,
    number: u64,
}

/// One of them.
pub(super) struct Numbered<'l> {
    layer: &'l Layer,
    end: Bytes,
    digest: String,
}

impl Layer {
    /// Of about so many MiB.
    pub(super) fn new(mebibytes: u64) -> Self {
        let mut part = Vec::new();
        Noise(1).take(PART).read_to_end(&mut part).unwrap();
        let parts = (mebibytes * MIB).div_ceil(PART);
        let mut hashed = Context::new(&SHA256);
        (0..parts).for_each(|_| hashed.update(&part));
        let encoded = Bytes::from(BASE64_STANDARD.encode(&part));
        Self { part: Bytes::from(part), encoded, parts, hashed, number: 0 }
    }

    /// What it really has.
    pub(super) fn mebibytes(&self) -> u64 {
        self.parts * PART / MIB
    }

    /// One that no server has seen.
    pub(super) fn next(&mut self) -> Numbered<'_> {
        self.number += 1;
        let end = format!("{:020}", self.number);
        let mut hashed = self.hashed.clone();
        hashed.update(end.as_bytes());
        let digest: String = hashed.finish().as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        Numbered { layer: self, end: Bytes::from(end), digest: format!("sha256:{digest}") }
    }
}

impl Numbered<'_> {
    /// As JSON has them: first byte, content in base64.
    fn parts(&self) -> impl Iterator<Item = (u64, u64, Bytes)> {
        let whole = (0..self.layer.parts).map(|part| (part * PART, PART, self.layer.encoded.clone()));
        let end = Bytes::from(BASE64_STANDARD.encode(&self.end));
        whole.chain([(self.layer.parts * PART, self.end.len() as u64, end)])
    }

    fn content(&self) -> Vec<Bytes> {
        let whole = (0..self.layer.parts).map(|_| self.layer.part.clone());
        whole.chain([self.end.clone()]).collect()
    }
}

/// Makes the repository that layers go to, unless it is there.
async fn connect(server: &Server) -> Connection {
    let mut connection = server.connect().await;
    let answer = connection.send(&calls::create(REPOSITORY)).await.expect("the server answers");
    assert!([StatusCode::OK, StatusCode::BAD_REQUEST].contains(&answer.status), "{answer:?}");
    connection
}

/// How long a layer takes that comes by calls.
pub(super) async fn by_calls(server: &Server, layer: Numbered<'_>) -> Sample {
    let mut connection = connect(server).await;
    timed(server, upload(&mut connection, REPOSITORY, layer.parts(), &layer.digest)).await
}

/// The same as docker pushes it.
pub(super) async fn by_push(server: &Server, layer: Numbered<'_>) -> Sample {
    let mut connection = connect(server).await;
    timed(server, push(&mut connection, &layer)).await
}

/// Whether a server speaks the registry's protocol.
pub(super) async fn is_registry(server: &Server) -> bool {
    let mut connection = connect(server).await;
    let answer = connection.send(&Outgoing::new(Method::GET, "/v2/", vec![])).await;
    answer.is_ok_and(|answer| answer.status == StatusCode::OK)
}

/// Uploads a few bytes, and gives their descriptor.
pub(super) async fn small(server: &Server, repository: &str, media_type: &str, content: &[u8]) -> Value {
    let mut connection = server.connect().await;
    let (size, digest) = (content.len() as u64, fixtures::peers::digest(content));
    let encoded = Bytes::from(BASE64_STANDARD.encode(content));
    upload(&mut connection, repository, [(0, size, encoded)].into_iter(), &digest).await;
    json!({ "mediaType": media_type, "digest": digest, "size": size })
}

async fn timed(server: &Server, work: impl Future<Output = ()>) -> Sample {
    Sample::timed(&[server.pid()], work).await
}

async fn upload(
    connection: &mut Connection,
    repository: &str,
    parts: impl Iterator<Item = (u64, u64, Bytes)>,
    digest: &str,
) {
    let begin = calls::call("InitiateLayerUpload", &json!({ "repositoryName": repository }));
    let begun: Value = serde_json::from_slice(&connection.expect(&begin).await.body).unwrap();
    let id = begun["uploadId"].as_str().expect("an upload has an ID");
    for (first, length, content) in parts {
        let last = first + length - 1;
        let head = format!(
            r#"{{"repositoryName":"{repository}","uploadId":"{id}","partFirstByte":{first},"partLastByte":{last},"layerPartBlob":""#
        );
        let input = vec![Bytes::from(head), content, Bytes::from_static(b"\"}")];
        connection.expect(&calls::in_pieces("UploadLayerPart", input)).await;
    }
    let end = json!({ "repositoryName": repository, "uploadId": id, "layerDigests": [digest] });
    connection.expect(&calls::call("CompleteLayerUpload", &end)).await;
}

async fn push(connection: &mut Connection, layer: &Numbered<'_>) {
    let begin = Outgoing::new(Method::POST, &format!("/v2/{REPOSITORY}/blobs/uploads/"), vec![]);
    let place = location(&connection.expect(&begin).await);
    let content = Outgoing::new(Method::PATCH, &place, layer.content())
        .header("content-type", "application/octet-stream");
    let place = location(&connection.expect(&content).await);
    let separator = if place.contains('?') { '&' } else { '?' };
    let end = format!("{place}{separator}digest={}", layer.digest);
    connection.expect(&Outgoing::new(Method::PUT, &end, vec![])).await;
}

/// Where an upload goes on, without the host.
fn location(answer: &Answer) -> String {
    let location = answer.headers[header::LOCATION].to_str().expect("a location is text");
    location.find("/v2/").map_or(location, |path| &location[path..]).to_owned()
}
