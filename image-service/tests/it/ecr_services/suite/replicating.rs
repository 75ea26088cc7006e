//! Where images are copied to, how far their copies are, and whether they are copies.

use std::collections::BTreeMap;

use aws_sdk_ecr::types::{ReplicationConfiguration, ReplicationDestination as Destination, ReplicationRule};
use fixtures::images::{self, Image};
use imageservice_proto::ecr::v1::{
    CheckConsistencyRequest, GetReplicationStatusRequest, ImageIdentifier,
    ListReplicationDestinationsRequest, ReplicationDestination, ReplicationState, difference::What,
};

use crate::ecr_services::{
    seeds::{self, APP, digest, tag},
    world::{ACCOUNT, LONG, REGION, World},
};

const THERE: &str = "us-west-2";
const ELSEWHERE: &str = "eu-west-1";
/// Of somebody who takes no copies.
const OTHERS: &str = "999999999999";

pub(crate) async fn lists_destinations(world: &World) {
    replicate(world, &[(THERE, ACCOUNT)]).await;
    let listed = ListReplicationDestinationsRequest::default();
    let listed = world.replication().list_replication_destinations(listed).await.unwrap().into_inner();
    assert_eq!(listed.registry_id, ACCOUNT);
    let to = ReplicationDestination { region: THERE.into(), registry_id: ACCOUNT.into() };
    assert_eq!(listed.destinations, [to]);
}

pub(crate) async fn replicates_an_image(world: &World) {
    use ReplicationState::{Complete, Failed, InProgress};
    replicate(world, &[(THERE, ACCOUNT), (ELSEWHERE, ACCOUNT), (THERE, OTHERS)]).await;
    let sdk = world.sdk().await;
    seeds::create(&sdk, APP).await;
    let image = Image::oci("app");
    seeds::push(&sdk, APP, &image, &["v1"]).await;
    let begun = statuses(world, "v1").await;
    assert_eq!(begun.len(), 3);
    assert!(begun.values().all(|(state, _)| *state == InProgress), "{begun:?}");
    assert_eq!(differences(world, tag("v1")).await, [What::RepositoryMissing]);

    world.pass(LONG);
    let ended = statuses(world, "v1").await;
    for region in [THERE, ELSEWHERE] {
        assert_eq!(ended[&(region.to_owned(), ACCOUNT.to_owned())], (Complete, String::new()));
    }
    assert_eq!(ended[&(THERE.to_owned(), OTHERS.to_owned())], (Failed, "AccessDenied".to_owned()));
    assert!(differences(world, tag("v1")).await.is_empty());

    seeds::put(&sdk, APP, &image.manifest, &["v2"]).await;
    assert_eq!(differences(world, tag("v1")).await, [What::Tags]);
    world.pass(LONG);
    assert_eq!(statuses(world, "v2").await[&(THERE.to_owned(), ACCOUNT.to_owned())].0, Complete);
    assert!(differences(world, tag("v1")).await.is_empty());
}

pub(crate) async fn compares_copies(world: &World) {
    let children = [Image::for_platform("a", "linux/amd64"), Image::for_platform("b", "linux/arm64")];
    let entries = [children[0].manifest.entry("linux/amd64"), children[1].manifest.entry("linux/arm64")];
    let index = images::index(images::OCI_INDEX, &entries);
    for region in [REGION, THERE] {
        let sdk = world.sdk_in(region).await;
        seeds::create(&sdk, APP).await;
        for child in &children {
            seeds::push(&sdk, APP, child, &[]).await;
        }
        seeds::put(&sdk, APP, &index, &["all"]).await;
    }
    let same = world.replication().check_consistency(check(tag("all"))).await.unwrap().into_inner();
    assert!(same.consistent, "{same:?}");
    assert_eq!(same.children, 2);
    seeds::put(&world.sdk_in(THERE).await, APP, &children[1].manifest, &["extra"]).await;
    let other = world.replication().check_consistency(check(tag("all"))).await.unwrap().into_inner();
    assert_eq!(other.differences.len(), 1);
    assert_eq!(other.differences[0].what(), What::Tags);
    assert_eq!(other.differences[0].image_digest, children[1].manifest.digest());
    assert_eq!(other.differences[0].destination, "extra");

    let one = Image::oci("one");
    let pushed = seeds::push(&world.sdk().await, APP, &one, &["one"]).await;
    assert_eq!(differences(world, digest(&pushed)).await, [What::ImageMissing]);
    seeds::push(&world.sdk_in(THERE).await, APP, &Image::oci("two"), &["one"]).await;
    assert_eq!(differences(world, tag("one")).await, [What::Digest]);
}

async fn replicate(world: &World, destinations: &[(&str, &str)]) {
    let to = |(region, account): &(&str, &str)| {
        Destination::builder().region(*region).registry_id(*account).build().unwrap()
    };
    let to = destinations.iter().map(to).collect();
    let rule = ReplicationRule::builder().set_destinations(Some(to)).build().unwrap();
    let rules = ReplicationConfiguration::builder().rules(rule).build().unwrap();
    let put = world.sdk().await.put_replication_configuration().replication_configuration(rules);
    put.send().await.unwrap();
}

/// By Region and account: how far the copy is, and why it is none.
async fn statuses(world: &World, name: &str) -> BTreeMap<(String, String), (ReplicationState, String)> {
    let get = GetReplicationStatusRequest {
        repository_name: APP.into(),
        image_id: Some(tag(name)),
        ..Default::default()
    };
    let found = world.replication().get_replication_status(get).await.unwrap().into_inner();
    let statuses = found.replication_statuses.into_iter();
    statuses
        .map(|status| {
            let told = (status.status(), status.failure_code);
            ((status.region, status.registry_id), told)
        })
        .collect()
}

async fn differences(world: &World, image_id: ImageIdentifier) -> Vec<What> {
    let found = world.replication().check_consistency(check(image_id)).await.unwrap().into_inner();
    assert_eq!(found.consistent, found.differences.is_empty());
    found.differences.iter().map(|difference| difference.what()).collect()
}

fn check(image_id: ImageIdentifier) -> CheckConsistencyRequest {
    CheckConsistencyRequest {
        registry: None,
        repository_name: APP.into(),
        image_id: Some(image_id),
        destination: Some(ReplicationDestination { region: THERE.into(), registry_id: ACCOUNT.into() }),
    }
}
