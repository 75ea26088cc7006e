//! What goes wrong on purpose, as clients see it.

use std::time::Duration;

use ecr_local::{AdminAccess, Clock, Effect, Failure, Pace, Plane, Rule, Throttle, When};
use fixtures::{
    images::Image,
    tool::{Tool, pinned},
};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::stage::{Stage, read};

fn fails(code: &str) -> Rule {
    Rule::new(Effect::Error(Failure::new(code)))
}

async fn stage(rule: Rule) -> Stage {
    Stage::with(|builder| builder.fault(rule)).await
}

/// Everything that comes of a request on a connection of its own, and how it ended.
async fn raw(stage: &Stage, request: &str) -> (Vec<u8>, std::io::Result<()>) {
    let mut stream = TcpStream::connect(stage.host()).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut got = Vec::new();
    let ended = stream.read_to_end(&mut got).await;
    (got, ended.map(drop))
}

#[tokio::test]
async fn a_call_fails_with_the_exception_and_all_its_members() {
    let part = Failure::new("InvalidLayerPartException")
        .message("out of order")
        .member("registryId", "000000000000")
        .member("lastValidByteReceived", 41);
    let stage = stage(Rule::new(Effect::Error(part)).operation("UploadLayerPart")).await;
    stage.done("CreateRepository", json!({ "repositoryName": "app" })).await;
    let input = json!({ "repositoryName": "app", "uploadId": "00000000-0000-0000-0000-000000000000", "partFirstByte": 0,
        "partLastByte": 0, "layerPartBlob": "YQ==" });
    let reply = stage.call("UploadLayerPart", input).await;
    assert_eq!(reply.json()["lastValidByteReceived"], 41);
    assert_eq!(reply.json()["registryId"], "000000000000");
    assert_eq!(reply.excepted("InvalidLayerPartException"), "out of order");
}

#[tokio::test]
async fn the_front_door_and_the_server_fail_with_their_statuses_and_texts() {
    for (code, status, text) in [
        ("ThrottlingException", 400, "Rate exceeded"),
        ("ExpiredTokenException", 400, "The security token included in the request is expired"),
        ("ServerException", 500, "A fault that was set"),
        ("ServiceUnavailable", 503, "A fault that was set"),
    ] {
        let stage = stage(fails(code)).await;
        let reply = stage.call("DescribeRepositories", json!({})).await.expect(status);
        assert_eq!((&reply.json()["__type"], &reply.json()["message"]), (&code.into(), &text.into()));
        assert_eq!(reply.header("x-amzn-errortype"), code);
        assert!(!reply.header("x-amzn-requestid").is_empty());
    }
}

#[tokio::test]
async fn an_endpoint_fails_with_an_error_in_ocis_shape() {
    for (code, status) in [
        ("TOOMANYREQUESTS", 429),
        ("DENIED", 403),
        ("BLOB_UNKNOWN", 404),
        ("UNKNOWN", 500),
        ("SIZE_INVALID", 400),
    ] {
        let stage = stage(fails(code).plane(Plane::Data).operation("GetBase")).await;
        stage.get("/v2/").await.refused(status, code);
    }
    let teapot = Failure::new("UNKNOWN").status(418).member("why", "x");
    let stage = stage(Rule::new(Effect::Error(teapot))).await;
    assert_eq!(stage.get("/v2/").await.refused(418, "UNKNOWN").json()["errors"][0]["detail"]["why"], "x");
}

#[tokio::test]
async fn a_rule_meets_its_plane_its_operation_and_its_repositories_only() {
    let stage = stage(fails("UNKNOWN").plane(Plane::Data).operation("*Manifest").repository("team/*")).await;
    let image = Image::oci("one");
    stage.push("app", "v1", &image).await;
    stage.get("/v2/team/app/tags/list").await.refused(404, "NAME_UNKNOWN");
    for method in ["GET", "PUT", "DELETE"] {
        stage.ask(method, "/v2/team/app/manifests/v1").await.refused(500, "UNKNOWN");
    }
    stage.get("/v2/app/manifests/v1").await.expect(200);
    stage.done("DescribeImages", json!({ "repositoryName": "app" })).await;
    let [rule] = &stage.running().faults().list()[..] else { panic!("one rule") };
    assert_eq!((rule.asked, rule.met), (3, 3));
}

#[tokio::test]
async fn a_rule_for_calls_reads_the_repository_from_the_input_and_from_arns() {
    let stage = stage(fails("ServerException").plane(Plane::Control).repository("app")).await;
    stage.call("DescribeImages", json!({ "repositoryName": "app" })).await.expect(500);
    let arn = "arn:aws:ecr:us-east-1:000000000000:repository/app";
    stage.call("ListTagsForResource", json!({ "resourceArn": arn })).await.expect(500);
    stage.done("DescribeRepositories", json!({})).await;
}

#[tokio::test]
async fn a_rule_meets_the_calls_it_counts_to() {
    for (when, statuses) in [
        (When::First(2), [500, 500, 200, 200]),
        (When::Nth(3), [200, 200, 500, 200]),
        (When::Every(2), [200, 500, 200, 500]),
        (When::After(3), [200, 200, 200, 500]),
        (When::Chance { probability: 1.0, seed: 1 }, [500; 4]),
    ] {
        let stage = stage(fails("UNKNOWN").when(when)).await;
        for status in statuses {
            stage.get("/v2/").await.expect(status);
        }
    }
}

#[tokio::test]
async fn a_client_that_is_not_let_in_does_not_count() {
    let rule = fails("UNKNOWN").when(When::First(1));
    let stage = Stage::with(|builder| builder.user("alice", "s3cret".into()).fault(rule)).await;
    stage.get("/v2/").await.expect(401);
    let known = || stage.request("GET", "/v2/").basic_auth("alice", Some("s3cret"));
    read(known()).await.expect(500);
    read(known()).await.expect(200);
}

#[tokio::test]
async fn a_fault_before_the_effect_leaves_nothing_done_and_one_after_it_loses_the_answer_only() {
    for (after, is_there) in [(false, 404), (true, 200)] {
        let image = Image::oci("one");
        let rule = fails("UNKNOWN").operation("PutManifest");
        let stage = stage(if after { rule.after_effect() } else { rule }).await;
        for part in image.layers.iter().chain([&image.config]) {
            stage.push_blob("app", part.bytes.clone()).await;
        }
        stage.put_manifest("app", "v1", &image.manifest).await.refused(500, "UNKNOWN");
        stage.get("/v2/app/manifests/v1").await.expect(is_there);
    }
}

#[tokio::test]
async fn a_connection_is_reset_before_or_after_the_effect() {
    for (after, is_there) in [(false, false), (true, true)] {
        let rule = Rule::new(Effect::Reset).operation("CreateRepository");
        let stage = stage(if after { rule.after_effect() } else { rule }).await;
        let body = r#"{"repositoryName":"app"}"#;
        let request = format!(
            "POST / HTTP/1.1\r\nhost: x\r\nx-amz-target: AmazonEC2ContainerRegistry_V20150921.CreateRepository\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        let (got, ended) = raw(&stage, &request).await;
        assert_eq!(got, b"");
        assert_eq!(ended.unwrap_err().kind(), std::io::ErrorKind::ConnectionReset);
        let found = stage.done("DescribeRepositories", json!({})).await;
        assert_eq!(found["repositories"].as_array().unwrap().len(), usize::from(is_there));
    }
}

#[tokio::test]
async fn a_body_breaks_off_behind_so_many_bytes_of_those_that_were_announced() {
    for torn in [0, 3] {
        let stage = stage(Rule::new(Effect::Torn(torn)).operation("GetBlob")).await;
        let digest = stage.push_blob("app", "content").await;
        let request = format!("GET /v2/app/blobs/{digest} HTTP/1.1\r\nhost: x\r\n\r\n");
        let (got, _) = raw(&stage, &request).await;
        let text = String::from_utf8(got).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(head.contains("content-length: 7"), "{head}");
        assert_eq!(body, &"content"[..usize::try_from(torn).unwrap()]);
    }
    let stage = stage(Rule::new(Effect::Torn(7)).operation("GetBlob")).await;
    let digest = stage.push_blob("app", "content").await;
    assert_eq!(&stage.get(&format!("/v2/app/blobs/{digest}")).await.expect(200).body[..], b"content");
}

#[tokio::test]
async fn an_answer_with_half_a_document_has_its_status_and_its_length() {
    let stage = stage(Rule::new(Effect::Garbled).operation("CreateRepository")).await;
    let reply = stage.call("CreateRepository", json!({ "repositoryName": "app" })).await.expect(200);
    assert_eq!((&reply.body[..], reply.header("content-length")), (&b"{\""[..], "2"));
    let found = stage.done("DescribeRepositories", json!({})).await;
    assert_eq!(found["repositories"][0]["repositoryName"], "app", "it was done");
}

#[tokio::test]
async fn a_slow_body_and_a_late_answer_are_whole() {
    let pace = Pace { bytes: 2, tick: Duration::from_millis(1) };
    let stage = Stage::with(|builder| {
        let late = Effect::Latency(Duration::from_millis(1));
        builder.fault(Rule::new(Effect::Slow(pace)).operation("GetBlob")).fault(Rule::new(late))
    })
    .await;
    let content = vec![b'x'; 1001];
    let digest = stage.push_blob("app", content.clone()).await;
    let reply = stage.get(&format!("/v2/app/blobs/{digest}")).await.expect(200);
    assert_eq!(reply.header("content-length"), "1001");
    assert!(reply.body == content);
    assert!(stage.running().faults().list().iter().all(|rule| rule.met > 0));
}

#[tokio::test]
async fn buckets_at_ecrs_rates_empty_and_fill_with_the_clock_in_each_account_and_region() {
    let clock = Clock::stopped();
    let rule = Rule::new(Effect::Throttle(Throttle::default()));
    let stage = Stage::with(|builder| builder.fault(rule).clock(clock.clone())).await;
    let put = async |host: &str| {
        let manifest = stage.request("PUT", "/v2/app/manifests/v1").header("host", host);
        read(manifest.body("{}")).await.status
    };
    let (here, there) = ("localhost", "123456789012.dkr.ecr.eu-central-1.amazonaws.com");
    for _ in 0..10 {
        assert_eq!(put(here).await, 400);
    }
    assert_eq!(put(here).await, 429);
    let input = json!({ "repositoryName": "app", "imageManifest": "{}" });
    assert_eq!(stage.fails("PutImage", input, "ThrottlingException").await, "Rate exceeded");
    assert_eq!(put(there).await, 400);
    clock.advance(Duration::from_millis(100));
    assert_eq!((put(here).await, put(here).await), (400, 429));
    clock.advance(Duration::from_secs(60));
    for _ in 0..10 {
        assert_eq!(put(here).await, 400);
    }
    assert_eq!(put(here).await, 429);
    for _ in 0..30 {
        stage.done("DescribeRepositories", json!({})).await;
    }
}

#[tokio::test]
async fn a_bucket_may_have_a_rate_of_its_own() {
    let rate = Throttle { per_second: Some(0.5), burst: Some(2.0) };
    let clock = Clock::stopped();
    let rule = Rule::new(Effect::Throttle(rate)).operation("GetBase");
    let stage = Stage::with(|builder| builder.fault(rule).clock(clock.clone())).await;
    for status in [200, 200, 429] {
        stage.get("/v2/").await.expect(status);
    }
    clock.advance(Duration::from_secs(2));
    for status in [200, 429] {
        stage.get("/v2/").await.expect(status);
    }
}

#[tokio::test]
async fn rules_are_set_and_removed_while_it_runs() {
    let stage = Stage::start().await;
    let faults = stage.running().faults();
    let (late, failing) =
        (faults.add(Rule::new(Effect::Latency(Duration::ZERO))), faults.add(fails("UNKNOWN")));
    stage.get("/v2/").await.expect(500);
    assert!(faults.remove(failing));
    assert!(!faults.remove(failing));
    stage.get("/v2/").await.expect(200);
    assert_eq!(faults.list().iter().map(|rule| (rule.id, rule.met)).collect::<Vec<_>>(), [(late, 2)]);
    faults.add(fails("UNKNOWN"));
    faults.clear();
    stage.get("/v2/").await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn boto3_tries_again_and_shows_members() {
    let stage = Stage::with(|builder| builder.admin(Some(AdminAccess::Local))).await;
    let script = include_str!("faults.py");
    let python =
        Tool::new(pinned("python/bin/python")).args(["-c", script, &format!("http://{}", stage.host())]);
    assert_eq!(python.env("AWS_EC2_METADATA_DISABLED", "true").run().await.ok().trim(), "done");
}
