//! When an image was last pulled, and whose pulls do not count.

use std::time::Duration;

use ecr_local::Clock;
use fixtures::images::Image;
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::caller::Key;
use crate::stage::{Stage, read};

const KEY: Key = Key { id: "AKIDONE", secret: "s3cret", region: "us-east-1" };
const OWNER: &str = "arn:aws:iam::000000000000:user/AKIDONE";
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

fn principal(arn: &str) -> Value {
    json!({"principalArn": arn})
}

async fn pulled(stage: &Stage) -> Option<i64> {
    let details = stage.done("DescribeImages", json!({"repositoryName": "app"})).await;
    details["imageDetails"][0]["lastRecordedPullTime"].as_i64()
}

#[tokio::test]
async fn an_exclusion_is_made_once_and_taken_back_once() {
    let mut stage = Stage::start().await;
    for arn in ["user/alice", "arn:aws:iam::000000000000:root", "arn:aws:iam::12:user/alice"] {
        for operation in ["RegisterPullTimeUpdateExclusion", "DeregisterPullTimeUpdateExclusion"] {
            stage.fails(operation, principal(arn), "InvalidParameterException").await;
        }
    }
    let missing = "ExclusionNotFoundException";
    stage.fails("DeregisterPullTimeUpdateExclusion", principal(OWNER), missing).await;
    let made = stage.done("RegisterPullTimeUpdateExclusion", principal(OWNER)).await;
    assert_eq!(made["principalArn"], OWNER);
    assert!(made["createdAt"].as_i64().unwrap() > 0);
    stage.restart(|builder| builder).await;
    let there = "ExclusionAlreadyExistsException";
    stage.fails("RegisterPullTimeUpdateExclusion", principal(OWNER), there).await;
    let gone = stage.done("DeregisterPullTimeUpdateExclusion", principal(OWNER)).await;
    assert_eq!(gone, principal(OWNER));
    let listed = stage.done("ListPullTimeUpdateExclusions", json!({})).await;
    assert_eq!(listed, json!({"pullTimeUpdateExclusions": []}));
}

#[tokio::test]
async fn exclusions_come_in_pages() {
    let stage = Stage::start().await;
    let all: Vec<_> = (100..205).map(|n| format!("arn:aws:iam::000000000000:role/ci-{n}")).collect();
    for arn in &all {
        stage.done("RegisterPullTimeUpdateExclusion", principal(arn)).await;
    }
    for size in [50, 1000] {
        let (mut found, mut token): (Vec<String>, _) = (Vec::new(), Value::Null);
        loop {
            let page = json!({"maxResults": size, "nextToken": token});
            let page = stage.done("ListPullTimeUpdateExclusions", page).await;
            let listed = page["pullTimeUpdateExclusions"].as_array().unwrap();
            assert!(listed.len() <= size.min(100), "the list of an answer has at most 100 entries");
            found.extend(listed.iter().map(|arn| arn.as_str().unwrap().to_owned()));
            token = page["nextToken"].clone();
            if token.is_null() {
                break;
            }
        }
        assert_eq!(found, all);
    }
    let foreign = stage.done("ListPullTimeUpdateExclusions", json!({"maxResults": 1})).await;
    let foreign = json!({"nextToken": foreign["nextToken"]});
    stage.fails("DescribeRepositories", foreign, "InvalidParameterException").await;
}

#[tokio::test]
async fn a_pull_is_recorded_once_in_a_day_over_either_plane() {
    let clock = Clock::default();
    let stage = Stage::with(|builder| builder.clock(clock.clone())).await;
    stage.push("app", "v1", &Image::oci("one")).await;
    stage.ask("HEAD", "/v2/app/manifests/v1").await.expect(200);
    assert_eq!(pulled(&stage).await, None, "a look is no pull");
    stage.get("/v2/app/manifests/v1").await.expect(200);
    let first = pulled(&stage).await.unwrap();
    clock.advance(DAY - Duration::from_secs(60));
    let get = json!({"repositoryName": "app", "imageIds": [{"imageTag": "v1"}]});
    stage.done("BatchGetImage", get.clone()).await;
    assert_eq!(pulled(&stage).await, Some(first));
    clock.advance(Duration::from_secs(60));
    stage.done("BatchGetImage", get).await;
    assert!(pulled(&stage).await.unwrap() >= first + 86_400);
}

#[tokio::test]
async fn a_pull_of_an_excluded_principal_is_not_recorded_over_either_plane() {
    let stage = Stage::start().await;
    stage.push("app", "v1", &Image::oci("one")).await;
    let now = OffsetDateTime::now_utc();
    let issued = stage.signed(KEY, now, "GetAuthorizationToken", json!({})).await.expect(200).json();
    let token = issued["authorizationData"][0]["authorizationToken"].as_str().unwrap().to_owned();
    let pull = async || {
        let request = stage.request("GET", "/v2/app/manifests/v1");
        read(request.header("authorization", format!("Basic {token}"))).await.expect(200);
        let get = json!({"repositoryName": "app", "imageIds": [{"imageTag": "v1"}]});
        stage.signed(KEY, now, "BatchGetImage", get).await.expect(200);
    };
    stage.done("RegisterPullTimeUpdateExclusion", principal(OWNER)).await;
    pull().await;
    assert_eq!(pulled(&stage).await, None);
    stage.done("DeregisterPullTimeUpdateExclusion", principal(OWNER)).await;
    pull().await;
    assert!(pulled(&stage).await.is_some());
}

#[tokio::test]
async fn a_user_of_the_data_plane_is_excluded_by_the_name_in_the_default_account() {
    let stage = Stage::with(|builder| {
        builder.user("alice", "pw".into()).access_key(KEY.id, KEY.secret.into(), "000000000000")
    })
    .await;
    let call = async |operation: &str, input: Value| {
        stage.signed(KEY, OffsetDateTime::now_utc(), operation, input).await.expect(200).json()
    };
    let image = Image::oci("one");
    let as_alice = |method: &str, path: &str| stage.request(method, path).basic_auth("alice", Some("pw"));
    for part in image.layers.iter().chain([&image.config]) {
        let path = format!("/v2/app/blobs/uploads/?digest={}", part.digest());
        read(as_alice("POST", &path).body(part.bytes.clone())).await.expect(201);
    }
    let put = as_alice("PUT", "/v2/app/manifests/v1").header("content-type", &image.manifest.media_type);
    read(put.body(image.manifest.bytes.clone())).await.expect(201);
    call("RegisterPullTimeUpdateExclusion", principal("arn:aws:iam::000000000000:user/alice")).await;
    read(as_alice("GET", "/v2/app/manifests/v1")).await.expect(200);
    let details = call("DescribeImages", json!({"repositoryName": "app"})).await;
    assert_eq!(details["imageDetails"][0].get("lastRecordedPullTime"), None);
}
