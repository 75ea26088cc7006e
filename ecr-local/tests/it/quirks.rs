//! Where ECR's data plane differs from the specification: each difference, and that it is not there unless asked for.

use std::{process::Command, time::Duration};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use ecr_local::{Clock, Quirk};
use fixtures::{
    images::{Content, Image, OCI_MANIFEST, sha256},
    process::Process,
};
use serde_json::json;

use crate::stage::{Reply, Stage, read};

/// Without the quirk, and with it alone.
async fn stages(quirk: Quirk) -> [Stage; 2] {
    [Stage::start().await, Stage::with(|builder| builder.quirk(quirk)).await]
}

async fn patch(stage: &Stage, location: &str, content: &'static str) -> Reply {
    read(stage.request("PATCH", location).body(content)).await
}

#[tokio::test]
async fn a_chunk_is_answered_with_created() {
    for (stage, status) in stages(Quirk::PatchCreated).await.iter().zip([202, 201]) {
        let location = stage.begin_upload("app").await;
        assert_eq!(patch(stage, &location, "abc").await.expect(status).header("range"), "0-2");
    }
}

#[tokio::test]
async fn the_range_sticks_to_the_first_chunk_and_all_chunks_are_kept() {
    for (stage, told) in stages(Quirk::StuckRange).await.iter().zip([["0-2", "0-4", "0-8"], ["0-2"; 3]]) {
        let location = stage.begin_upload("app").await;
        for (chunk, told) in ["abc", "de", "fghi"].into_iter().zip(told) {
            assert_eq!(patch(stage, &location, chunk).await.expect(202).header("range"), told);
        }
        let digest = sha256(b"abcdefghi");
        read(stage.request("PUT", &format!("{location}?digest={digest}"))).await.expect(201);
    }
}

#[tokio::test]
async fn a_finishing_put_without_content_fails_behind_several_chunks_and_not_behind_one() {
    for (stage, status) in stages(Quirk::EmptyFinishFails).await.iter().zip([201, 500]) {
        for (chunks, last, status) in
            [(&["abc"][..], "", 201), (&["ab", "c"], "", status), (&["a", "b"], "c", 201)]
        {
            let location = stage.begin_upload("app").await;
            for chunk in chunks {
                patch(stage, &location, chunk).await.expect(202);
            }
            let finish = stage.request("PUT", &format!("{location}?digest={}", sha256(b"abc")));
            read(finish.body(last)).await.expect(status);
        }
    }
}

#[tokio::test]
async fn a_listing_of_more_than_a_thousand_is_refused() {
    for (stage, status) in stages(Quirk::LargePagesRefused).await.iter().zip([200, 400]) {
        stage.push("app", "v1", &Image::oci("one")).await;
        stage.get("/v2/app/tags/list?n=1000").await.expect(200);
        for path in ["/v2/app/tags/list?n=1001", "/v2/_catalog?n=99999999999999"] {
            stage.get(path).await.expect(status);
        }
    }
}

#[tokio::test]
async fn a_mount_becomes_an_upload() {
    for (stage, status) in stages(Quirk::NoMounts).await.iter().zip([201, 202]) {
        let digest = stage.push_blob("source", "held").await;
        let reply = stage.ask("POST", &format!("/v2/app/blobs/uploads/?mount={digest}&from=source")).await;
        assert_eq!(reply.expect(status).headers.contains_key("docker-upload-uuid"), status == 202);
    }
}

#[tokio::test]
async fn a_manifest_comes_without_its_digest() {
    for (stage, is_there) in stages(Quirk::NoManifestDigest).await.iter().zip([true, false]) {
        stage.push("app", "v1", &Image::oci("one")).await;
        for method in ["GET", "HEAD"] {
            let reply = stage.ask(method, "/v2/app/manifests/v1").await.expect(200);
            assert_eq!(reply.headers.contains_key("docker-content-digest"), is_there);
        }
    }
}

#[tokio::test]
async fn a_blob_is_redirected_to_an_address_that_opens_it_alone() {
    let stage =
        Stage::with(|builder| builder.quirk(Quirk::BlobRedirect).user("alice", "s3cret".into())).await;
    let known = |request: reqwest::RequestBuilder| request.basic_auth("alice", Some("s3cret"));
    let digest = sha256(b"content");
    let post = stage.request("POST", &format!("/v2/app/blobs/uploads/?digest={digest}")).body("content");
    read(known(post)).await.expect(201);
    let blob = format!("/v2/app/blobs/{digest}");
    stage.get(&blob).await.refused(401, "UNAUTHORIZED");
    let client = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build();
    let get = client.unwrap().get(format!("http://{}{blob}", stage.host()));
    let location = read(known(get)).await.expect(307).header("location").to_owned();
    let path = location.strip_prefix(&format!("http://{}", stage.host())).unwrap();
    assert_eq!(&stage.get(path).await.expect(200).body[..], b"content");
    stage.get(&path.replace(&digest, &sha256(b"other"))).await.refused(401, "UNAUTHORIZED");
    let head = read(known(stage.request("HEAD", &blob))).await.expect(200);
    assert_eq!(head.header("content-length"), "7");
}

#[tokio::test]
async fn a_manifest_with_a_subject_is_refused() {
    for (stage, status) in stages(Quirk::ReferrersRefused).await.iter().zip([201, 405]) {
        let image = Image::oci("one");
        stage.push("app", "v1", &image).await;
        let document = json!({ "schemaVersion": 2, "mediaType": OCI_MANIFEST, "artifactType": "text/plain",
            "config": image.config.descriptor(), "layers": [], "subject": image.manifest.descriptor() });
        let referrer = Content::json(OCI_MANIFEST, &document);
        stage.put_manifest("app", &referrer.digest(), &referrer).await.expect(status);
    }
}

#[tokio::test]
async fn an_expired_password_is_denied_in_ecrs_words() {
    for (quirk, status) in [(None, 401), (Some(Quirk::ExpiredTokenDenied), 403)] {
        let clock = Clock::default();
        let stage = Stage::with(|builder| {
            let builder = builder.clock(clock.clone()).verify_signatures(false);
            let builder = builder.access_key("AKID", "s3cret".into(), "000000000000");
            quirk.into_iter().fold(builder, ecr_local::Builder::quirk)
        })
        .await;
        let token = stage.done("GetAuthorizationToken", json!({})).await;
        let token = token["authorizationData"][0]["authorizationToken"].as_str().unwrap().to_owned();
        let get = async |token: &str| {
            read(stage.request("GET", "/v2/").header("authorization", format!("Basic {token}"))).await
        };
        get(&token).await.expect(200);
        clock.advance(Duration::from_secs(13 * 60 * 60));
        let reply = get(&token).await.expect(status);
        if quirk.is_some() {
            let text = "Your authorization token has expired. Reauthenticate and try again.";
            assert_eq!(reply.refused(403, "DENIED").json()["errors"][0]["message"], text);
        }
        get(&BASE64_STANDARD.encode("AWS:nonsense")).await.refused(401, "UNAUTHORIZED");
    }
}

#[tokio::test]
async fn a_manifest_by_no_tag_is_refused_rather_than_unknown() {
    for (stage, status) in stages(Quirk::InvalidTagRefused).await.iter().zip([404, 400]) {
        stage.push("app", "v1", &Image::oci("one")).await;
        for method in ["GET", "HEAD"] {
            stage.ask(method, "/v2/app/manifests/v1+build").await.expect(status);
        }
        stage.get("/v2/app/manifests/v2").await.refused(404, "MANIFEST_UNKNOWN");
    }
}

#[tokio::test]
async fn a_manifest_without_its_layers_is_refused_in_ecrs_words() {
    let codes = ["MANIFEST_BLOB_UNKNOWN", "BLOB_UPLOAD_UNKNOWN"];
    for (stage, code) in stages(Quirk::MissingLayerCode).await.iter().zip(codes) {
        stage.put_manifest("app", "v1", &Image::oci("one").manifest).await.refused(404, code);
    }
}

#[tokio::test]
async fn the_challenge_is_ecrs() {
    let stage =
        Stage::with(|builder| builder.quirk(Quirk::EcrChallenge).user("alice", "s3cret".into())).await;
    let host = "123456789012.dkr.ecr.eu-central-1.amazonaws.com";
    let reply = read(stage.request("GET", "/v2/").header("host", host)).await.expect(401);
    let challenge = format!("Basic realm=\"https://{host}/\",service=\"ecr.amazonaws.com\"");
    assert_eq!(reply.header("www-authenticate"), challenge);
}

#[tokio::test]
async fn the_program_takes_quirks_by_name_and_names_them_when_it_does_not_know_one() {
    let dir = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_ecr-local"));
    command.args(["--quirk", "patch-creatde", "--listen", "127.0.0.1:0", "--data-dir"]).arg(dir.path());
    let program = Process::start("ecr-local", "cargo build", &mut command);
    program.line("there is no quirk \"patch-creatde\"").await;
    program.line("patch-created, stuck-range").await;
    for quirk in Quirk::ALL {
        assert_eq!(quirk.name().parse(), Ok(quirk));
    }
}
