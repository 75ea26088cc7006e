//! ECR Public: repositories, images and the password for public.ecr.aws.

use aws_sdk_ecrpublic::Client;
use base64::{Engine as _, prelude::BASE64_STANDARD};
use fixtures::images::Image;
use futures_util::TryStreamExt as _;
use imageservice_proto::ecr::v1::{
    GetPublicAuthTokenRequest, GetPublicRepositoryRequest, ListPublicImagesRequest,
    ListPublicRepositoriesRequest, StreamPublicImagesRequest, StreamPublicRepositoriesRequest,
};

use crate::ecr_services::{
    seeds::{APP, publish, tag},
    world::{World, reason},
};

pub(crate) async fn publishes_images(world: &World) {
    let sdk = Client::new(&world.sdk_config("us-east-1").await);
    for name in [APP, "team/other"] {
        sdk.create_repository().repository_name(name).send().await.unwrap();
    }
    let image = Image::oci("app");
    publish(&sdk, APP, &image, "v1").await;
    let mut public = world.public();

    let (mut names, mut page_token) = (Vec::new(), String::new());
    for _ in 0..2 {
        let page = ListPublicRepositoriesRequest { page_size: 1, page_token, ..Default::default() };
        let page = public.list_public_repositories(page).await.unwrap().into_inner();
        names.extend(page.repositories.into_iter().map(|repository| repository.repository_name));
        page_token = page.next_page_token;
    }
    names.sort();
    assert_eq!((names.join(" "), page_token.as_str()), ("team/app team/other".to_owned(), ""));
    let all = public.stream_public_repositories(StreamPublicRepositoriesRequest::default()).await.unwrap();
    assert_eq!(all.into_inner().try_collect::<Vec<_>>().await.unwrap().len(), 2);

    let get = |name: &str| GetPublicRepositoryRequest { repository_name: name.into(), ..Default::default() };
    let got = public.get_public_repository(get(APP)).await.unwrap().into_inner();
    assert!(got.repository_uri.starts_with("public.ecr.aws/") && got.repository_uri.ends_with(APP));
    assert_eq!(reason(public.get_public_repository(get("no/such")).await), "REPOSITORY_NOT_FOUND");

    let named = |name: &str| ListPublicImagesRequest {
        repository_name: APP.into(),
        image_ids: vec![tag(name)],
        ..Default::default()
    };
    let found = public.list_public_images(named("v1")).await.unwrap().into_inner().image_details;
    assert_eq!(
        (found[0].image_digest.clone(), found[0].image_tags.clone()),
        (image.manifest.digest(), vec!["v1".to_owned()])
    );
    assert_eq!(reason(public.list_public_images(named("none")).await), "IMAGE_NOT_FOUND");
    let all = StreamPublicImagesRequest { repository_name: APP.into(), ..Default::default() };
    let all = public.stream_public_images(all).await.unwrap().into_inner();
    assert_eq!(all.try_collect::<Vec<_>>().await.unwrap().len(), 1);

    let token =
        public.get_public_auth_token(GetPublicAuthTokenRequest::default()).await.unwrap().into_inner();
    assert!(BASE64_STANDARD.decode(token.authorization_token).unwrap().starts_with(b"AWS:"));
    assert_eq!(token.proxy_endpoint, "https://public.ecr.aws");
}
