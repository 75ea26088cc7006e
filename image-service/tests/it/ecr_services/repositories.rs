//! RepositoryService.

use aws_sdk_ecr::types::Tag;
use futures_util::TryStreamExt as _;
use imageservice_proto::ecr::v1::{
    GetLifecyclePolicyRequest, GetRepositoryRequest, ListRepositoriesRequest, ListTagsForResourceRequest,
    Registry, ScanFrequency, ScanType, StreamRepositoriesRequest,
};
use serde_json::json;

use super::{
    script, seeds,
    world::{ACCOUNT, World, in_region},
};

#[tokio::test(flavor = "multi_thread")]
async fn each_region_is_a_registry_of_its_own() {
    let world = World::local().await;
    seeds::create(&world.sdk_in("us-west-2").await, "there").await;
    let listed = |registry: Option<Registry>| {
        let mut repositories = world.repositories();
        async move {
            let all = StreamRepositoriesRequest { registry, ..Default::default() };
            let all = repositories.stream_repositories(all).await.unwrap().into_inner();
            all.map_ok(|repository| repository.repository_arn).try_collect::<Vec<_>>().await.unwrap()
        }
    };
    assert!(listed(None).await.is_empty());
    let arn = format!("arn:aws:ecr:us-west-2:{ACCOUNT}:repository/there");
    assert_eq!(listed(in_region("us-west-2")).await, [arn]);
}

#[tokio::test(flavor = "multi_thread")]
async fn tags_of_the_resource_are_found_by_name_and_by_arn() {
    let world = World::local().await;
    let tag = Tag::builder().key("team").value("ci").build().unwrap();
    let created = world.sdk().await.create_repository().repository_name(seeds::APP).tags(tag).send().await;
    let arn = created.unwrap().repository.unwrap().repository_arn.unwrap();
    let by_name = ListTagsForResourceRequest { repository_name: seeds::APP.into(), ..Default::default() };
    let by_arn = ListTagsForResourceRequest { resource_arn: arn.clone(), ..Default::default() };
    for request in [by_name, by_arn] {
        let found = world.repositories().list_tags_for_resource(request).await.unwrap().into_inner();
        assert_eq!(found.resource_arn, arn);
        assert_eq!((found.tags[0].key.as_str(), found.tags[0].value.as_str()), ("team", "ci"));
    }
}

fn repository(name: &str, account: &str) -> serde_json::Value {
    json!({ "repositoryName": name, "registryId": account, "imageScanningConfiguration": { "scanOnPush": true } })
}

#[tokio::test(flavor = "multi_thread")]
async fn the_kind_of_scanning_is_asked_for_once_and_frequencies_twenty_five_at_a_time() {
    let world = World::scripted("").await;
    let names: Vec<_> = (0..30).map(|number| format!("r{number}")).collect();
    let page =
        json!({ "repositories": names.iter().map(|name| repository(name, ACCOUNT)).collect::<Vec<_>>() });
    let frequencies = |names: &[String]| {
        let of = |name| json!({ "repositoryName": name, "scanFrequency": "CONTINUOUS_SCAN" });
        json!({ "scanningConfigurations": names.iter().map(of).collect::<Vec<_>>() })
    };
    let enhanced = json!({ "registryId": ACCOUNT, "scanningConfiguration": { "scanType": "ENHANCED" } });
    script::next(world.script(), &page);
    script::next(world.script(), &enhanced);
    script::next(world.script(), &frequencies(&names[..25]));
    script::next(world.script(), &frequencies(&names[25..]));
    let list = ListRepositoriesRequest { scan_frequency: true, ..Default::default() };
    let listed = world.repositories().list_repositories(list).await.unwrap().into_inner().repositories;
    for repository in &listed {
        let scanning = repository.image_scanning_configuration.as_ref().unwrap();
        assert!(scanning.scan_on_push);
        assert_eq!(scanning.scan_type(), ScanType::Enhanced);
        assert_eq!(scanning.scan_frequency(), ScanFrequency::ContinuousScan);
    }
    script::next(world.script(), &json!({ "repositories": [repository("r0", ACCOUNT)] }));
    let get = GetRepositoryRequest { repository_name: "r0".into(), ..Default::default() };
    let got = world.repositories().get_repository(get).await.unwrap().into_inner();
    assert_eq!(got.image_scanning_configuration.unwrap().scan_type(), ScanType::Enhanced);
    let frequency = "BatchGetRepositoryScanningConfiguration";
    assert_eq!(
        script::operations(world.script()),
        [
            "DescribeRepositories",
            "GetRegistryScanningConfiguration",
            frequency,
            frequency,
            "DescribeRepositories"
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_caller_may_not_know_and_what_another_account_has_stays_open() {
    let world = World::scripted("").await;
    script::next(world.script(), &json!({ "repositories": [repository("r", ACCOUNT)] }));
    script::refuse(world.script(), "AccessDeniedException");
    let get = GetRepositoryRequest { repository_name: "r".into(), ..Default::default() };
    let got = world.repositories().get_repository(get.clone()).await.unwrap().into_inner();
    assert_eq!(got.image_scanning_configuration.unwrap().scan_type(), ScanType::Unspecified);

    let other = Registry { registry_id: "999999999999".into(), ..Default::default() };
    script::next(world.script(), &json!({ "repositories": [repository("r", "999999999999")] }));
    let own = json!({ "registryId": ACCOUNT, "scanningConfiguration": { "scanType": "BASIC" } });
    script::next(world.script(), &own);
    let get = GetRepositoryRequest { registry: Some(other), scan_frequency: true, ..get };
    let got = world.repositories().get_repository(get).await.unwrap().into_inner();
    assert_eq!(got.image_scanning_configuration.unwrap().scan_type(), ScanType::Unspecified);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lifecycle_policy_that_cannot_be_read_comes_as_text() {
    let world = World::scripted("").await;
    script::next(
        world.script(),
        &json!({ "repositoryName": "r", "lifecyclePolicyText": "{\"rules\":7}", "lastEvaluatedAt": 0.0 }),
    );
    let get = GetLifecyclePolicyRequest { repository_name: "r".into(), ..Default::default() };
    let policy = world.repositories().get_lifecycle_policy(get).await.unwrap().into_inner();
    assert_eq!(policy.lifecycle_policy_text, "{\"rules\":7}");
    assert!(policy.rules.is_empty() && !policy.parse_error.is_empty());
    assert_eq!(policy.last_evaluated_at, None);
}
