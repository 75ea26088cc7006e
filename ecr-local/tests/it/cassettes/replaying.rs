//! What is answered from a cassette.

use ecr_local::cassette::{Mode, Serving};
use fixtures::images::{Image, sha256};
use serde_json::json;

use super::{Studio, call, session, to};
use crate::{
    control::caller::SERVICE,
    stage::{Reply, read},
};

#[tokio::test]
async fn a_session_is_served_again_in_its_order_and_in_no_other() {
    let studio = Studio::start(|builder| builder).await;
    let image = Image::oci("one");
    session(&studio.recorder, &image).await;
    let replay = studio.replay(Mode::Strict).await;
    let early = call(&replay, "DescribeImages", json!({ "repositoryName": "app" })).await;
    let why = early.excepted_mismatch();
    assert!(why.contains("DescribeImages: the cassette has CreateRepository next"), "{why}");
    session(&replay, &image).await;
    let late = read(to(&replay, "GET", "/v2/")).await.refused_mismatch();
    assert!(late.contains("at its end"), "{late}");
    let again = studio.replay(Mode::Strict).await;
    call(&again, "CreateRepository", json!({ "repositoryName": "other" })).await.excepted_mismatch();
}

#[tokio::test]
async fn requests_are_matched_by_what_they_ask_whatever_the_order() {
    let studio = Studio::start(|builder| builder).await;
    let image = Image::oci("one");
    let tags = || json!({ "repositoryName": "app", "maxResults": 10 });
    call(&studio.recorder, "ListImages", tags()).await.expect(400);
    session(&studio.recorder, &image).await;
    call(&studio.recorder, "ListImages", tags()).await.expect(200);
    let replay = studio.replay(Mode::Match).await;
    read(to(&replay, "GET", &format!("/v2/app/blobs/{}", sha256(b"x")))).await.refused_mismatch();
    read(to(&replay, "GET", &format!("/v2/app/blobs/{}", image.config.digest()))).await.expect(200);
    for status in [400, 200, 200] {
        let request = to(&replay, "POST", "/").header("x-amz-target", format!("{SERVICE}.ListImages"));
        let request = request.header("content-type", "application/x-amz-json-1.1");
        read(request.body(r#"{ "maxResults": 10, "repositoryName": "app" }"#)).await.expect(status);
    }
    session(&replay, &image).await;
}

#[tokio::test]
async fn the_address_of_a_layer_leads_to_it_again() {
    let studio = Studio::start(|builder| builder).await;
    let image = Image::oci("one");
    studio.stage.push("app", "v1", &image).await;
    let input = json!({ "repositoryName": "app", "layerDigest": image.layers[0].digest() });
    let download = async |server: &Serving| {
        let reply = call(server, "GetDownloadUrlForLayer", input.clone()).await.expect(200).json();
        let url = reply["downloadUrl"].as_str().unwrap();
        let path = url.strip_prefix(&format!("http://{}", server.address())).unwrap();
        assert_eq!(read(to(server, "GET", path)).await.expect(200).body, image.layers[0].bytes);
    };
    download(&studio.recorder).await;
    download(&studio.replay(Mode::Strict).await).await;
}

impl Reply {
    #[track_caller]
    fn excepted_mismatch(self) -> String {
        let document = self.expect(400).json();
        assert_eq!(document["__type"], "ReplayMismatch", "{document}");
        document["message"].as_str().unwrap().to_owned()
    }

    #[track_caller]
    fn refused_mismatch(self) -> String {
        let document = self.expect(400).json();
        assert_eq!(document["errors"][0]["code"], "ReplayMismatch", "{document}");
        document["errors"][0]["message"].as_str().unwrap().to_owned()
    }
}
