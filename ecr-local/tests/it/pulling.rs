//! Pulling blobs and manifests.

use fixtures::images::{
    Content, DOCKER_LIST, DOCKER_MANIFEST, Image, OCI_INDEX, OCI_MANIFEST, index, sha256,
};

use crate::stage::{Stage, read};

#[tokio::test]
async fn what_is_not_there_is_unknown() {
    let stage = Stage::start().await;
    stage.push("app", "v1", &Image::docker("one")).await;
    let digest = sha256(b"nowhere");
    for method in ["GET", "HEAD"] {
        for path in [
            format!("/v2/none/blobs/{digest}"),
            "/v2/none/manifests/v1".to_owned(),
            format!("/v2/app/blobs/{digest}"),
            "/v2/app/manifests/v2".to_owned(),
            format!("/v2/app/manifests/{digest}"),
        ] {
            stage.ask(method, &path).await.expect(404);
        }
    }
    stage.get(&format!("/v2/none/blobs/{digest}")).await.refused(404, "NAME_UNKNOWN");
    stage.get("/v2/none/manifests/v1").await.refused(404, "NAME_UNKNOWN");
    stage.get(&format!("/v2/app/blobs/{digest}")).await.refused(404, "BLOB_UNKNOWN");
    stage.get("/v2/app/manifests/v2").await.refused(404, "MANIFEST_UNKNOWN");
    stage.get(&format!("/v2/app/manifests/{digest}")).await.refused(404, "MANIFEST_UNKNOWN");
    stage.get("/v2/app/manifests/.no-tag").await.refused(404, "MANIFEST_UNKNOWN");
    stage.get("/v2/app/blobs/sha256:abc").await.refused(400, "DIGEST_INVALID");
}

#[tokio::test]
async fn a_blob_of_another_repository_is_unknown() {
    let stage = Stage::start().await;
    stage.push_blob("other", "x").await;
    let digest = stage.push_blob("app", "secret").await;
    stage.get(&format!("/v2/other/blobs/{digest}")).await.refused(404, "BLOB_UNKNOWN");
}

#[tokio::test]
async fn a_blob_comes_with_what_clients_and_caches_need() {
    let stage = Stage::start().await;
    let digest = stage.push_blob("app", "content").await;
    let path = format!("/v2/app/blobs/{digest}");
    let (got, told) = (stage.get(&path).await.expect(200), stage.ask("HEAD", &path).await.expect(200));
    assert_eq!((&got.body[..], &told.body[..]), (&b"content"[..], &b""[..]));
    for reply in [&got, &told] {
        for (name, value) in [
            ("content-length", "7"),
            ("content-type", "application/octet-stream"),
            ("docker-content-digest", digest.as_str()),
            ("etag", &format!("\"{digest}\"")),
            ("accept-ranges", "bytes"),
        ] {
            assert_eq!(reply.header(name), value, "{name}");
        }
    }
    let held = stage.request("GET", &path).header("if-none-match", format!("\"{digest}\""));
    assert!(read(held).await.expect(304).body.is_empty());
}

#[tokio::test]
async fn a_part_of_a_blob_can_be_had() {
    let stage = Stage::start().await;
    let digest = stage.push_blob("app", "0123456789").await;
    let path = format!("/v2/app/blobs/{digest}");
    for (range, part, said) in [
        ("bytes=2-4", "234", "bytes 2-4/10"),
        ("bytes=7-", "789", "bytes 7-9/10"),
        ("bytes=-1", "9", "bytes 9-9/10"),
        ("bytes=8-99", "89", "bytes 8-9/10"),
    ] {
        let reply = read(stage.request("GET", &path).header("range", range)).await.expect(206);
        assert_eq!((&reply.body[..], reply.header("content-range")), (part.as_bytes(), said));
        assert_eq!(reply.header("docker-content-digest"), digest);
    }
    let beyond = read(stage.request("GET", &path).header("range", "bytes=10-")).await.expect(416);
    assert_eq!(beyond.header("content-range"), "bytes */10");
    let several = read(stage.request("GET", &path).header("range", "bytes=0-1,3-4")).await.expect(200);
    assert_eq!(several.body.len(), 10);
    let other = stage.request("GET", &path).header("range", "bytes=2-4").header("if-range", "\"other\"");
    assert_eq!(read(other).await.expect(200).body.len(), 10);
}

#[tokio::test]
async fn a_blob_larger_than_any_buffer_comes_back_whole() {
    let stage = Stage::start().await;
    let content: Vec<u8> = (0..3_000_001_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let digest = stage.push_blob("app", content.clone()).await;
    let path = format!("/v2/app/blobs/{digest}");
    assert!(stage.get(&path).await.expect(200).body == content);
    let part = read(stage.request("GET", &path).header("range", "bytes=262143-2000000")).await.expect(206);
    assert!(part.body == content[262_143..=2_000_000]);
}

#[tokio::test]
async fn an_empty_blob_can_be_had() {
    let stage = Stage::start().await;
    let digest = stage.push_blob("app", "").await;
    let reply = stage.get(&format!("/v2/app/blobs/{digest}")).await.expect(200);
    assert_eq!((reply.body.len(), reply.header("content-length")), (0, "0"));
}

#[tokio::test]
async fn a_manifest_comes_back_byte_for_byte_by_tag_and_by_digest() {
    let stage = Stage::start().await;
    let image = Image::oci("one");
    let digest = stage.push("app", "v1", &image).await;
    for reference in ["v1", &digest] {
        let path = format!("/v2/app/manifests/{reference}");
        let got = stage.get(&path).await.expect(200);
        assert_eq!(got.body, image.manifest.bytes);
        let told = stage.ask("HEAD", &path).await.expect(200);
        assert!(told.body.is_empty());
        for reply in [got, told] {
            assert_eq!(reply.header("content-type"), OCI_MANIFEST);
            assert_eq!(reply.header("docker-content-digest"), digest);
            assert_eq!(reply.header("content-length"), image.manifest.bytes.len().to_string());
            assert_eq!(reply.header("etag"), format!("\"{digest}\""));
        }
    }
    let held =
        stage.request("GET", "/v2/app/manifests/v1").header("if-none-match", format!("W/\"{digest}\""));
    read(held).await.expect(304);
}

/// As distribution answers.
#[tokio::test]
async fn a_type_that_the_client_does_not_accept_is_not_served() {
    let stage = Stage::start().await;
    let (docker, oci) = (Image::docker("docker"), Image::oci("oci"));
    let by_digest = stage.push("app", "docker", &docker).await;
    stage.push("app", "oci", &oci).await;
    let fetch = async |reference: &str, accept: &str| {
        read(stage.request("GET", &format!("/v2/app/manifests/{reference}")).header("accept", accept)).await
    };
    for accept in [OCI_MANIFEST, "*/*", "text/plain, application/vnd.oci.image.manifest.v1+json;q=0.5"] {
        fetch("oci", accept).await.expect(200);
    }
    fetch("oci", DOCKER_MANIFEST).await.refused(404, "MANIFEST_UNKNOWN");
    fetch("docker", OCI_MANIFEST).await.refused(404, "MANIFEST_UNKNOWN");
    fetch(&by_digest, OCI_MANIFEST).await.expect(200);
}

/// As distribution answers: clients from before lists were there get the image that they always got.
#[tokio::test]
async fn of_a_docker_list_a_client_without_lists_gets_the_image_for_linux_amd64() {
    let stage = Stage::start().await;
    let (arm, amd) = (Image::for_platform("a", "linux/arm64"), Image::for_platform("b", "linux/amd64"));
    stage.push("app", "arm", &arm).await;
    stage.push("app", "amd", &amd).await;
    let list = index(DOCKER_LIST, &[arm.manifest.entry("linux/arm64"), amd.manifest.entry("linux/amd64")]);
    stage.put_manifest("app", "multi", &list).await.expect(201);
    let fetch = async |accept: &str| {
        read(stage.request("GET", "/v2/app/manifests/multi").header("accept", accept)).await.expect(200)
    };
    let image = fetch(DOCKER_MANIFEST).await;
    assert_eq!(image.header("docker-content-digest"), amd.manifest.digest());
    assert_eq!((image.header("content-type"), &image.body), (DOCKER_MANIFEST, &amd.manifest.bytes));
    assert_eq!(fetch(DOCKER_LIST).await.body, list.bytes);

    let lonely = index(DOCKER_LIST, &[arm.manifest.entry("linux/arm64")]);
    stage.put_manifest("app", "arm-only", &lonely).await.expect(201);
    let request = stage.request("GET", "/v2/app/manifests/arm-only").header("accept", DOCKER_MANIFEST);
    read(request).await.refused(404, "MANIFEST_UNKNOWN");
    let oci: Content = index(OCI_INDEX, &[amd.manifest.entry("linux/amd64")]);
    stage.put_manifest("app", "oci-index", &oci).await.expect(201);
    let request = stage.request("GET", "/v2/app/manifests/oci-index").header("accept", OCI_MANIFEST);
    read(request).await.refused(404, "MANIFEST_UNKNOWN");
}
