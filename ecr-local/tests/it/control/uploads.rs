//! Layers in parts.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use fixtures::images::sha256;
use serde_json::{Value, json};

use super::caller::SERVICE;
use crate::stage::{Stage, read};

const PART: usize = 5 * 1024 * 1024;

async fn begin(stage: &Stage) -> String {
    let _ = stage.call("CreateRepository", json!({"repositoryName": "app"})).await;
    let begun = stage.done("InitiateLayerUpload", json!({"repositoryName": "app"})).await;
    assert_eq!(begun["partSize"], 10 * 1024 * 1024);
    begun["uploadId"].as_str().unwrap().to_owned()
}

fn part(id: &str, first: usize, bytes: &[u8]) -> Value {
    json!({
        "repositoryName": "app",
        "uploadId": id,
        "partFirstByte": first,
        "partLastByte": first + bytes.len() - 1,
        "layerPartBlob": BASE64_STANDARD.encode(bytes),
    })
}

fn complete(id: &str, digests: &[&str]) -> Value {
    json!({"repositoryName": "app", "uploadId": id, "layerDigests": digests})
}

#[tokio::test]
async fn a_layer_comes_in_parts_and_is_served_by_the_data_plane() {
    let mut stage = Stage::start().await;
    let id = begin(&stage).await;
    let (first, second) = (vec![1; PART], b"the rest".to_vec());
    let whole = [&first[..], &second].concat();
    let answer = stage.done("UploadLayerPart", part(&id, 0, &first)).await;
    assert_eq!((&answer["lastByteReceived"], &answer["uploadId"]), (&json!(PART - 1), &json!(id)));
    stage.restart(|builder| builder).await;
    stage.done("UploadLayerPart", part(&id, PART, &second)).await;
    let digest = sha256(&whole);
    let answer = stage.done("CompleteLayerUpload", complete(&id, &[&sha256(b"x"), &digest])).await;
    assert_eq!(answer["layerDigest"], digest.as_str());
    assert_eq!(stage.get(&format!("/v2/app/blobs/{digest}")).await.expect(200).body, whole);
    stage.fails("CompleteLayerUpload", complete(&id, &[&digest]), "UploadNotFoundException").await;
}

#[tokio::test]
async fn a_part_in_the_wrong_place_tells_where_the_right_one_is() {
    let stage = Stage::start().await;
    let id = begin(&stage).await;
    let expect = async |input: Value, last: i64| {
        let reply = stage.call("UploadLayerPart", input).await;
        let document = reply.json();
        assert_eq!(document["lastValidByteReceived"], last, "{document}");
        assert_eq!(
            (&document["registryId"], &document["repositoryName"]),
            (&json!("000000000000"), &json!("app"))
        );
        assert_eq!(document["uploadId"], id.as_str());
        reply.excepted("InvalidLayerPartException");
    };
    expect(part(&id, 1, b"late"), -1).await;
    stage.done("UploadLayerPart", part(&id, 0, b"first")).await;
    expect(part(&id, 0, b"first"), 4).await;
    let mut short = part(&id, 5, b"second");
    short["partLastByte"] = json!(100);
    expect(short, 4).await;
    stage.done("UploadLayerPart", part(&id, 5, b"second")).await;
    let unknown = part("00000000-0000-4000-8000-000000000000", 0, b"x");
    stage.fails("UploadLayerPart", unknown, "UploadNotFoundException").await;
    let negative = json!({"repositoryName": "app", "uploadId": id, "partFirstByte": -1, "partLastByte": 0, "layerPartBlob": "eA=="});
    stage.fails("UploadLayerPart", negative, "InvalidParameterException").await;
}

#[tokio::test]
async fn a_part_that_is_no_part_leaves_the_upload_as_it_is() {
    let stage = Stage::start().await;
    let id = begin(&stage).await;
    for blob in ["?", "QUJ", "QQ==QUJD", &format!("{}QQ==QUJD", "QUJD".repeat(200_000))] {
        let mut input = part(&id, 0, b"abc");
        input["layerPartBlob"] = blob.into();
        let refused = stage.fails("UploadLayerPart", input, "SerializationException").await;
        assert!(refused.contains("'layerPartBlob' is not base64"), "{refused}");
    }
    for (blob, code) in [(json!(5), "SerializationException"), (json!(null), "InvalidParameterException")] {
        let mut input = part(&id, 0, b"abc");
        input["layerPartBlob"] = blob;
        stage.fails("UploadLayerPart", input, code).await;
    }
    let large = vec![7; 20 * 1024 * 1024 + 1];
    let refused = stage.fails("UploadLayerPart", part(&id, 0, &large), "InvalidParameterException").await;
    assert!(refused.contains("less than or equal to 20971520"), "{refused}");
    let send = |body: String| {
        let request = stage.request("POST", "/").header("content-type", "application/x-amz-json-1.1");
        read(request.header("x-amz-target", format!("{SERVICE}.UploadLayerPart")).body(body))
    };
    let whole = part(&id, 0, b"abc").to_string();
    for body in [
        whole[..whole.len() - 1].to_owned(),
        whole.replace("layerPartBlob", "layerPart\\u0042lob"),
        whole.replacen('{', "{\"layerPartBlob\":\"QUJD\",", 1),
        whole.replacen('{', &format!("{{\"other\":\"{}\",", "x".repeat(100_000)), 1),
    ] {
        send(body).await.excepted("SerializationException");
    }
    send(whole.replace("YWJj", "\\u0059WJj")).await.expect(200);
    stage.done("CompleteLayerUpload", complete(&id, &[&sha256(b"abc")])).await;
    assert_eq!(std::fs::read_dir(stage.data_dir().join("uploads")).unwrap().count(), 0);
}

#[tokio::test]
async fn a_part_of_the_largest_size_arrives_as_it_was_sent() {
    let stage = Stage::start().await;
    let id = begin(&stage).await;
    let content: Vec<u8> =
        (0..20 * 1024 * 1024_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    stage.done("UploadLayerPart", part(&id, 0, &content)).await;
    let digest = sha256(&content);
    stage.done("CompleteLayerUpload", complete(&id, &[&digest])).await;
    assert!(stage.get(&format!("/v2/app/blobs/{digest}")).await.expect(200).body == content);
}

#[tokio::test]
async fn a_wrong_digest_leaves_the_upload_as_it_is() {
    let stage = Stage::start().await;
    let id = begin(&stage).await;
    stage.done("UploadLayerPart", part(&id, 0, b"con")).await;
    stage.fails("CompleteLayerUpload", complete(&id, &[&sha256(b"content")]), "InvalidLayerException").await;
    // A single part was the last one until this comes, and is too small from now on.
    stage.done("UploadLayerPart", part(&id, 3, b"tent")).await;
    let small = stage
        .fails("CompleteLayerUpload", complete(&id, &[&sha256(b"content")]), "LayerPartTooSmallException")
        .await;
    assert!(small.contains("3 bytes"), "{small}");
    let other = begin(&stage).await;
    stage.done("UploadLayerPart", part(&other, 0, b"content")).await;
    stage.fails("CompleteLayerUpload", complete(&other, &[&sha256(b"x")]), "InvalidLayerException").await;
    stage.done("CompleteLayerUpload", complete(&other, &[&sha256(b"content")])).await;
}

#[tokio::test]
async fn nothing_and_what_is_known_make_no_layer() {
    let stage = Stage::start().await;
    let empty = begin(&stage).await;
    stage.fails("CompleteLayerUpload", complete(&empty, &[&sha256(b"")]), "EmptyUploadException").await;
    let digest = stage.push_blob("app", "known").await;
    let id = begin(&stage).await;
    stage.done("UploadLayerPart", part(&id, 0, b"known")).await;
    stage.fails("CompleteLayerUpload", complete(&id, &[&digest]), "LayerAlreadyExistsException").await;
}

#[tokio::test]
async fn layers_are_looked_for_and_downloaded() {
    let stage = Stage::start().await;
    let image = fixtures::images::Image::oci("one");
    stage.push("app", "v1", &image).await;
    let (layer, alone, nowhere) =
        (image.layers[0].digest(), stage.push_blob("app", "alone").await, sha256(b"none"));
    let check = json!({"repositoryName": "app", "layerDigests": [layer, nowhere, "md5:ab"]});
    let answer = stage.done("BatchCheckLayerAvailability", check).await;
    assert_eq!(answer["layers"][0]["layerAvailability"], "AVAILABLE");
    assert_eq!(answer["layers"][0]["layerSize"], image.layers[0].bytes.len());
    let codes: Vec<_> =
        answer["failures"].as_array().unwrap().iter().map(|failure| &failure["failureCode"]).collect();
    assert_eq!(codes, ["MissingLayerDigest", "InvalidLayerDigest"]);
    let url = async |digest: &str| {
        stage.call("GetDownloadUrlForLayer", json!({"repositoryName": "app", "layerDigest": digest})).await
    };
    let got = url(&layer).await.expect(200).json();
    let address = got["downloadUrl"]
        .as_str()
        .unwrap()
        .strip_prefix(&format!("http://{}", stage.host()))
        .unwrap()
        .to_owned();
    assert_eq!(stage.get(&address).await.expect(200).body, image.layers[0].bytes);
    url(&alone).await.excepted("LayerInaccessibleException");
    let message = url(&nowhere).await.excepted("LayersNotFoundException");
    assert_eq!(
        message,
        format!(
            "The layer with digest {nowhere} does not exist within the repository with name 'app' in the registry with id '000000000000'"
        )
    );
}
