//! Images that differ in a number, and all the requests that tell of them.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use bytes::Bytes;
use serde_json::{Value, json};

use super::{Server, Work, ask, calls, client, client::Outgoing, layers};
use crate::load::Sample;

const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const LAYER: &str = "application/vnd.oci.image.layer.v1.tar+gzip";
const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

/// Stands in the template for the number, which has as many digits.
const PLACE: &str = "NNNNNNNNNN";

/// Makes a repository with one layer and one config, and gives the work of putting one more image over them.
pub(super) async fn new_images(server: &Server, repository: &str) -> Work {
    ask(server, &calls::create(repository)).await;
    let config = br#"{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}"#;
    let template = put(
        repository,
        layers::small(server, repository, CONFIG, config).await,
        layers::small(server, repository, LAYER, b"the layer of all images").await,
    );
    let next = AtomicU64::new(0);
    Arc::new(move || {
        let number = format!("{:010}", next.fetch_add(1, Ordering::Relaxed));
        let input = Bytes::from(template.replace(PLACE, &number));
        Arc::new([calls::in_pieces("PutImage", vec![input])])
    })
}

/// The input of `PutImage`: the number makes the manifest another one, and is its tag.
fn put(repository: &str, config: Value, layer: Value) -> String {
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": config,
        "layers": [layer],
        "annotations": { "number": PLACE },
    });
    let input = json!({
        "repositoryName": repository,
        "imageManifest": manifest.to_string(),
        "imageManifestMediaType": MANIFEST,
        "imageTag": PLACE,
    });
    input.to_string()
}

/// Makes a repository of so many images.
pub(super) async fn fill(server: &Server, repository: &str, count: u64) -> Sample {
    let work = new_images(server, repository).await;
    let taken = Arc::new(AtomicU64::new(0));
    client::while_wanted(server, 16, &work, move || taken.fetch_add(1, Ordering::Relaxed) < count).await
}

/// The requests that tell of all images, one for each page.
pub(super) async fn requests(server: &Server, repository: &str, page: u32, count: u64) -> Arc<[Outgoing]> {
    let (mut requests, mut told, mut token) = (Vec::new(), 0, Value::Null);
    loop {
        let mut input = json!({ "repositoryName": repository, "maxResults": page });
        if token.is_string() {
            input["nextToken"] = token;
        }
        let request = calls::call("DescribeImages", &input);
        let answer: Value = serde_json::from_slice(&ask(server, &request).await.body).unwrap();
        told += answer["imageDetails"].as_array().expect("images").len() as u64;
        requests.push(request);
        token = answer["nextToken"].clone();
        if !token.is_string() {
            assert_eq!(told, count, "{} tells of all images", server.name());
            return requests.into();
        }
    }
}
