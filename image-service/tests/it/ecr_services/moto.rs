//! The same against moto's server, which somebody else wrote, and what only it has. Its digests are not those of manifests, so nothing here reads one.

use aws_sdk_ecr::types::{ReplicationConfiguration, ReplicationDestination, ReplicationRule};
use fixtures::images::Image;
use futures_util::StreamExt as _;
use imageservice_proto::ecr::v1::{
    GetScanFindingsRequest, GetScanStatusRequest, ListReplicationDestinationsRequest, ScanState,
    StartScanRequest, WaitForScanRequest, scan_progress::Phase,
};

use super::{
    seeds::{self, APP, tag},
    shared,
    world::{World, reason},
};

async fn clear(world: &World) {
    let sdk = world.sdk().await;
    let all = sdk.describe_repositories().send().await.unwrap().repositories.unwrap_or_default();
    for repository in all {
        let delete = sdk.delete_repository().set_repository_name(repository.repository_name).force(true);
        delete.send().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn moto_answers_as_a_local_ecr_does() {
    let world = World::moto().await;
    shared::lists_repositories(&world).await;
    clear(&world).await;
    shared::reads_policies(&world).await;
    clear(&world).await;
    shared::lists_images(&world).await;
    clear(&world).await;
    shared::deletes_tags(&world).await;
    shared::gives_a_login(&world).await;
    clear(&world).await;
    scans_an_image(&world).await;
    lists_destinations(&world).await;
}

async fn scans_an_image(world: &World) {
    let sdk = world.sdk().await;
    seeds::create(&sdk, APP).await;
    seeds::push(&sdk, APP, &Image::docker("app"), &["v1"]).await;
    let (repository_name, image_id) = (APP.to_owned(), Some(tag("v1")));
    let findings = GetScanFindingsRequest {
        repository_name: repository_name.clone(),
        image_id: image_id.clone(),
        ..Default::default()
    };
    assert_eq!(reason(world.scans().get_scan_findings(findings.clone()).await), "SCAN_NOT_FOUND");
    let status = GetScanStatusRequest {
        repository_name: repository_name.clone(),
        image_id: image_id.clone(),
        ..Default::default()
    };
    let status = world.scans().get_scan_status(status).await.unwrap().into_inner();
    assert_eq!(status.scan_status.unwrap().status(), ScanState::NotScanned);

    let start = StartScanRequest {
        repository_name: repository_name.clone(),
        image_id: image_id.clone(),
        ..Default::default()
    };
    world.scans().start_scan(start.clone()).await.unwrap();
    assert_eq!(reason(world.scans().start_scan(start).await), "LIMIT_EXCEEDED");
    let wait = WaitForScanRequest { repository_name, image_id, ..Default::default() };
    let told: Vec<_> = world.scans().wait_for_scan(wait).await.unwrap().into_inner().collect().await;
    assert_eq!(told.last().unwrap().as_ref().unwrap().phase(), Phase::Done);
    let found = world.scans().get_scan_findings(findings).await.unwrap().into_inner();
    assert!(!found.scan_findings.unwrap().findings.is_empty());
}

async fn lists_destinations(world: &World) {
    let to = ReplicationDestination::builder().region("us-west-2").registry_id("123456789012");
    let rule = ReplicationRule::builder().destinations(to.build().unwrap()).build().unwrap();
    let rules = ReplicationConfiguration::builder().rules(rule).build().unwrap();
    let put = world.sdk().await.put_replication_configuration().replication_configuration(rules);
    put.send().await.unwrap();
    let listed = ListReplicationDestinationsRequest::default();
    let listed = world.replication().list_replication_destinations(listed).await.unwrap().into_inner();
    assert_eq!(listed.destinations[0].region, "us-west-2");
}
