//! What is refused before AWS is asked, and what AWS refuses: each with its reason.

use imageservice_proto::ecr::v1::{
    BatchDeleteImageRequest, BatchGetImagesRequest, DescribeImagesRequest, GetImageRequest,
    GetLifecyclePolicyRequest, GetManifestRequest, GetRepositoryPolicyRequest, GetRepositoryRequest,
    ImageFilter, ListImagesRequest, ListRepositoriesRequest, ListTagsForResourceRequest, PutImageTagRequest,
    Registry,
};
use tonic::Code;

use super::{
    script,
    seeds::{APP, create, digest, tag},
    world::{World, reason},
};

fn no_image() -> String {
    format!("sha256:{}", "0".repeat(64))
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_asked_is_not_asked() {
    let world = World::scripted("").await;
    let (mut images, mut repositories) = (world.images(), world.repositories());
    let named = DescribeImagesRequest {
        repository_name: APP.into(),
        image_ids: vec![tag("v1")],
        ..Default::default()
    };
    let registry = |registry_id: &str, region: &str| {
        let (registry_id, region) = (registry_id.to_owned(), region.to_owned());
        ListRepositoriesRequest { registry: Some(Registry { registry_id, region }), ..Default::default() }
    };
    let refusals = [
        reason(repositories.get_repository(GetRepositoryRequest::default()).await),
        reason(repositories.list_repositories(registry("123", "")).await),
        reason(repositories.list_repositories(registry("", "evil.example/")).await),
        reason(
            repositories
                .list_repositories(ListRepositoriesRequest { page_size: -1, ..Default::default() })
                .await,
        ),
        reason(images.list_images(ListImagesRequest::default()).await),
        reason(images.describe_images(DescribeImagesRequest { page_size: 5, ..named.clone() }).await),
        reason(
            images.describe_images(DescribeImagesRequest { page_token: "x".into(), ..named.clone() }).await,
        ),
        reason(
            images
                .describe_images(DescribeImagesRequest {
                    filter: Some(ImageFilter::default()),
                    ..named.clone()
                })
                .await,
        ),
        reason(
            images.describe_images(DescribeImagesRequest { image_ids: vec![tag("v1"); 1001], ..named }).await,
        ),
        reason(images.get_image(GetImageRequest { repository_name: APP.into(), ..Default::default() }).await),
        reason(
            images
                .put_image_tag(PutImageTagRequest {
                    repository_name: APP.into(),
                    image_id: Some(tag("v1")),
                    ..Default::default()
                })
                .await,
        ),
        reason(
            images
                .batch_delete_image(BatchDeleteImageRequest {
                    repository_name: APP.into(),
                    image_ids: vec![digest("sha256:x")],
                    keep_image: true,
                    ..Default::default()
                })
                .await,
        ),
    ];
    assert!(refusals.iter().all(|reason| reason == "INVALID_PARAMETER"), "{refusals:?}");
    assert!(script::calls(world.script()).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_is_said_to_be_missing() {
    let world = World::local().await;
    let (mut images, mut repositories) = (world.images(), world.repositories());
    let missing = GetRepositoryRequest { repository_name: "no/such".into(), ..Default::default() };
    let answer = repositories.get_repository(missing).await;
    assert_eq!(answer.as_ref().unwrap_err().code(), Code::NotFound);
    assert_eq!(reason(answer), "REPOSITORY_NOT_FOUND");
    let tags = ListTagsForResourceRequest { repository_name: "no/such".into(), ..Default::default() };
    assert_eq!(reason(repositories.list_tags_for_resource(tags).await), "REPOSITORY_NOT_FOUND");

    create(&world.sdk().await, APP).await;
    let policy = GetRepositoryPolicyRequest { repository_name: APP.into(), ..Default::default() };
    assert_eq!(reason(repositories.get_repository_policy(policy).await), "REPOSITORY_POLICY_NOT_FOUND");
    let policy = GetLifecyclePolicyRequest { repository_name: APP.into(), ..Default::default() };
    assert_eq!(reason(repositories.get_lifecycle_policy(policy).await), "LIFECYCLE_POLICY_NOT_FOUND");
    for id in [tag("none"), digest(&no_image())] {
        let image =
            GetImageRequest { repository_name: APP.into(), image_id: Some(id.clone()), ..Default::default() };
        assert_eq!(reason(images.get_image(image).await), "IMAGE_NOT_FOUND");
        let manifest = GetManifestRequest {
            repository_name: APP.into(),
            image_id: Some(id.clone()),
            ..Default::default()
        };
        assert_eq!(reason(world.manifests().get_manifest(manifest).await), "IMAGE_NOT_FOUND");
        let named =
            DescribeImagesRequest { repository_name: APP.into(), image_ids: vec![id], ..Default::default() };
        assert_eq!(reason(images.describe_images(named).await), "IMAGE_NOT_FOUND");
    }
    let token = ListImagesRequest {
        repository_name: APP.into(),
        page_token: "no token of ours".into(),
        ..Default::default()
    };
    assert_eq!(reason(images.list_images(token).await), "INVALID_PARAMETER");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_only_service_changes_nothing() {
    let world = World::local_with("read_only = true").await;
    let sdk = world.sdk().await;
    create(&sdk, APP).await;
    let image = fixtures::images::Image::oci("app");
    super::seeds::push(&sdk, APP, &image, &["v1"]).await;
    let put = PutImageTagRequest {
        repository_name: APP.into(),
        image_id: Some(tag("v1")),
        image_tag: "v2".into(),
        ..Default::default()
    };
    assert_eq!(reason(world.images().put_image_tag(put).await), "READ_ONLY");
    let delete = BatchDeleteImageRequest {
        repository_name: APP.into(),
        image_ids: vec![tag("v1")],
        ..Default::default()
    };
    assert_eq!(reason(world.images().batch_delete_image(delete).await), "READ_ONLY");
    let get = BatchGetImagesRequest {
        repository_name: APP.into(),
        image_ids: vec![tag("v1")],
        ..Default::default()
    };
    assert_eq!(world.images().batch_get_images(get).await.unwrap().into_inner().images.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_front_door_refuses_has_its_own_reason_and_code() {
    let world = World::scripted("").await;
    for (code, expected, status) in [
        ("AccessDeniedException", "ACCESS_DENIED", Code::PermissionDenied),
        ("ExpiredTokenException", "EXPIRED_TOKEN", Code::Unauthenticated),
        ("UnknownOperationException", "UNKNOWN_OPERATION", Code::Unimplemented),
    ] {
        script::refuse(world.script(), code);
        let list = ListImagesRequest { repository_name: APP.into(), ..Default::default() };
        let answer = world.images().list_images(list).await;
        assert_eq!(answer.as_ref().unwrap_err().code(), status);
        assert_eq!(reason(answer), expected);
    }
}
