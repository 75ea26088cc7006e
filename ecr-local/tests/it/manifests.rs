//! Pushing manifests.

use fixtures::images::{
    Content, DOCKER_MANIFEST, Image, ImageBuilder, OCI_INDEX, OCI_MANIFEST, index, sha256, sha512,
};
use serde_json::json;

use crate::stage::{Stage, read};

const NOWHERE: &str = "sha256:0000000000000000000000000000000000000000000000000000000000000000";

#[tokio::test]
async fn a_manifest_with_a_part_that_is_not_there_is_refused_and_not_recorded() {
    let stage = Stage::start().await;
    let image = Image::oci("one");
    let put = async || stage.put_manifest("app", "v1", &image.manifest).await;
    let refused = put().await.refused(404, "MANIFEST_BLOB_UNKNOWN");
    assert_eq!(refused.json()["errors"][0]["detail"]["digest"], image.config.digest());
    stage.push_blob("app", image.config.bytes.clone()).await;
    let refused = put().await.refused(404, "MANIFEST_BLOB_UNKNOWN");
    assert_eq!(refused.json()["errors"][0]["detail"]["digest"], image.layers[0].digest());
    // Elsewhere is not here.
    stage.push_blob("other", image.layers[0].bytes.clone()).await;
    put().await.refused(404, "MANIFEST_BLOB_UNKNOWN");
    for reference in ["v1", &image.manifest.digest()] {
        stage.get(&format!("/v2/app/manifests/{reference}")).await.refused(404, "MANIFEST_UNKNOWN");
    }
    stage.push_blob("app", image.layers[0].bytes.clone()).await;
    put().await.expect(201);
}

#[tokio::test]
async fn an_index_with_a_child_that_is_not_there_is_refused() {
    let stage = Stage::start().await;
    let (held, missing) = (Image::oci("held"), Image::oci("missing"));
    stage.push("app", "held", &held).await;
    let entries = [held.manifest.entry("linux/amd64"), missing.manifest.entry("linux/arm64")];
    let refused = stage.put_manifest("app", "multi", &index(OCI_INDEX, &entries)).await;
    let refused = refused.refused(404, "MANIFEST_BLOB_UNKNOWN");
    assert_eq!(refused.json()["errors"][0]["detail"]["digest"], missing.manifest.digest());
    stage.push("app", "missing", &missing).await;
    stage.put_manifest("app", "multi", &index(OCI_INDEX, &entries)).await.expect(201);
}

#[tokio::test]
async fn layers_that_lie_elsewhere_need_not_be_here() {
    let stage = Stage::start().await;
    for media_type in [
        "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
        "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
    ] {
        let image = Image::oci(media_type).with_manifest(|manifest| {
            let layer =
                json!({ "mediaType": media_type, "digest": NOWHERE, "size": 7, "urls": ["https://x.test/"] });
            manifest["layers"].as_array_mut().unwrap().push(layer);
        });
        stage.push("app", "v1", &image).await;
    }
}

#[tokio::test]
async fn what_is_no_manifest_is_refused() {
    let stage = Stage::start().await;
    let image = Image::oci("one");
    stage.push("app", "v1", &image).await;
    let changed = |change: fn(&mut serde_json::Value)| image.clone().with_manifest(change).manifest;
    let doubled = String::from_utf8(image.manifest.bytes.to_vec()).unwrap();
    let doubled = doubled.replacen('{', "{\"mediaType\":\"application/vnd.oci.image.index.v1+json\",", 1);
    for (what, manifest) in [
        ("nothing", Content::of(OCI_MANIFEST, "")),
        ("no JSON", Content::of(OCI_MANIFEST, "{")),
        ("a list", Content::of(OCI_MANIFEST, "[]")),
        ("deep", Content::of(OCI_MANIFEST, "[".repeat(100_000))),
        ("a doubled member", Content::of(OCI_MANIFEST, doubled)),
        ("another type", Content::of("application/json", image.manifest.bytes.clone())),
        ("a type that disagrees", Content::of(DOCKER_MANIFEST, image.manifest.bytes.clone())),
        ("no version", changed(|manifest| manifest["schemaVersion"] = json!(null))),
        ("version 1", changed(|manifest| manifest["schemaVersion"] = json!(1))),
        ("no config", changed(|manifest| manifest["config"] = json!(null))),
        ("no layers", changed(|manifest| manifest["layers"] = json!(null))),
        ("an image and an index", changed(|manifest| manifest["manifests"] = json!([]))),
        ("schema 1 as well", changed(|manifest| manifest["fsLayers"] = json!([]))),
        ("no digest", changed(|manifest| manifest["config"]["digest"] = json!("sha256:abc"))),
        ("a subject without digest", changed(|manifest| manifest["subject"] = json!({ "size": 1 }))),
        ("an index with layers", Content::of(OCI_INDEX, r#"{"schemaVersion":2,"manifests":[],"layers":[]}"#)),
        ("an index without manifests", Content::of(OCI_INDEX, r#"{"schemaVersion":2}"#)),
    ] {
        let reply = stage.put_manifest("app", "bad", &manifest).await;
        assert_eq!(
            (reply.status, &reply.json()["errors"][0]["code"]),
            (400, &json!("MANIFEST_INVALID")),
            "{what}"
        );
    }
    stage.get("/v2/app/manifests/bad").await.refused(404, "MANIFEST_UNKNOWN");
}

#[tokio::test]
async fn a_manifest_may_have_four_mebibytes_and_no_more() {
    let stage = Stage::start().await;
    let sized = |size: usize| {
        let image = |filler: usize| {
            Image::oci("large").with_manifest(|manifest| manifest["filler"] = "x".repeat(filler).into())
        };
        image(size - image(0).manifest.bytes.len())
    };
    let image = sized(4 * 1024 * 1024);
    stage.push("app", "v1", &image).await;
    assert_eq!(stage.get("/v2/app/manifests/v1").await.expect(200).body, image.manifest.bytes);
    let larger = sized(4 * 1024 * 1024 + 1).manifest;
    stage.put_manifest("app", "v2", &larger).await.refused(413, "MANIFEST_INVALID");
}

#[tokio::test]
async fn a_manifest_under_another_digest_or_a_bad_tag_is_refused() {
    let stage = Stage::start().await;
    let image = Image::oci("one");
    stage.push("app", "v1", &image).await;
    stage.put_manifest("app", NOWHERE, &image.manifest).await.refused(400, "DIGEST_INVALID");
    for tag in [".v1", "a+b", &"a".repeat(129), "sha256:abc"] {
        stage.put_manifest("app", tag, &image.manifest).await.refused(400, "TAG_INVALID");
    }
    let digest = image.manifest.digest();
    stage.put_manifest("app", &format!("{digest}?tag=-x"), &image.manifest).await.refused(400, "TAG_INVALID");
}

#[tokio::test]
async fn a_manifest_is_pushed_by_digest_of_either_algorithm() {
    let stage = Stage::start().await;
    let image = Image::oci("one");
    let digest = image.manifest.digest();
    stage.push("app", &digest, &image).await;
    let longer = sha512(&image.manifest.bytes);
    let reply = stage.put_manifest("app", &longer, &image.manifest).await.expect(201);
    assert_eq!(reply.header("docker-content-digest"), longer);
    for digest in [digest, longer] {
        let reply = stage.get(&format!("/v2/app/manifests/{digest}")).await.expect(200);
        assert_eq!(reply.header("docker-content-digest"), digest);
    }
    assert_eq!(stage.get("/v2/app/tags/list").await.json()["tags"], json!([]));
}

#[tokio::test]
async fn several_tags_come_with_one_push() {
    let stage = Stage::start().await;
    let image = Image::oci("one");
    let digest = stage.push("app", "v0", &image).await;
    let reply =
        stage.put_manifest("app", &format!("{digest}?tag=v1&tag=v2"), &image.manifest).await.expect(201);
    let tags: Vec<_> = reply.headers.get_all("oci-tag").iter().collect();
    assert_eq!(tags, ["v1", "v2"]);
    assert_eq!(stage.get("/v2/app/tags/list").await.json()["tags"], json!(["v0", "v1", "v2"]));
}

#[tokio::test]
async fn a_tag_moves_and_the_old_manifest_stays() {
    let stage = Stage::start().await;
    let old = stage.push("app", "v1", &Image::oci("old")).await;
    let new = stage.push("app", "v1", &Image::oci("new")).await;
    assert_eq!(stage.get("/v2/app/manifests/v1").await.header("docker-content-digest"), new);
    stage.get(&format!("/v2/app/manifests/{old}")).await.expect(200);
}

/// OCI leaves the member out as it likes, and clients leave out the header.
#[tokio::test]
async fn the_type_is_taken_from_where_it_is() {
    let stage = Stage::start().await;
    let bare = Image::oci("bare")
        .with_manifest(|manifest| drop(manifest.as_object_mut().unwrap().remove("mediaType")));
    let image = Image::oci("one");
    stage.push("app", "v1", &image).await;
    stage.push("app", "bare", &bare).await;
    let charset = format!("{OCI_MANIFEST}; charset=utf-8");
    let request = stage.request("PUT", "/v2/app/manifests/v2").header("content-type", charset);
    read(request.body(image.manifest.bytes.clone())).await.expect(201);
    read(stage.request("PUT", "/v2/app/manifests/v3").body(image.manifest.bytes.clone())).await.expect(201);
    for tag in ["bare", "v2", "v3"] {
        let reply = stage.get(&format!("/v2/app/manifests/{tag}")).await.expect(200);
        assert_eq!(reply.header("content-type"), OCI_MANIFEST);
    }
    let request = stage.request("PUT", "/v2/app/manifests/v4").body(bare.manifest.bytes);
    read(request).await.refused(400, "MANIFEST_INVALID");
}

#[tokio::test]
async fn a_manifest_with_ten_thousand_layers_is_recorded() {
    let stage = Stage::start().await;
    let digest = stage.push_blob("app", "layer").await;
    assert_eq!(digest, sha256(b"layer"));
    let image = ImageBuilder::new("many").oci().layers(vec!["layer"; 10_000]).build();
    stage.push_blob("app", image.config.bytes.clone()).await;
    stage.put_manifest("app", "many", &image.manifest).await.expect(201);
}
