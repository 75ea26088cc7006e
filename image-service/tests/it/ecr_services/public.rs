//! PublicRegistryService.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use futures_util::TryStreamExt as _;
use imageservice_proto::ecr::v1::{
    GetPublicAuthTokenRequest, GetPublicRepositoryRequest, ListPublicImagesRequest,
    ListPublicRepositoriesRequest, StreamPublicImagesRequest, StreamPublicRepositoriesRequest,
};
use serde_json::json;

use super::{
    script,
    seeds::{APP, tag},
    world::{World, in_region, reason},
};

fn repository(name: &str) -> serde_json::Value {
    json!({ "repositoryName": name, "repositoryUri": format!("public.ecr.aws/me/{name}"), "createdAt": 1_700_000_000.0 })
}

#[tokio::test(flavor = "multi_thread")]
async fn another_region_than_the_only_one_is_refused() {
    let world = World::scripted("").await;
    let mut public = world.public();
    let elsewhere = || in_region("eu-central-1");
    let list = ListPublicRepositoriesRequest { registry: elsewhere(), ..Default::default() };
    assert_eq!(reason(public.list_public_repositories(list).await), "INVALID_PARAMETER");
    let get = GetPublicRepositoryRequest { registry: elsewhere(), repository_name: APP.into() };
    assert_eq!(reason(public.get_public_repository(get).await), "INVALID_PARAMETER");
    let images =
        ListPublicImagesRequest { registry: elsewhere(), repository_name: APP.into(), ..Default::default() };
    assert_eq!(reason(public.list_public_images(images).await), "INVALID_PARAMETER");
    let token = GetPublicAuthTokenRequest { registry: elsewhere() };
    assert_eq!(reason(public.get_public_auth_token(token).await), "INVALID_PARAMETER");
    assert!(script::calls(world.script()).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_public_is_not_found() {
    let world = World::scripted("").await;
    script::refuse(world.script(), "RepositoryNotFoundException");
    let get = GetPublicRepositoryRequest { repository_name: APP.into(), ..Default::default() };
    assert_eq!(reason(world.public().get_public_repository(get).await), "REPOSITORY_NOT_FOUND");
    script::refuse(world.script(), "UnsupportedCommandException");
    let list = ListPublicRepositoriesRequest::default();
    assert_eq!(reason(world.public().list_public_repositories(list).await), "UNSUPPORTED_COMMAND");
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_go_to_the_only_region_whatever_is_configured() {
    let world = World::scripted("").await;
    script::next(world.script(), &json!({ "repositories": [repository("app")] }));
    let get = GetPublicRepositoryRequest { registry: in_region("us-east-1"), repository_name: "app".into() };
    let got = world.public().get_public_repository(get).await.unwrap().into_inner();
    assert_eq!(got.repository_uri, "public.ecr.aws/me/app");
    let request = world.script().requests().remove(0);
    assert!(request.authorization().unwrap().contains("/us-east-1/ecr-public/aws4_request"));
    assert_eq!(request.headers["x-amz-target"], "SpencerFrontendService.DescribeRepositories");
}

#[tokio::test(flavor = "multi_thread")]
async fn repositories_and_images_come_by_pages_and_as_streams() {
    let world = World::scripted("").await;
    let mut public = world.public();
    script::next(world.script(), &json!({ "repositories": [repository("a")], "nextToken": "more" }));
    let page = ListPublicRepositoriesRequest { page_size: 5000, ..Default::default() };
    let page = public.list_public_repositories(page).await.unwrap().into_inner();
    assert_eq!((page.repositories.len(), page.next_page_token.as_str()), (1, "more"));
    script::next(world.script(), &json!({ "repositories": [repository("a")], "nextToken": "more" }));
    script::next(world.script(), &json!({ "repositories": [repository("b")] }));
    let all = public.stream_public_repositories(StreamPublicRepositoriesRequest::default()).await.unwrap();
    let all: Vec<_> = all.into_inner().try_collect().await.unwrap();
    assert_eq!(all[1].repository_name, "b");

    let image = json!({ "imageDigest": "sha256:a", "imageTags": ["v1"], "imageSizeInBytes": 7 });
    script::next(world.script(), &json!({ "imageDetails": [image] }));
    let images = ListPublicImagesRequest {
        repository_name: APP.into(),
        image_ids: vec![tag("v1")],
        ..Default::default()
    };
    let images = public.list_public_images(images).await.unwrap().into_inner().image_details;
    assert_eq!((images[0].image_size_in_bytes, images[0].image_tags[0].as_str()), (7, "v1"));
    script::next(world.script(), &json!({ "imageDetails": [image], "nextToken": "more" }));
    script::next(world.script(), &json!({ "imageDetails": [image] }));
    let all = StreamPublicImagesRequest { repository_name: APP.into(), ..Default::default() };
    let all = public.stream_public_images(all).await.unwrap().into_inner();
    assert_eq!(all.try_collect::<Vec<_>>().await.unwrap().len(), 2);
    assert_eq!(script::calls(world.script())[0].1["maxResults"], 1000);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_public_password_has_the_public_endpoint() {
    let world = World::scripted("").await;
    let token = BASE64_STANDARD.encode("AWS:public");
    let data = json!({ "authorizationToken": token, "expiresAt": 4_000_000_000_u32 });
    script::next(world.script(), &json!({ "authorizationData": data }));
    let got = world.public().get_public_auth_token(GetPublicAuthTokenRequest::default()).await;
    let got = got.unwrap().into_inner();
    assert_eq!((got.authorization_token, got.proxy_endpoint.as_str()), (token, "https://public.ecr.aws"));
}
