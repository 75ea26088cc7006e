//! Pushing blobs whole, and mounting them.

use fixtures::images::{sha256, sha512};

use crate::stage::{Stage, read};

#[tokio::test]
async fn content_with_another_digest_is_refused_and_leaves_nothing() {
    let stage = Stage::start().await;
    let digest = sha256(b"content");
    let post = stage.request("POST", &format!("/v2/app/blobs/uploads/?digest={digest}")).body("other");
    read(post).await.refused(400, "DIGEST_INVALID");
    let location = stage.begin_upload("app").await;
    let put = stage.request("PUT", &format!("{location}?digest={digest}")).body("other");
    read(put).await.refused(400, "DIGEST_INVALID");
    stage.get(&location).await.refused(404, "BLOB_UPLOAD_UNKNOWN");
    stage.get(&format!("/v2/app/blobs/{digest}")).await.refused(404, "BLOB_UNKNOWN");
    assert_eq!(std::fs::read_dir(stage.data_dir().join("uploads")).unwrap().count(), 0);
}

#[tokio::test]
async fn what_is_no_digest_is_refused_before_anything_begins() {
    let stage = Stage::start().await;
    let location = stage.begin_upload("app").await;
    for digest in ["", "sha256:abc", "md5:d41d8cd98f00b204e9800998ecf8427e"] {
        let put = stage.request("PUT", &format!("{location}?digest={digest}"));
        read(put).await.refused(400, "DIGEST_INVALID");
        for parameter in ["digest", "mount"] {
            let path = format!("/v2/app/blobs/uploads/?{parameter}={digest}");
            stage.ask("POST", &path).await.refused(400, "DIGEST_INVALID");
        }
    }
    read(stage.request("PUT", &location)).await.refused(400, "DIGEST_INVALID");
    stage.get(&location).await.expect(204);
}

#[tokio::test]
async fn a_push_to_a_repository_that_does_not_exist_is_refused_if_that_is_switched_off() {
    let stage = Stage::with(|builder| builder.create_on_push(false)).await;
    stage.ask("POST", "/v2/app/blobs/uploads/").await.refused(404, "NAME_UNKNOWN");
    let manifest = fixtures::images::Image::oci("one").manifest;
    stage.put_manifest("app", "v1", &manifest).await.refused(404, "NAME_UNKNOWN");
    assert_eq!(
        stage.get("/v2/_catalog").await.expect(200).json()["repositories"].as_array().unwrap().len(),
        0
    );
}

#[tokio::test]
async fn a_blob_is_pushed_in_one_request() {
    let stage = Stage::start().await;
    let digest = sha256(b"content");
    let post = stage.request("POST", &format!("/v2/app/blobs/uploads/?digest={digest}")).body("content");
    let reply = read(post).await.expect(201);
    assert_eq!(reply.header("location"), format!("/v2/app/blobs/{digest}"));
    assert_eq!(reply.header("docker-content-digest"), digest);
    assert_eq!(&stage.get(reply.header("location")).await.expect(200).body[..], b"content");
}

#[tokio::test]
async fn a_blob_is_pushed_in_two_requests() {
    let stage = Stage::start().await;
    let begun = stage.ask("POST", "/v2/app/blobs/uploads/").await.expect(202);
    let location = begun.header("location");
    assert!(location.ends_with(begun.header("docker-upload-uuid")), "{location}");
    assert_eq!(begun.header("range"), "0-0");
    let digest = sha256(b"content");
    let put = stage.request("PUT", &format!("{location}?digest={digest}")).body("content");
    assert_eq!(read(put).await.expect(201).header("docker-content-digest"), digest);
    stage.get(location).await.refused(404, "BLOB_UPLOAD_UNKNOWN");
}

#[tokio::test]
async fn a_blob_may_have_a_sha512_digest() {
    let stage = Stage::start().await;
    let digest = sha512(b"content");
    let post = stage.request("POST", &format!("/v2/app/blobs/uploads/?digest={digest}"));
    read(post.body("other")).await.refused(400, "DIGEST_INVALID");
    let post = stage.request("POST", &format!("/v2/app/blobs/uploads/?digest={digest}"));
    read(post.body("content")).await.expect(201);
    assert_eq!(&stage.get(&format!("/v2/app/blobs/{digest}")).await.expect(200).body[..], b"content");
}

#[tokio::test]
async fn the_same_blob_can_be_pushed_again_and_elsewhere() {
    let stage = Stage::start().await;
    for repository in ["app", "app", "other"] {
        let digest = stage.push_blob(repository, "content").await;
        assert_eq!(
            &stage.get(&format!("/v2/{repository}/blobs/{digest}")).await.expect(200).body[..],
            b"content"
        );
    }
}

#[tokio::test]
async fn a_blob_that_cannot_be_mounted_is_uploaded() {
    let stage = Stage::start().await;
    let (held, unknown) = (stage.push_blob("source", "held").await, sha256(b"unknown"));
    stage.push_blob("empty", "x").await;
    for query in [
        format!("mount={unknown}&from=source"),
        format!("mount={unknown}"),
        format!("mount={held}&from=empty"),
        format!("mount={held}&from=none"),
    ] {
        let reply = stage.ask("POST", &format!("/v2/app/blobs/uploads/?{query}")).await.expect(202);
        let put = stage.request("PUT", &format!("{}?digest={}", reply.header("location"), sha256(&[])));
        read(put).await.expect(201);
    }
    stage.get(&format!("/v2/app/blobs/{held}")).await.refused(404, "BLOB_UNKNOWN");
}

#[tokio::test]
async fn a_blob_is_mounted_from_a_repository_or_from_any() {
    let stage = Stage::start().await;
    let digest = stage.push_blob("source", "held").await;
    for (repository, query) in [("one", "&from=source"), ("two", ""), ("three", "&from=")] {
        let path = format!("/v2/{repository}/blobs/uploads/?mount={digest}{query}");
        let reply = stage.ask("POST", &path).await.expect(201);
        assert_eq!(reply.header("location"), format!("/v2/{repository}/blobs/{digest}"));
        assert_eq!(reply.header("docker-content-digest"), digest);
        assert_eq!(&stage.get(reply.header("location")).await.expect(200).body[..], b"held");
    }
}
