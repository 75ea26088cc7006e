//! Copying to another registry what was pushed before there was a rule for it.

use std::time::Duration;

use ecr_local::Clock;
use fixtures::images::{Image, OCI_INDEX, index};
use serde_json::{Value, json};

use super::replication::{replicate, slow, to};
use crate::stage::{Stage, read};

/// A step takes as long as a replication.
const STEP: Duration = Duration::from_secs(60);

fn frankfurt() -> Value {
    to("eu-central-1", "000000000000")
}

async fn start(stage: &Stage, destination: Value) -> String {
    let started = stage.done("StartReplicationBackfill", json!({"destination": destination})).await;
    assert_eq!((&started["status"], &started["destination"]), (&json!("PREPARING"), &destination));
    started["replicationBackfillId"].as_str().unwrap().to_owned()
}

fn named(id: &str) -> Value {
    json!({"replicationBackfillId": id})
}

async fn results(stage: &Stage, id: &str) -> Value {
    stage.done("DescribeReplicationBackfillResults", named(id)).await
}

#[tokio::test]
async fn what_cannot_be_started_or_stopped_is_refused() {
    let clock = Clock::default();
    let stage = slow(&clock).await;
    let unknown = named("00000000-0000-4000-8000-000000000000");
    for operation in ["DescribeReplicationBackfillResults", "StopReplicationBackfill"] {
        stage.fails(operation, unknown.clone(), "ReplicationBackfillNotFoundException").await;
    }
    let wanted = json!({"destination": frankfurt()});
    stage.fails("StartReplicationBackfill", wanted.clone(), "InvalidParameterException").await;
    let mut destinations: Vec<_> = (0..11).map(|n| to(&format!("region-{n}"), "000000000000")).collect();
    destinations.push(to("region-0", "222222222222"));
    replicate(&stage, json!([{"destinations": destinations}])).await;
    for destination in &destinations[..10] {
        start(&stage, destination.clone()).await;
    }
    let same = json!({"destination": to("region-0", "222222222222")});
    stage.fails("StartReplicationBackfill", same, "ReplicationBackfillInProgressException").await;
    let eleventh = json!({"destination": destinations[10]});
    stage.fails("StartReplicationBackfill", eleventh.clone(), "LimitExceededException").await;
    clock.advance(STEP * 2);
    stage.done("StartReplicationBackfill", eleventh).await;
    let listed = stage.done("ListReplicationBackfills", json!({})).await;
    assert_eq!(
        (listed["backfills"].as_array().unwrap().len(), &listed["registryId"]),
        (11, &json!("000000000000"))
    );
    let done = listed["backfills"][10]["replicationBackfillId"].as_str().unwrap();
    stage.fails("StopReplicationBackfill", named(done), "ReplicationBackfillInvalidStatusException").await;
}

#[tokio::test]
async fn all_images_arrive_that_a_rule_takes() {
    let clock = Clock::default();
    let mut stage = slow(&clock).await;
    let (one, two) = (Image::oci("one"), Image::oci("two"));
    stage.push("team/app", "v1", &one).await;
    stage.put_manifest("team/app", "v2", &one.manifest).await.expect(201);
    stage.push("team/app", &two.manifest.digest(), &two).await;
    let all = index(OCI_INDEX, &[two.manifest.entry("linux/amd64")]);
    stage.put_manifest("team/app", "all", &all).await.expect(201);
    stage.push("other", "v1", &one).await;
    let filters = json!([{"filter": "team/", "filterType": "PREFIX_MATCH"}]);
    replicate(&stage, json!([{"destinations": [frankfurt()], "repositoryFilters": filters}])).await;
    let id = start(&stage, frankfurt()).await;
    let preparing = results(&stage, &id).await;
    assert_eq!((&preparing["status"], &preparing["results"]), (&json!("PREPARING"), &json!([])));
    assert!(preparing.get("progress").is_none(), "{preparing}");

    clock.advance(STEP);
    let progress = |completed: u32| json!({"totalReplicationCount": 4, "completedReplicationCount": completed, "failedReplicationCount": 0, "failureCodes": []});
    let running = results(&stage, &id).await;
    assert_eq!((&running["status"], &running["progress"]), (&json!("IN_PROGRESS"), &progress(0)));
    assert!(running.get("endedAt").is_none(), "{running}");
    stage.restart(|builder| builder.clock(clock.clone()).replication_delay(STEP)).await;
    clock.advance(STEP);
    let done = results(&stage, &id).await;
    assert_eq!((&done["status"], &done["progress"]), (&json!("COMPLETE"), &progress(4)));
    let ended = done["endedAt"].as_i64().unwrap() - done["startedAt"].as_i64().unwrap();
    assert_eq!(ended, 120);
    let found = done["results"].as_array().unwrap();
    let mut tags: Vec<_> = found.iter().map(|one| one["imageId"]["imageTag"].as_str()).collect();
    tags.sort_unstable();
    assert_eq!(tags, [None, Some("all"), Some("v1"), Some("v2")]);
    for result in found {
        assert_eq!((&result["repositoryName"], &result["status"]), (&json!("team/app"), &json!("COMPLETE")));
        let is_index = result["imageId"]["imageTag"] == "all";
        assert_eq!(result.get("subImageFailureCodes"), is_index.then(|| json!([])).as_ref());
    }
    let host = "000000000000.dkr.ecr.eu-central-1.amazonaws.com";
    for tag in ["v1", "v2", "all", &two.manifest.digest()] {
        let there = stage.request("GET", &format!("/v2/team/app/manifests/{tag}")).header("host", host);
        read(there).await.expect(200);
    }
    read(stage.request("GET", "/v2/other/manifests/v1").header("host", host))
        .await
        .refused(404, "NAME_UNKNOWN");
    let status = json!({"repositoryName": "team/app", "imageId": {"imageTag": "v1"}});
    let status = stage.done("DescribeImageReplicationStatus", status).await;
    assert_eq!(status["replicationStatuses"][0]["status"], "COMPLETE");
}

#[tokio::test]
async fn what_another_account_does_not_allow_is_told_image_by_image() {
    let clock = Clock::default();
    let stage = slow(&clock).await;
    for name in ["one", "two", "three"] {
        stage.push("app", name, &Image::oci(name)).await;
    }
    let others = to("us-east-1", "222222222222");
    replicate(&stage, json!([{"destinations": [others.clone()]}])).await;
    let id = start(&stage, others).await;
    clock.advance(STEP * 2);
    let done = results(&stage, &id).await;
    assert_eq!(done["status"], "COMPLETE");
    assert_eq!(done["progress"]["failedReplicationCount"], 3);
    assert_eq!(done["progress"]["failureCodes"], json!(["AccessDenied"]));
    assert!(done["results"].as_array().unwrap().iter().all(|one| one["failureCode"] == "AccessDenied"));
    let (mut seen, mut token) = (0, Value::Null);
    loop {
        let mut input = json!({"resultStatusFilter": "FAILED", "maxResults": 1, "nextToken": token});
        input["replicationBackfillId"] = id.as_str().into();
        let page = stage.done("DescribeReplicationBackfillResults", input).await;
        seen += page["results"].as_array().unwrap().len();
        token = page["nextToken"].clone();
        if token.is_null() {
            break;
        }
        let mut other = json!({"resultStatusFilter": "COMPLETE", "nextToken": token});
        other["replicationBackfillId"] = id.as_str().into();
        stage.fails("DescribeReplicationBackfillResults", other, "InvalidParameterException").await;
    }
    assert_eq!(seen, 3);
    let mut complete = json!({"resultStatusFilter": "COMPLETE"});
    complete["replicationBackfillId"] = id.as_str().into();
    assert_eq!(stage.done("DescribeReplicationBackfillResults", complete).await["results"], json!([]));
}

#[tokio::test]
async fn a_backfill_whose_rule_is_gone_fails() {
    let clock = Clock::default();
    let stage = slow(&clock).await;
    replicate(&stage, json!([{"destinations": [frankfurt()]}])).await;
    let id = start(&stage, frankfurt()).await;
    replicate(&stage, json!([])).await;
    clock.advance(STEP);
    let failed = results(&stage, &id).await;
    assert_eq!(
        (&failed["status"], &failed["failureCode"]),
        (&json!("FAILED"), &json!("DestinationNotConfigured"))
    );
    assert!(failed.get("progress").is_none(), "{failed}");
}

#[tokio::test]
async fn a_stop_lets_what_is_being_copied_arrive() {
    let clock = Clock::default();
    let stage = slow(&clock).await;
    let image = Image::oci("one");
    stage.push("app", "t0", &image).await;
    for number in 1..150 {
        stage.put_manifest("app", &format!("t{number}"), &image.manifest).await.expect(201);
    }
    replicate(&stage, json!([{"destinations": [frankfurt()]}])).await;
    let early = start(&stage, frankfurt()).await;
    let stopped = stage.done("StopReplicationBackfill", named(&early)).await;
    assert_eq!(stopped["status"], "STOPPED", "nothing was under way");
    assert!(results(&stage, &early).await.get("progress").is_none());

    let id = start(&stage, frankfurt()).await;
    clock.advance(STEP);
    let stopping = stage.done("StopReplicationBackfill", named(&id)).await;
    assert_eq!(stopping["status"], "STOPPING");
    stage.fails("StopReplicationBackfill", named(&id), "ReplicationBackfillInvalidStatusException").await;
    assert_eq!(results(&stage, &id).await["results"], json!([]));
    clock.advance(STEP);
    let stopped = results(&stage, &id).await;
    assert_eq!(stopped["status"], "STOPPED");
    let progress = &stopped["progress"];
    assert_eq!(
        (&progress["totalReplicationCount"], &progress["completedReplicationCount"]),
        (&json!(150), &json!(100))
    );
    assert_eq!(stopped["results"].as_array().unwrap().len(), 100);
}

#[tokio::test]
async fn backfills_are_listed_until_they_are_old() {
    let clock = Clock::default();
    let stage = slow(&clock).await;
    replicate(&stage, json!([{"destinations": [frankfurt()]}])).await;
    let mut started = Vec::new();
    for _ in 0..3 {
        started.push(start(&stage, frankfurt()).await);
        clock.advance(STEP * 2);
    }
    started.reverse();
    let (mut seen, mut token) = (Vec::new(), Value::Null);
    loop {
        let page = stage.done("ListReplicationBackfills", json!({"maxResults": 2, "nextToken": token})).await;
        let ids = page["backfills"].as_array().unwrap().iter();
        seen.extend(ids.map(|one| one["replicationBackfillId"].as_str().unwrap().to_owned()));
        token = page["nextToken"].clone();
        if token.is_null() {
            break;
        }
    }
    assert_eq!(seen, started, "the last one first");
    clock.advance(Duration::from_secs(90 * 24 * 60 * 60 + 1));
    assert_eq!(stage.done("ListReplicationBackfills", json!({})).await["backfills"], json!([]));
    stage.fails("StopReplicationBackfill", named(&seen[0]), "ReplicationBackfillNotFoundException").await;
}
