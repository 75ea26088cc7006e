//! Taking manifests, tags and blobs away.

use fixtures::images::{Image, OCI_INDEX, index, sha256};
use serde_json::json;

use crate::stage::Stage;

#[tokio::test]
async fn what_is_not_there_cannot_be_deleted() {
    let stage = Stage::start().await;
    stage.push("app", "v1", &Image::oci("one")).await;
    let digest = sha256(b"nowhere");
    stage.ask("DELETE", "/v2/none/manifests/v1").await.refused(404, "NAME_UNKNOWN");
    stage.ask("DELETE", "/v2/app/manifests/v2").await.refused(404, "MANIFEST_UNKNOWN");
    stage.ask("DELETE", &format!("/v2/app/manifests/{digest}")).await.refused(404, "MANIFEST_UNKNOWN");
    stage.ask("DELETE", &format!("/v2/app/blobs/{digest}")).await.refused(404, "BLOB_UNKNOWN");
}

#[tokio::test]
async fn nothing_is_deleted_if_that_is_switched_off() {
    let stage = Stage::with(|builder| builder.allow_delete(false)).await;
    let image = Image::oci("one");
    let digest = stage.push("app", "v1", &image).await;
    for reference in ["v1", &digest] {
        stage.ask("DELETE", &format!("/v2/app/manifests/{reference}")).await.refused(405, "UNSUPPORTED");
    }
    stage
        .ask("DELETE", &format!("/v2/app/blobs/{}", image.config.digest()))
        .await
        .refused(405, "UNSUPPORTED");
    stage.get("/v2/app/manifests/v1").await.expect(200);
}

#[tokio::test]
async fn what_something_refers_to_stays() {
    let stage = Stage::start().await;
    let image = Image::oci("one");
    let child = stage.push("app", "v1", &image).await;
    let index = index(OCI_INDEX, &[image.manifest.entry("linux/amd64")]);
    stage.put_manifest("app", "multi", &index).await.expect(201);
    stage.ask("DELETE", &format!("/v2/app/manifests/{child}")).await.refused(405, "UNSUPPORTED");
    for part in [&image.config, &image.layers[0]] {
        stage.ask("DELETE", &format!("/v2/app/blobs/{}", part.digest())).await.refused(405, "UNSUPPORTED");
    }
    stage.ask("DELETE", &format!("/v2/app/manifests/{}", index.digest())).await.expect(202);
    stage.ask("DELETE", &format!("/v2/app/manifests/{child}")).await.expect(202);
    stage.ask("DELETE", &format!("/v2/app/blobs/{}", image.config.digest())).await.expect(202);
}

#[tokio::test]
async fn a_manifest_goes_with_all_its_tags() {
    let stage = Stage::start().await;
    let (going, staying) = (Image::oci("going"), Image::oci("staying"));
    let digest = stage.push("app", "v1", &going).await;
    stage.put_manifest("app", "v2", &going.manifest).await.expect(201);
    stage.push("app", "v3", &staying).await;
    stage.ask("DELETE", &format!("/v2/app/manifests/{digest}")).await.expect(202);
    for reference in ["v1", "v2", &digest] {
        stage.get(&format!("/v2/app/manifests/{reference}")).await.refused(404, "MANIFEST_UNKNOWN");
    }
    assert_eq!(stage.get("/v2/app/tags/list").await.json()["tags"], json!(["v3"]));
}

#[tokio::test]
async fn a_tag_goes_alone() {
    let stage = Stage::start().await;
    let digest = stage.push("app", "v1", &Image::oci("one")).await;
    stage.ask("DELETE", "/v2/app/manifests/v1").await.expect(202);
    stage.get("/v2/app/manifests/v1").await.refused(404, "MANIFEST_UNKNOWN");
    stage.get(&format!("/v2/app/manifests/{digest}")).await.expect(200);
}

#[tokio::test]
async fn a_blob_goes_from_one_repository() {
    let stage = Stage::start().await;
    let digest = stage.push_blob("app", "content").await;
    stage.push_blob("other", "content").await;
    stage.ask("DELETE", &format!("/v2/app/blobs/{digest}")).await.expect(202);
    stage.get(&format!("/v2/app/blobs/{digest}")).await.refused(404, "BLOB_UNKNOWN");
    stage.get(&format!("/v2/other/blobs/{digest}")).await.expect(200);
}
