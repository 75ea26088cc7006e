//! ImageService: listing, describing, getting.

use fixtures::images::Image;
use futures_util::{StreamExt as _, TryStreamExt as _};
use http::Method;
use imageservice_proto::ecr::v1::{
    BatchGetImagesRequest, DescribeImagesRequest, GetImageRequest, ImageFailureCode, ListImagesRequest,
    StreamImageDetailsRequest, StreamImagesRequest,
};
use serde_json::json;

use super::{
    script,
    seeds::{self, APP, digest, tag},
    world::{World, reason},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_manifest_that_does_not_have_its_digest_is_not_passed_on() {
    let world = World::scripted("").await;
    let other = Image::oci("other").manifest.digest();
    let image = json!({ "imageId": { "imageDigest": other }, "imageManifest": "{}" });
    let get =
        GetImageRequest { repository_name: APP.into(), image_id: Some(digest(&other)), ..Default::default() };
    script::next(world.script(), &json!({ "images": [image] }));
    assert_eq!(reason(world.images().get_image(get.clone()).await), "CONTENT_MISMATCH");
    script::next(world.script(), &json!({ "images": [], "failures": [] }));
    assert_eq!(reason(world.images().get_image(get).await), "ANSWER_INVALID");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_of_one_image_that_was_asked_for_alone_is_an_error() {
    let world = World::scripted("").await;
    for (code, expected) in [
        ("ImageTagDoesNotMatchDigest", "IMAGE_DIGEST_MISMATCH"),
        ("ImageInaccessible", "IMAGE_ARCHIVED"),
        ("UpstreamUnavailable", "UNABLE_TO_GET_UPSTREAM_IMAGE"),
        ("InvalidImageTag", "INVALID_PARAMETER"),
        ("BrandNew", "OTHER"),
    ] {
        script::next(
            world.script(),
            &json!({ "failures": [{ "imageId": { "imageTag": "v1" }, "failureCode": code }] }),
        );
        let get =
            GetImageRequest { repository_name: APP.into(), image_id: Some(tag("v1")), ..Default::default() };
        assert_eq!(reason(world.images().get_image(get).await), expected, "{code}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listing_that_does_not_advance_ends_in_an_error() {
    let world = World::scripted("").await;
    for _ in 0..2 {
        script::next(world.script(), &json!({ "imageIds": [{ "imageTag": "v1" }], "nextToken": "again" }));
    }
    let all = StreamImagesRequest { repository_name: APP.into(), ..Default::default() };
    let mut all = world.images().stream_images(all).await.unwrap().into_inner();
    assert_eq!(all.next().await.unwrap().unwrap().image_tag, "v1");
    assert_eq!(reason(all.next().await.unwrap()), "ANSWER_INVALID");
    assert_eq!(script::calls(world.script()).len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_in_the_middle_of_a_stream_comes_after_what_was_found() {
    let world = World::scripted("").await;
    script::next(
        world.script(),
        &json!({ "imageDetails": [{ "imageDigest": "sha256:a" }], "nextToken": "more" }),
    );
    script::refuse(world.script(), "RepositoryNotFoundException");
    let all = StreamImageDetailsRequest { repository_name: APP.into(), ..Default::default() };
    let mut all = world.images().stream_image_details(all).await.unwrap().into_inner();
    assert_eq!(all.next().await.unwrap().unwrap().image_digest, "sha256:a");
    assert_eq!(reason(all.next().await.unwrap()), "REPOSITORY_NOT_FOUND");
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_and_streams_give_every_image_once() {
    let world = World::local().await;
    let sdk = world.sdk().await;
    seeds::create(&sdk, APP).await;
    let mut expected = Vec::new();
    for number in 0..7 {
        expected.push(seeds::push(&sdk, APP, &Image::oci(&format!("app{number}")), &[]).await);
    }
    expected.sort();
    let (mut listed, mut described) = (Vec::new(), Vec::new());
    let (mut list_token, mut describe_token) = (String::new(), String::new());
    for _ in 0..3 {
        let list = ListImagesRequest {
            repository_name: APP.into(),
            page_size: 3,
            page_token: list_token,
            ..Default::default()
        };
        let page = world.images().list_images(list).await.unwrap().into_inner();
        listed.extend(page.image_ids.into_iter().map(|id| id.image_digest));
        list_token = page.next_page_token;
        let describe = DescribeImagesRequest {
            repository_name: APP.into(),
            page_size: 3,
            page_token: describe_token,
            ..Default::default()
        };
        let page = world.images().describe_images(describe).await.unwrap().into_inner();
        described.extend(page.image_details.into_iter().map(|image| image.image_digest));
        describe_token = page.next_page_token;
    }
    assert_eq!((list_token.as_str(), describe_token.as_str()), ("", ""));
    let all = StreamImagesRequest { repository_name: APP.into(), ..Default::default() };
    let all = world.images().stream_images(all).await.unwrap().into_inner();
    let streamed: Vec<_> = all.map_ok(|id| id.image_digest).try_collect().await.unwrap();
    let all = StreamImageDetailsRequest { repository_name: APP.into(), ..Default::default() };
    let all = world.images().stream_image_details(all).await.unwrap().into_inner();
    let details: Vec<_> = all.map_ok(|image| image.image_digest).try_collect().await.unwrap();
    for mut found in [listed, described, streamed, details] {
        found.sort();
        assert_eq!(found, expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn batches_are_split_at_a_hundred_and_joined() {
    let world = World::local().await;
    let sdk = world.sdk().await;
    seeds::create(&sdk, APP).await;
    let image = Image::oci("app");
    seeds::push(&sdk, APP, &image, &["v1"]).await;
    let mut image_ids: Vec<_> = (0..149).map(|number| tag(&format!("none{number}"))).collect();
    image_ids.push(tag("v1"));
    let get = BatchGetImagesRequest { repository_name: APP.into(), image_ids, ..Default::default() };
    let got = world.images().batch_get_images(get).await.unwrap().into_inner();
    assert_eq!(got.images.len(), 1);
    assert_eq!(got.images[0].image_manifest.as_bytes(), &image.manifest.bytes[..]);
    assert_eq!(got.failures.len(), 149);
    assert!(got.failures.iter().all(|failure| failure.failure_code() == ImageFailureCode::ImageNotFound));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_asks_for_all_four_types_unless_told_otherwise() {
    let world = World::scripted("").await;
    let image_ids = vec![tag("v1"); 101];
    let get = BatchGetImagesRequest { repository_name: APP.into(), image_ids, ..Default::default() };
    script::next(world.script(), &json!({}));
    script::next(world.script(), &json!({}));
    world.images().batch_get_images(get.clone()).await.unwrap();
    script::next(world.script(), &json!({}));
    let accepted_media_types = vec!["application/only".to_owned()];
    let few = BatchGetImagesRequest { image_ids: vec![tag("v1")], accepted_media_types, ..get };
    world.images().batch_get_images(few).await.unwrap();
    let inputs: Vec<_> = script::calls(world.script()).into_iter().map(|(_, input)| input).collect();
    let sizes: Vec<_> = inputs.iter().map(|input| input["imageIds"].as_array().unwrap().len()).collect();
    assert_eq!(sizes, [100, 1, 1]);
    let types = |input: &serde_json::Value| input["acceptedMediaTypes"].as_array().unwrap().len();
    assert_eq!([types(&inputs[0]), types(&inputs[1]), types(&inputs[2])], [4, 4, 1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_asks_for_no_page_that_nobody_reads() {
    let world = World::scripted("").await;
    let page: Vec<_> = (0..1000).map(|number| json!({ "imageTag": format!("v{number}") })).collect();
    let mut reply = json!({ "imageIds": page, "nextToken": "0" });
    for number in 1..100 {
        script::next(world.script(), &reply);
        reply["nextToken"] = number.to_string().into();
    }
    let all = StreamImagesRequest { repository_name: APP.into(), ..Default::default() };
    let mut all = world.images().stream_images(all).await.unwrap().into_inner();
    all.next().await.unwrap().unwrap();
    drop(all);
    // What the connection holds was asked for; the rest was not.
    let list = ListImagesRequest { repository_name: APP.into(), ..Default::default() };
    world.script().always(Method::POST, "/", fixtures::registry::Reply::json(200, &json!({})));
    world.images().list_images(list).await.unwrap();
    assert!(script::calls(world.script()).len() < 99);
}
