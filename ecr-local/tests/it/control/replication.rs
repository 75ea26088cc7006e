//! Images that go to other registries by themselves.

use std::time::Duration;

use ecr_local::Clock;
use fixtures::{
    images::{Content, Image, OCI_INDEX, index},
    process::until,
};
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::caller::Key;
use crate::stage::{Reply, Stage, read};

const DELAY: Duration = Duration::from_secs(60);
const FRANKFURT: &str = "000000000000.dkr.ecr.eu-central-1.amazonaws.com";
const OTHERS: &str = "222222222222.dkr.ecr.us-east-1.amazonaws.com";
/// Whoever is nobody's caller has this account, here in another Region.
const IN_FRANKFURT: Key = Key { id: "anyone", secret: "x", region: "eu-central-1" };
const OF_OTHERS: Key = Key { id: "222222222222", secret: "x", region: "us-east-1" };

/// A registry whose images take a minute by a clock of the test's own.
pub(super) async fn slow(clock: &Clock) -> Stage {
    Stage::with(|builder| builder.clock(clock.clone()).replication_delay(DELAY)).await
}

pub(super) fn to(region: &str, account: &str) -> Value {
    json!({"region": region, "registryId": account})
}

pub(super) async fn replicate(stage: &Stage, rules: Value) {
    let input = json!({"replicationConfiguration": {"rules": rules}});
    stage.done("PutReplicationConfiguration", input).await;
}

/// Makes a call to another registry, as somebody of it.
pub(super) async fn elsewhere(stage: &Stage, key: Key<'_>, operation: &str, input: Value) -> Value {
    stage.signed(key, OffsetDateTime::now_utc(), operation, input).await.expect(200).json()
}

/// Asks another registry.
async fn get(stage: &Stage, host: &str, path: &str) -> Reply {
    read(stage.request("GET", path).header("host", host)).await
}

async fn statuses(stage: &Stage, repository: &str, tag: &str) -> Value {
    let input = json!({"repositoryName": repository, "imageId": {"imageTag": tag}});
    stage.done("DescribeImageReplicationStatus", input).await["replicationStatuses"].clone()
}

#[tokio::test]
async fn rules_that_cannot_be_followed_are_refused() {
    let stage = Stage::start().await;
    let put = |destinations: Vec<Value>| json!({"replicationConfiguration": {"rules": [{"destinations": destinations}]}});
    let own = put(vec![to("us-east-1", "000000000000")]);
    let message = stage.fails("PutReplicationConfiguration", own, "InvalidParameterException").await;
    assert_eq!(
        message,
        "Invalid parameter at 'replicationConfiguration' failed to satisfy constraint: 'Replication destination cannot be the same as the source registry'"
    );
    let many = |count: u32| put((0..count).map(|n| to("us-east-1", &format!("{:012}", n + 1))).collect());
    stage.fails("PutReplicationConfiguration", many(26), "InvalidParameterException").await;
    let none = stage.done("DescribeRegistry", json!({})).await;
    assert_eq!(none, json!({"registryId": "000000000000", "replicationConfiguration": {"rules": []}}));
    stage.done("PutReplicationConfiguration", many(25)).await;
    let unknown = json!({"repositoryName": "app", "imageId": {"imageTag": "v1"}});
    stage.fails("DescribeImageReplicationStatus", unknown.clone(), "RepositoryNotFoundException").await;
    stage.done("CreateRepository", json!({"repositoryName": "app"})).await;
    stage.fails("DescribeImageReplicationStatus", unknown, "ImageNotFoundException").await;
    let neither = json!({"repositoryName": "app", "imageId": {}});
    stage.fails("DescribeImageReplicationStatus", neither, "InvalidParameterException").await;
}

#[tokio::test]
async fn an_image_that_the_database_refuses_does_not_hold_up_the_others() {
    let clock = Clock::default();
    let stage = slow(&clock).await;
    replicate(&stage, json!([{"destinations": [to("eu-central-1", "000000000000")]}])).await;
    stage.push("app", "refused", &Image::oci("refused")).await;
    stage.push("app", "next", &Image::oci("next")).await;
    stage
        .meddle("CREATE TRIGGER refused BEFORE INSERT ON tags WHEN NEW.tag = 'refused' BEGIN SELECT RAISE(ABORT, 'no'); END")
        .await;
    clock.advance(DELAY);
    assert_eq!(statuses(&stage, "app", "next").await[0]["status"], "COMPLETE");
    assert_eq!(
        statuses(&stage, "app", "refused").await,
        json!([{"region": "eu-central-1", "registryId": "000000000000", "status": "FAILED", "failureCode": "InternalError"}])
    );
}

#[tokio::test]
async fn a_push_arrives_in_another_region_after_its_time() {
    let clock = Clock::default();
    let mut stage = slow(&clock).await;
    stage.push("team/app", "before", &Image::oci("before")).await;
    let rules = json!([{"destinations": [to("eu-central-1", "000000000000")], "repositoryFilters": [{"filter": "team/", "filterType": "PREFIX_MATCH"}]}]);
    replicate(&stage, rules.clone()).await;
    let image = Image::oci("one");
    let digest = stage.push("team/app", "v1", &image).await;
    stage.push("other/app", "v1", &image).await;
    assert_eq!(
        statuses(&stage, "team/app", "v1").await,
        json!([{"region": "eu-central-1", "registryId": "000000000000", "status": "IN_PROGRESS"}])
    );
    get(&stage, FRANKFURT, "/v2/team/app/manifests/v1").await.refused(404, "NAME_UNKNOWN");
    stage.restart(|builder| builder.clock(clock.clone()).replication_delay(DELAY)).await;
    assert_eq!(statuses(&stage, "team/app", "v1").await[0]["status"], "IN_PROGRESS");
    clock.advance(DELAY);
    assert_eq!(statuses(&stage, "team/app", "v1").await[0]["status"], "COMPLETE");
    for reference in ["v1", &digest] {
        let there = get(&stage, FRANKFURT, &format!("/v2/team/app/manifests/{reference}")).await.expect(200);
        assert_eq!(there.body, image.manifest.bytes);
    }
    for part in [&image.config, &image.layers[0]] {
        let there = get(&stage, FRANKFURT, &format!("/v2/team/app/blobs/{}", part.digest())).await;
        assert_eq!(there.expect(200).body, part.bytes);
    }
    get(&stage, FRANKFURT, "/v2/team/app/manifests/before").await.refused(404, "MANIFEST_UNKNOWN");
    get(&stage, FRANKFURT, "/v2/other/app/manifests/v1").await.refused(404, "NAME_UNKNOWN");
    for goes_nowhere in [("team/app", "before"), ("other/app", "v1")] {
        assert_eq!(statuses(&stage, goes_nowhere.0, goes_nowhere.1).await, json!([]));
    }
    let told = stage.done("DescribeRegistry", json!({})).await;
    assert_eq!(told["replicationConfiguration"]["rules"], rules);
}

#[tokio::test]
async fn nobody_has_to_ask_for_an_image_to_arrive() {
    let clock = Clock::default();
    let stage = slow(&clock).await;
    replicate(&stage, json!([{"destinations": [to("eu-central-1", "000000000000")]}])).await;
    stage.push("app", "v1", &Image::oci("one")).await;
    clock.advance(DELAY);
    let arrives = async || (get(&stage, FRANKFURT, "/v2/app/manifests/v1").await.status == 200).then_some(());
    until("the image arrives", arrives).await;
}

#[tokio::test]
async fn an_index_takes_the_images_along_that_were_there_before() {
    let clock = Clock::default();
    let stage = slow(&clock).await;
    let (one, two) = (Image::oci("one"), Image::oci("two"));
    for image in [&one, &two] {
        stage.push("app", &image.manifest.digest(), image).await;
    }
    replicate(&stage, json!([{"destinations": [to("eu-central-1", "000000000000")]}])).await;
    let all = index(OCI_INDEX, &[one.manifest.entry("linux/amd64"), two.manifest.entry("linux/arm64")]);
    stage.put_manifest("app", "all", &all).await.expect(201);
    clock.advance(DELAY);
    assert_eq!(statuses(&stage, "app", "all").await[0]["status"], "COMPLETE");
    get(&stage, FRANKFURT, "/v2/app/manifests/all").await.expect(200);
    for image in [&one, &two] {
        let path = format!("/v2/app/manifests/{}", image.manifest.digest());
        get(&stage, FRANKFURT, &path).await.expect(200);
        get(&stage, FRANKFURT, &format!("/v2/app/blobs/{}", image.layers[0].digest())).await.expect(200);
    }
    let described = json!({"repositoryName": "app", "imageIds": [{"imageTag": "all"}]});
    let there = elsewhere(&stage, IN_FRANKFURT, "DescribeImages", described.clone()).await;
    let here = stage.done("DescribeImages", described).await;
    assert_eq!(there["imageDetails"][0]["imageSizeInBytes"], here["imageDetails"][0]["imageSizeInBytes"]);
}

#[tokio::test]
async fn another_account_takes_what_its_policy_allows() {
    let clock = Clock::default();
    let stage = slow(&clock).await;
    replicate(&stage, json!([{"destinations": [to("us-east-1", "222222222222")]}])).await;
    let policy = |actions: Value| {
        let principal = json!({"AWS": "arn:aws:iam::000000000000:root"});
        let resource = "arn:aws:ecr:us-east-1:222222222222:repository/*";
        let statement =
            json!({"Effect": "Allow", "Principal": principal, "Action": actions, "Resource": resource});
        json!({"policyText": json!({"Version": "2012-10-17", "Statement": [statement]}).to_string()})
    };
    let denied = json!([{"region": "us-east-1", "registryId": "222222222222", "status": "FAILED", "failureCode": "AccessDenied"}]);
    stage.push("app", "none", &Image::oci("one")).await;
    clock.advance(DELAY);
    assert_eq!(statuses(&stage, "app", "none").await, denied);

    elsewhere(&stage, OF_OTHERS, "PutRegistryPolicy", policy(json!(["ecr:ReplicateImage"]))).await;
    stage.push("app", "copy", &Image::oci("two")).await;
    clock.advance(DELAY);
    assert_eq!(statuses(&stage, "app", "copy").await, denied, "no repository may be made");
    get(&stage, OTHERS, "/v2/app/manifests/copy").await.refused(404, "NAME_UNKNOWN");

    let both = policy(json!(["ecr:CreateRepository", "ecr:ReplicateImage"]));
    elsewhere(&stage, OF_OTHERS, "PutRegistryPolicy", both).await;
    stage.push("app", "again", &Image::oci("two")).await;
    clock.advance(DELAY);
    assert_eq!(statuses(&stage, "app", "again").await[0]["status"], "COMPLETE");
    get(&stage, OTHERS, "/v2/app/manifests/again").await.expect(200);
}

#[tokio::test]
async fn what_was_replicated_is_not_replicated_again() {
    let clock = Clock::default();
    let stage = slow(&clock).await;
    replicate(&stage, json!([{"destinations": [to("eu-central-1", "000000000000")]}])).await;
    let on =
        json!({"replicationConfiguration": {"rules": [{"destinations": [to("eu-west-1", "000000000000")]}]}});
    elsewhere(&stage, IN_FRANKFURT, "PutReplicationConfiguration", on).await;
    stage.push("app", "v1", &Image::oci("one")).await;
    clock.advance(DELAY);
    assert_eq!(statuses(&stage, "app", "v1").await[0]["status"], "COMPLETE");
    let input = json!({"repositoryName": "app", "imageId": {"imageTag": "v1"}});
    let there = elsewhere(&stage, IN_FRANKFURT, "DescribeImageReplicationStatus", input).await;
    assert_eq!(there["replicationStatuses"], json!([]));
}

#[tokio::test]
async fn deletions_arrive_only_where_a_rule_says_so() {
    let clock = Clock::default();
    let stage = slow(&clock).await;
    let paris = "000000000000.dkr.ecr.eu-west-3.amazonaws.com";
    let rules = json!([
        {"destinations": [to("eu-central-1", "000000000000")], "deleteReplication": {"enabled": true}},
        {"destinations": [to("eu-west-3", "000000000000")], "deleteReplication": {"enabled": false}},
    ]);
    replicate(&stage, rules).await;
    let (one, two, kept) = (Image::oci("one"), Image::oci("two"), Image::oci("kept"));
    let digest = stage.push("app", "one", &one).await;
    stage.push("app", "two", &two).await;
    stage.push("app", "kept", &kept).await;
    stage.put_manifest("app", "alias", &kept.manifest).await.expect(201);
    clock.advance(DELAY);
    assert_eq!(statuses(&stage, "app", "kept").await[0]["status"], "COMPLETE");

    let ids = json!([{"imageTag": "one"}, {"imageTag": "alias"}]);
    stage.done("BatchDeleteImage", json!({"repositoryName": "app", "imageIds": ids})).await;
    stage.ask("DELETE", "/v2/app/manifests/two").await.expect(202);
    get(&stage, FRANKFURT, "/v2/app/manifests/one").await.expect(200);
    clock.advance(DELAY);
    assert_eq!(statuses(&stage, "app", "kept").await[0]["status"], "COMPLETE");
    for gone in ["one", "two", "alias", &digest] {
        get(&stage, FRANKFURT, &format!("/v2/app/manifests/{gone}")).await.refused(404, "MANIFEST_UNKNOWN");
        get(&stage, paris, &format!("/v2/app/manifests/{gone}")).await.expect(200);
    }
    let untagged = format!("/v2/app/manifests/{}", two.manifest.digest());
    get(&stage, FRANKFURT, &untagged).await.expect(200);
    get(&stage, FRANKFURT, "/v2/app/manifests/kept").await.expect(200);
    stage.ask("DELETE", &untagged).await.expect(202);
    clock.advance(DELAY);
    statuses(&stage, "app", "kept").await;
    get(&stage, FRANKFURT, &untagged).await.refused(404, "MANIFEST_UNKNOWN");
}

#[tokio::test]
async fn a_deletion_that_the_database_refuses_is_repeated_until_it_is_done() {
    let clock = Clock::default();
    let mut stage = slow(&clock).await;
    let rule = json!([{"destinations": [to("eu-central-1", "000000000000")], "deleteReplication": {"enabled": true}}]);
    replicate(&stage, rule).await;
    let (refused, next) = (Image::oci("refused"), Image::oci("next"));
    for (tag, image) in [("refused", &refused), ("next", &next), ("kept", &Image::oci("kept"))] {
        stage.push("app", tag, image).await;
    }
    clock.advance(DELAY);
    assert_eq!(statuses(&stage, "app", "kept").await[0]["status"], "COMPLETE");
    stage
        .meddle(
            "CREATE TRIGGER refused BEFORE DELETE ON tags WHEN OLD.tag = 'refused' AND OLD.repository <> \
             (SELECT id FROM repositories WHERE region = 'us-east-1') BEGIN SELECT RAISE(ABORT, 'no'); END",
        )
        .await;
    for image in [&refused, &next] {
        stage.ask("DELETE", &format!("/v2/app/manifests/{}", image.manifest.digest())).await.expect(202);
    }
    clock.advance(DELAY);
    statuses(&stage, "app", "kept").await;
    get(&stage, FRANKFURT, "/v2/app/manifests/next").await.refused(404, "MANIFEST_UNKNOWN");
    get(&stage, FRANKFURT, "/v2/app/manifests/refused").await.expect(200);

    stage.restart(|builder| builder.clock(clock.clone()).replication_delay(DELAY)).await;
    stage.meddle("DROP TRIGGER refused").await;
    clock.advance(2 * DELAY);
    statuses(&stage, "app", "kept").await;
    get(&stage, FRANKFURT, "/v2/app/manifests/refused").await.refused(404, "MANIFEST_UNKNOWN");
}

#[tokio::test]
async fn a_deletion_that_comes_late_spares_what_was_pushed_again() {
    let clock = Clock::default();
    let stage = slow(&clock).await;
    let rule = json!([{"destinations": [to("eu-central-1", "000000000000")], "deleteReplication": {"enabled": true}}]);
    replicate(&stage, rule).await;
    let image = Image::oci("one");
    stage.push("app", "v1", &image).await;
    stage.put_manifest("app", "v2", &image.manifest).await.expect(201);
    clock.advance(DELAY);
    assert_eq!(statuses(&stage, "app", "v1").await[0]["status"], "COMPLETE");
    stage.ask("DELETE", &format!("/v2/app/manifests/{}", image.manifest.digest())).await.expect(202);
    stage.push("app", "v1", &image).await;
    stage.meddle("UPDATE replicated_deletions SET queued = queued + 60").await;
    for _ in ["the push", "the deletion"] {
        clock.advance(DELAY);
        assert_eq!(statuses(&stage, "app", "v1").await[0]["status"], "COMPLETE");
    }
    get(&stage, FRANKFURT, "/v2/app/manifests/v1").await.expect(200);
    get(&stage, FRANKFURT, "/v2/app/manifests/v2").await.refused(404, "MANIFEST_UNKNOWN");
}

#[tokio::test]
async fn what_is_archived_before_its_time_is_copied_nowhere() {
    let clock = Clock::default();
    let stage = slow(&clock).await;
    replicate(&stage, json!([{"destinations": [to("eu-central-1", "000000000000")]}])).await;
    stage.push("app", "v1", &Image::oci("one")).await;
    stage.push("app", "v2", &Image::oci("two")).await;
    let archive =
        json!({"repositoryName": "app", "imageId": {"imageTag": "v1"}, "targetStorageClass": "ARCHIVE"});
    stage.done("UpdateImageStorageClass", archive).await;
    clock.advance(DELAY);
    assert_eq!(statuses(&stage, "app", "v2").await[0]["status"], "COMPLETE");
    let archived = statuses(&stage, "app", "v1").await;
    assert_eq!(
        (&archived[0]["status"], &archived[0]["failureCode"]),
        (&json!("FAILED"), &json!("ImageArchived"))
    );
    get(&stage, FRANKFURT, "/v2/app/manifests/v1").await.refused(404, "MANIFEST_UNKNOWN");
}

#[tokio::test]
async fn what_is_pushed_again_after_its_deletion_arrives() {
    let clock = Clock::default();
    let stage = slow(&clock).await;
    let rule = json!([{"destinations": [to("eu-central-1", "000000000000")], "deleteReplication": {"enabled": true}}]);
    replicate(&stage, rule).await;
    let image = Image::oci("one");
    let digest = stage.push("app", "v1", &image).await;
    stage.ask("DELETE", &format!("/v2/app/manifests/{digest}")).await.expect(202);
    stage.push("app", "v1", &image).await;
    clock.advance(DELAY);
    assert_eq!(statuses(&stage, "app", "v1").await[0]["status"], "COMPLETE");
    get(&stage, FRANKFURT, "/v2/app/manifests/v1").await.expect(200);
}

#[tokio::test]
async fn the_repository_there_has_its_own_settings() {
    let clock = Clock::default();
    let stage = slow(&clock).await;
    let template =
        json!({"prefix": "team", "appliedFor": ["REPLICATION"], "imageTagMutability": "IMMUTABLE"});
    elsewhere(&stage, IN_FRANKFURT, "CreateRepositoryCreationTemplate", template).await;
    replicate(&stage, json!([{"destinations": [to("eu-central-1", "000000000000")]}])).await;
    let (one, two) = (Image::oci("one"), Image::oci("two"));
    stage.push("team/app", "v1", &one).await;
    clock.advance(DELAY);
    assert_eq!(statuses(&stage, "team/app", "v1").await[0]["status"], "COMPLETE");
    let named = json!({"repositoryNames": ["team/app"]});
    let there = elsewhere(&stage, IN_FRANKFURT, "DescribeRepositories", named).await;
    assert_eq!(there["repositories"][0]["imageTagMutability"], "IMMUTABLE");

    stage.push("team/app", "v1", &two).await;
    clock.advance(DELAY);
    assert_eq!(statuses(&stage, "team/app", "v1").await[0]["status"], "COMPLETE");
    let tagged = get(&stage, FRANKFURT, "/v2/team/app/manifests/v1").await.expect(200);
    assert_eq!(tagged.body, one.manifest.bytes, "the tag must not move");
    get(&stage, FRANKFURT, &format!("/v2/team/app/manifests/{}", two.manifest.digest())).await.expect(200);
}

#[tokio::test]
async fn what_arrives_is_scanned_as_what_is_pushed_there() {
    let clock = Clock::default();
    let stage = slow(&clock).await;
    let scanned = json!({"repositoryName": "app", "imageScanningConfiguration": {"scanOnPush": true}});
    elsewhere(&stage, IN_FRANKFURT, "CreateRepository", scanned).await;
    replicate(&stage, json!([{"destinations": [to("eu-central-1", "000000000000")]}])).await;
    stage.push("app", "v1", &Image::oci("one")).await;
    clock.advance(DELAY);
    assert_eq!(statuses(&stage, "app", "v1").await[0]["status"], "COMPLETE");
    let image = json!({"repositoryName": "app", "imageId": {"imageTag": "v1"}});
    elsewhere(&stage, IN_FRANKFURT, "DescribeImageScanFindings", image.clone()).await;
    stage.fails("DescribeImageScanFindings", image, "ScanNotFoundException").await;
}

#[tokio::test]
async fn a_call_replicates_as_a_push_does() {
    let clock = Clock::default();
    let stage = slow(&clock).await;
    let image = Image::oci("one");
    stage.push("app", "v1", &image).await;
    replicate(&stage, json!([{"destinations": [to("eu-central-1", "000000000000")]}])).await;
    let manifest = |content: &Content| String::from_utf8(content.bytes.to_vec()).unwrap();
    let put = |tag: &str| json!({"repositoryName": "app", "imageManifest": manifest(&image.manifest), "imageTag": tag});
    stage.fails("PutImage", put("v1"), "ImageAlreadyExistsException").await;
    stage.put_manifest("app", "v1", &image.manifest).await.expect(201);
    assert_eq!(statuses(&stage, "app", "v1").await, json!([]), "nothing was new");
    stage.done("PutImage", put("v2")).await;
    clock.advance(DELAY);
    assert_eq!(statuses(&stage, "app", "v2").await[0]["status"], "COMPLETE");
    get(&stage, FRANKFURT, "/v2/app/manifests/v2").await.expect(200);
    get(&stage, FRANKFURT, "/v2/app/manifests/v1").await.refused(404, "MANIFEST_UNKNOWN");
}
