//! ReplicationService.

use fixtures::images::Image;
use imageservice_proto::ecr::v1::{
    CheckConsistencyRequest, GetReplicationStatusRequest, ListReplicationDestinationsRequest, Registry,
    ReplicationDestination, ReplicationState, difference::What,
};
use serde_json::json;

use super::{
    script,
    seeds::{self, APP, digest, tag},
    world::{ACCOUNT, World, reason},
};

const THERE: &str = "us-west-2";

fn check(image_id: imageservice_proto::ecr::v1::ImageIdentifier) -> CheckConsistencyRequest {
    CheckConsistencyRequest {
        registry: None,
        repository_name: APP.into(),
        image_id: Some(image_id),
        destination: Some(ReplicationDestination { region: THERE.into(), registry_id: ACCOUNT.into() }),
    }
}

async fn differences(world: &World, request: CheckConsistencyRequest) -> Vec<What> {
    let found = world.replication().check_consistency(request).await.unwrap().into_inner();
    assert_eq!(found.consistent, found.differences.is_empty());
    found.differences.iter().map(|difference| difference.what()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_comparison_needs_a_source_and_a_destination() {
    let world = World::local().await;
    seeds::create(&world.sdk().await, APP).await;
    assert_eq!(reason(world.replication().check_consistency(check(tag("v1"))).await), "IMAGE_NOT_FOUND");
    let nowhere = CheckConsistencyRequest { destination: None, ..check(tag("v1")) };
    assert_eq!(reason(world.replication().check_consistency(nowhere).await), "INVALID_PARAMETER");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_way_in_which_a_copy_is_none_is_told() {
    let world = World::local().await;
    let (here, there) = (world.sdk().await, world.sdk_in(THERE).await);
    seeds::create(&here, APP).await;
    let image = Image::oci("app");
    let pushed = seeds::push(&here, APP, &image, &["v1", "v2"]).await;
    assert_eq!(differences(&world, check(tag("v1"))).await, [What::RepositoryMissing]);
    seeds::create(&there, APP).await;
    assert_eq!(differences(&world, check(tag("v1"))).await, [What::ImageMissing]);
    seeds::push(&there, APP, &Image::oci("other"), &["v1"]).await;
    assert_eq!(differences(&world, check(tag("v1"))).await, [What::Digest]);
    seeds::push(&there, APP, &image, &["v1"]).await;
    assert_eq!(differences(&world, check(tag("v1"))).await, [What::Tags]);
    assert_eq!(differences(&world, check(digest(&pushed))).await, [What::Tags]);
    seeds::put(&there, APP, &image.manifest, &["v2"]).await;
    assert!(differences(&world, check(tag("v1"))).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_callers_own_registry_says_where_it_copies_to() {
    let world = World::scripted("").await;
    let own = json!({ "registryId": ACCOUNT, "replicationConfiguration": { "rules": [
        { "destinations": [{ "region": THERE, "registryId": ACCOUNT }, { "region": "eu-west-1", "registryId": "999999999999" }],
          "repositoryFilters": [{ "filter": "team/", "filterType": "PREFIX_MATCH" }] },
        { "destinations": [{ "region": THERE, "registryId": ACCOUNT }] },
    ] } });
    script::next(world.script(), &own);
    let listed = ListReplicationDestinationsRequest::default();
    let listed = world.replication().list_replication_destinations(listed).await.unwrap().into_inner();
    let regions: Vec<_> = listed.destinations.iter().map(|to| to.region.as_str()).collect();
    assert_eq!(regions, [THERE, "eu-west-1"]);
    let rules = listed.replication_configuration.unwrap().rules;
    assert_eq!(rules[0].repository_filters[0].filter, "team/");
    assert!(rules[1].repository_filters.is_empty());

    script::next(world.script(), &own);
    let registry = Some(Registry { registry_id: "999999999999".into(), ..Default::default() });
    let other = ListReplicationDestinationsRequest { registry };
    let other = world.replication().list_replication_destinations(other).await;
    assert_eq!(reason(other), "INVALID_PARAMETER");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_destination_has_its_own_state() {
    let world = World::scripted("").await;
    let status =
        |region: &str, status: &str| json!({ "region": region, "registryId": ACCOUNT, "status": status });
    let mut failed = status("c", "FAILED");
    failed["failureCode"] = "KMS".into();
    script::next(
        world.script(),
        &json!({
            "repositoryName": APP,
            "imageId": { "imageDigest": "sha256:a" },
            "replicationStatuses": [status("a", "IN_PROGRESS"), status("b", "COMPLETE"), failed, status("d", "BRAND_NEW")],
        }),
    );
    let get = GetReplicationStatusRequest {
        repository_name: APP.into(),
        image_id: Some(tag("v1")),
        ..Default::default()
    };
    let found = world.replication().get_replication_status(get).await.unwrap().into_inner();
    let states: Vec<_> = found.replication_statuses.iter().map(|status| status.status()).collect();
    use ReplicationState::{Complete, Failed, InProgress, Unknown};
    assert_eq!(states, [InProgress, Complete, Failed, Unknown]);
    assert_eq!(found.replication_statuses[2].failure_code, "KMS");
    assert_eq!(script::operations(world.script()), ["DescribeImageReplicationStatus"]);
}
