//! Repositories, images and logins, as every AWS has them, moto's server too.

use fixtures::images::Image;
use futures_util::TryStreamExt as _;
use imageservice_proto::ecr::v1::{
    BatchDeleteImageRequest, CountType, CountUnit, DescribeImagesRequest, GetLifecyclePolicyRequest,
    GetLoginCommandRequest, GetRepositoryPolicyRequest, GetRepositoryRequest, ImageFailureCode, ImageFilter,
    ListImagesRequest, ListRepositoriesRequest, StreamRepositoriesRequest, TagMutability, TagStatus,
    image_filter::Tagged,
};

use crate::ecr_services::{
    seeds::{self, APP, tag},
    world::{ACCOUNT, Aws, REGION, World, reason},
};

const LIFECYCLE: &str = r#"{"rules":[
    {"rulePriority":2,"description":"the last ten","selection":{"tagStatus":"any","countType":"imageCountMoreThan","countNumber":10},
     "action":{"type":"expire"}},
    {"rulePriority":1,"description":"old ones","selection":{"tagStatus":"untagged","countType":"sinceImagePushed","countUnit":"days",
     "countNumber":14},"action":{"type":"expire"}}]}"#;
const POLICY: &str = r#"{"Version":"2012-10-17","Statement":[{"Sid":"pull","Effect":"Allow","Principal":"*","Action":["ecr:BatchGetImage"]}]}"#;

pub(crate) async fn lists_repositories(world: &World) {
    let sdk = world.sdk().await;
    for name in ["aa", "b/c", "dd"] {
        seeds::create(&sdk, name).await;
    }
    let (mut found, mut pages) = (Vec::new(), 0);
    let mut page_token = String::new();
    loop {
        let page = ListRepositoriesRequest { page_size: 2, page_token, ..Default::default() };
        let page = world.repositories().list_repositories(page).await.unwrap().into_inner();
        pages += 1;
        found.extend(page.repositories.into_iter().map(|repository| repository.repository_name));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    // Moto puts all on one.
    assert_eq!(pages, if matches!(world.aws, Aws::Moto { .. }) { 1 } else { 2 });
    found.sort();
    assert_eq!(found, ["aa", "b/c", "dd"]);
    let all = world.repositories().stream_repositories(StreamRepositoriesRequest::default()).await;
    assert_eq!(all.unwrap().into_inner().try_collect::<Vec<_>>().await.unwrap().len(), 3);

    let get = GetRepositoryRequest { repository_name: "b/c".into(), ..Default::default() };
    let got = world.repositories().get_repository(get).await.unwrap().into_inner();
    assert_eq!(got.registry_id, ACCOUNT);
    assert_eq!(got.repository_arn, format!("arn:aws:ecr:{REGION}:{ACCOUNT}:repository/b/c"));
    assert_eq!(got.image_tag_mutability(), TagMutability::Mutable);
    assert!(got.created_at.is_some() && got.repository_uri.ends_with("/b/c"));
}

pub(crate) async fn reads_policies(world: &World) {
    let sdk = world.sdk().await;
    seeds::create(&sdk, APP).await;
    let lifecycle = sdk.put_lifecycle_policy().repository_name(APP).lifecycle_policy_text(LIFECYCLE);
    lifecycle.send().await.unwrap();
    sdk.set_repository_policy().repository_name(APP).policy_text(POLICY).send().await.unwrap();

    let get = GetLifecyclePolicyRequest { repository_name: APP.into(), ..Default::default() };
    let policy = world.repositories().get_lifecycle_policy(get).await.unwrap().into_inner();
    assert_eq!(policy.parse_error, "");
    let priorities: Vec<_> = policy.rules.iter().map(|rule| rule.rule_priority).collect();
    assert_eq!(priorities, [1, 2]);
    let first = policy.rules[0].selection.as_ref().unwrap();
    assert_eq!(
        (first.tag_status(), first.count_type(), first.count_unit(), first.count_number),
        (TagStatus::Untagged, CountType::SinceImagePushed, CountUnit::Days, 14)
    );
    let get = GetRepositoryPolicyRequest { repository_name: APP.into(), ..Default::default() };
    let policy = world.repositories().get_repository_policy(get).await.unwrap().into_inner();
    assert!(policy.policy_text.contains("ecr:BatchGetImage"));
}

pub(crate) async fn lists_images(world: &World) {
    let sdk = world.sdk().await;
    seeds::create(&sdk, APP).await;
    for (name, tags) in [("one", &["v1", "v1.0"][..]), ("two", &["v2"]), ("three", &[])] {
        seeds::push(&sdk, APP, &Image::docker(name), tags).await;
    }
    let list = ListImagesRequest { repository_name: APP.into(), ..Default::default() };
    let ids = world.images().list_images(list.clone()).await.unwrap().into_inner().image_ids;
    let mut tags: Vec<_> = ids.iter().map(|id| id.image_tag.as_str()).collect();
    tags.sort_unstable();
    assert_eq!(tags, ["", "v1", "v1.0", "v2"]);

    let filter = ImageFilter { tag_status: Tagged::Untagged.into(), ..Default::default() };
    let untagged = ListImagesRequest { filter: Some(filter), ..list };
    let untagged = world.images().list_images(untagged).await.unwrap().into_inner().image_ids;
    assert_eq!(untagged.len(), 1);
    assert_eq!(untagged[0].image_tag, "");

    let named = DescribeImagesRequest {
        repository_name: APP.into(),
        image_ids: vec![tag("v1.0")],
        ..Default::default()
    };
    let details = world.images().describe_images(named).await.unwrap().into_inner().image_details;
    let mut tags = details[0].image_tags.clone();
    tags.sort_unstable();
    assert_eq!(tags, ["v1", "v1.0"]);
    assert!(details[0].image_size_in_bytes > 0 && details[0].image_pushed_at.is_some());
}

pub(crate) async fn deletes_tags(world: &World) {
    let sdk = world.sdk().await;
    seeds::create(&sdk, APP).await;
    seeds::push(&sdk, APP, &Image::docker("one"), &["v1", "v2"]).await;
    let delete = |tags: &[&str], keep_image| BatchDeleteImageRequest {
        repository_name: APP.into(),
        image_ids: tags.iter().map(|name| tag(name)).collect(),
        keep_image,
        ..Default::default()
    };
    let removed =
        world.images().batch_delete_image(delete(&["v1", "none"], true)).await.unwrap().into_inner();
    assert_eq!(removed.image_ids.len(), 1);
    assert_eq!(removed.image_ids[0].image_tag, "v1");
    assert_eq!(removed.failures[0].failure_code(), ImageFailureCode::ImageNotFound);

    let kept = world.images().batch_delete_image(delete(&["v2"], true)).await.unwrap().into_inner();
    assert!(kept.image_ids.is_empty());
    assert_eq!(kept.failures[0].failure_code(), ImageFailureCode::LastTag);

    let gone = world.images().batch_delete_image(delete(&["v2"], false)).await.unwrap().into_inner();
    assert_eq!(gone.image_ids[0].image_tag, "v2");
    let named = DescribeImagesRequest {
        repository_name: APP.into(),
        image_ids: vec![tag("v2")],
        ..Default::default()
    };
    assert_eq!(reason(world.images().describe_images(named).await), "IMAGE_NOT_FOUND");
}

pub(crate) async fn gives_a_login(world: &World) {
    let login = world.auth().get_login_command(GetLoginCommandRequest::default()).await.unwrap().into_inner();
    let credentials = login.credentials.unwrap();
    assert_eq!(credentials.username, "AWS");
    assert!(!credentials.password.is_empty());
    let command = format!("docker login --username AWS --password-stdin {}", credentials.registry);
    assert_eq!(login.command, command);
}
