//! What was asked of a registry, as it is kept.

use std::time::{Duration, UNIX_EPOCH};

use ecr_local::{Clock, Effect, Entry, Failure, Filter, Plane, Rule};
use fixtures::images::Image;
use serde_json::json;
use time::OffsetDateTime;

use crate::{
    control::caller::Key,
    stage::{Stage, read},
};

fn find(stage: &Stage, operation: &str) -> Vec<Entry> {
    stage.running().history().find(&Filter::operation(operation))
}

fn one(stage: &Stage, operation: &str) -> Entry {
    let mut found = find(stage, operation);
    assert_eq!(found.len(), 1, "{found:?}");
    found.remove(0)
}

#[tokio::test]
async fn what_was_refused_is_kept_with_its_code() {
    let stage = Stage::start().await;
    stage.fails("DescribeImages", json!({ "repositoryName": "none" }), "RepositoryNotFoundException").await;
    let entry = one(&stage, "DescribeImages");
    assert_eq!((entry.plane, entry.status), (Plane::Control, Some(400)));
    assert_eq!(entry.code.as_deref(), Some("RepositoryNotFoundException"));
    assert_eq!(entry.repository.as_deref(), Some("none"));
    assert!(entry.request_id.is_some_and(|id| !id.is_empty()));
    stage.get("/v2/none/manifests/v1").await.refused(404, "NAME_UNKNOWN");
    let entry = one(&stage, "GetManifest");
    assert_eq!((entry.plane, entry.status, entry.faulted), (Plane::Data, Some(404), false));
    assert_eq!(entry.code.as_deref(), Some("NAME_UNKNOWN"));
    stage.get("/nowhere").await.expect(404);
    assert_eq!(one(&stage, "").status, Some(404));
}

#[tokio::test]
async fn faults_show_and_a_reset_has_no_status() {
    let stage = Stage::start().await;
    let faults = stage.running().faults();
    let reset = faults.add(Rule::new(Effect::Reset));
    assert!(stage.request("GET", "/v2/").send().await.is_err());
    faults.remove(reset);
    faults.add(Rule::new(Effect::Error(Failure::new("KmsException"))).plane(Plane::Control));
    stage.fails("ListImages", json!({ "repositoryName": "app" }), "KmsException").await;
    let base = one(&stage, "GetBase");
    assert_eq!((base.status, base.code, base.faulted), (None, None, true));
    let call = one(&stage, "ListImages");
    assert_eq!((call.status, call.code.as_deref(), call.faulted), (Some(400), Some("KmsException"), true));
}

#[tokio::test]
async fn who_asked_is_kept_and_no_secret_is() {
    let key = Key { id: "AKIDEXAMPLE", secret: "k3y-s3cret", region: "eu-central-1" };
    let stage = Stage::with(|builder| {
        let builder = builder.access_key(key.id, key.secret.into(), "123456789012");
        builder.user("alice", "p4ssw0rd".into())
    })
    .await;
    let token =
        stage.signed(key, OffsetDateTime::now_utc(), "GetAuthorizationToken", json!({})).await.expect(200);
    let token = token.json()["authorizationData"][0]["authorizationToken"].as_str().unwrap().to_owned();
    read(stage.request("GET", "/v2/").header("authorization", format!("Basic {token}"))).await.expect(200);
    read(stage.request("GET", "/v2/_catalog").basic_auth("alice", Some("p4ssw0rd"))).await.expect(200);
    read(stage.request("GET", "/v2/_catalog").basic_auth("mallory", Some("gu3ss"))).await.expect(401);
    let call = one(&stage, "GetAuthorizationToken");
    assert_eq!(call.principal.as_deref(), Some("AKIDEXAMPLE"));
    assert_eq!(
        (call.account.as_deref(), call.region.as_deref()),
        (Some("123456789012"), Some("eu-central-1"))
    );
    let base = one(&stage, "GetBase");
    assert_eq!((base.principal.as_deref(), base.account.as_deref()), (Some("AWS"), Some("123456789012")));
    let listed: Vec<_> = find(&stage, "ListRepositories").into_iter().map(|entry| entry.principal).collect();
    assert_eq!(listed, [Some("alice".to_owned()), None]);
    let all = serde_json::to_string(&stage.running().history().find(&Filter::default())).unwrap();
    for secret in ["k3y-s3cret", "p4ssw0rd", "gu3ss", "mallory", &token] {
        assert!(!all.contains(secret), "{secret} in {all}");
    }
}

#[tokio::test]
async fn sizes_and_times_are_kept() {
    let clock = Clock::stopped();
    clock.advance(Duration::from_secs(3600));
    let stage = Stage::with(|builder| builder.clock(clock.clone())).await;
    let digest = stage.push_blob("app", "content").await;
    stage.get(&format!("/v2/app/blobs/{digest}")).await.expect(200);
    let (start, get) = (one(&stage, "StartUpload"), one(&stage, "GetBlob"));
    assert_eq!((start.received, start.sent), (7, Some(0)));
    assert_eq!((get.received, get.sent), (0, Some(7)));
    let ahead = start.time.saturating_sub(UNIX_EPOCH.elapsed().unwrap());
    assert!(ahead > Duration::from_secs(3000), "{ahead:?}");
    clock.advance(Duration::from_secs(60));
    stage.get("/v2/").await.expect(200);
    assert_eq!(one(&stage, "GetBase").time - start.time, Duration::from_secs(60));
}

#[tokio::test]
async fn every_member_can_be_filtered_by() {
    let stage = Stage::start().await;
    stage.push("team/app", "v1", &Image::oci("one")).await;
    stage.done("DescribeImages", json!({ "repositoryName": "team/app" })).await;
    stage.get("/v2/other/tags/list").await.expect(404);
    let count = |filter: Filter| stage.running().history().find(&filter).len();
    assert_eq!(count(Filter { plane: Some(Plane::Control), ..Filter::default() }), 1);
    assert_eq!(count(Filter::operation("*Upload")), 2);
    assert_eq!(count(Filter { repository: Some("team/*".into()), ..Filter::default() }), 4);
    assert_eq!(count(Filter { status: Some(404), ..Filter::default() }), 1);
    assert_eq!(count(Filter { code: Some("NAME_UNKNOWN".into()), ..Filter::default() }), 1);
    assert_eq!(count(Filter { account: Some("000000000000".into()), ..Filter::default() }), 5);
    assert_eq!(count(Filter { region: Some("eu-west-1".into()), ..Filter::default() }), 0);
    assert_eq!(count(Filter { principal: Some("alice".into()), ..Filter::default() }), 0);
    assert_eq!(count(Filter { faulted: Some(true), ..Filter::default() }), 0);
}

#[tokio::test]
async fn the_oldest_go_first_and_pages_follow_each_other() {
    let stage = Stage::with(|builder| builder.history(3)).await;
    for n in 1..=5 {
        stage.get(&format!("/v2/app{n}/tags/list")).await.expect(404);
    }
    let history = stage.running().history();
    let names = |page: &ecr_local::Page| page.entries.iter().map(|entry| entry.id).collect::<Vec<_>>();
    let first = history.page(&Filter::default(), 0, 2);
    assert_eq!((names(&first), first.next), (vec![3, 4], Some(4)));
    let second = history.page(&Filter::default(), 4, 2);
    assert_eq!((names(&second), second.next), (vec![5], None));
    history.clear();
    stage.get("/v2/").await.expect(200);
    assert_eq!(names(&history.page(&Filter::default(), 0, 9)), [6]);
}

#[tokio::test]
async fn nothing_is_kept_where_that_is_not_wanted() {
    let stage = Stage::with(|builder| builder.history(0)).await;
    stage.get("/v2/").await.expect(200);
    assert_eq!(stage.running().history().find(&Filter::default()), []);
}
