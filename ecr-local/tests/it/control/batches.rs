//! BatchGetImage and BatchDeleteImage: what works is done, and what does not is told.

use fixtures::images::{Content, Image, OCI_INDEX, sha256};
use serde_json::{Value, json};

use crate::stage::Stage;

fn ids(ids: Value) -> Value {
    json!({"repositoryName": "app", "imageIds": ids})
}

fn codes(answer: &Value) -> Vec<&str> {
    answer["failures"]
        .as_array()
        .unwrap()
        .iter()
        .map(|failure| failure["failureCode"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn what_names_no_image_is_told_and_changes_nothing() {
    let stage = Stage::start().await;
    let digest = stage.push("app", "v1", &Image::oci("one")).await;
    let other = stage.push("app", "v2", &Image::oci("two")).await;
    for operation in ["BatchGetImage", "BatchDeleteImage"] {
        let asked = ids(json!([
            {"imageTag": "no"},
            {"imageDigest": sha256(b"no")},
            {"imageDigest": "x"},
            {"imageTag": "no+tag"},
            {"imageDigest": other, "imageTag": "v1"},
            {},
        ]));
        let answer = stage.done(operation, asked).await;
        assert_eq!(
            codes(&answer),
            [
                "ImageNotFound",
                "ImageNotFound",
                "InvalidImageDigest",
                "InvalidImageTag",
                "ImageTagDoesNotMatchDigest",
                "MissingDigestAndTag"
            ]
        );
        assert_eq!(answer["failures"][0]["imageId"], json!({"imageTag": "no"}));
    }
    let answer = stage
        .done("BatchGetImage", ids(json!([{"imageTag": "v1"}, {"imageDigest": digest, "imageTag": "v1"}])))
        .await;
    assert_eq!((answer["images"].as_array().unwrap().len(), codes(&answer).len()), (2, 0));
}

#[tokio::test]
async fn an_image_goes_with_its_last_tag() {
    let stage = Stage::start().await;
    let image = Image::oci("one");
    let digest = stage.push("app", "v1", &image).await;
    stage.push("app", "v2", &image).await;
    let answer = stage.done("BatchDeleteImage", ids(json!([{"imageTag": "v1"}]))).await;
    assert_eq!(answer, json!({"imageIds": [{"imageDigest": digest, "imageTag": "v1"}], "failures": []}));
    stage.get(&format!("/v2/app/manifests/{digest}")).await.expect(200);
    stage.done("BatchDeleteImage", ids(json!([{"imageTag": "v2"}]))).await;
    stage.get(&format!("/v2/app/manifests/{digest}")).await.refused(404, "MANIFEST_UNKNOWN");
}

#[tokio::test]
async fn a_digest_takes_all_tags_along() {
    let stage = Stage::start().await;
    let (image, bare) = (Image::oci("one"), Image::oci("two"));
    let digest = stage.push("app", "v1", &image).await;
    stage.push("app", "v2", &image).await;
    let untagged = stage.push("app", &bare.manifest.digest(), &bare).await;
    let answer = stage
        .done("BatchDeleteImage", ids(json!([{"imageDigest": digest}, {"imageDigest": untagged}])))
        .await;
    assert_eq!(
        answer["imageIds"],
        json!([
            {"imageDigest": digest, "imageTag": "v1"},
            {"imageDigest": digest, "imageTag": "v2"},
            {"imageDigest": untagged},
        ])
    );
    stage.get("/v2/app/manifests/v1").await.refused(404, "MANIFEST_UNKNOWN");
}

#[tokio::test]
async fn an_image_of_an_index_stays_as_long_as_the_index() {
    let stage = Stage::start().await;
    let child = Image::oci("one");
    let digest = stage.push("app", "child", &child).await;
    let entries = [child.manifest.entry("linux/amd64")];
    let parent =
        Content::json(OCI_INDEX, &json!({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": entries}));
    stage.put_manifest("app", "all", &parent).await.expect(201);
    for id in [json!({"imageDigest": digest}), json!({"imageTag": "child"})] {
        let answer = stage.done("BatchDeleteImage", ids(json!([id]))).await;
        assert_eq!(codes(&answer), ["ImageReferencedByManifestList"]);
    }
    let both = ids(json!([{"imageTag": "all"}, {"imageDigest": digest}]));
    assert_eq!(codes(&stage.done("BatchDeleteImage", both).await), Vec::<&str>::new());
}
