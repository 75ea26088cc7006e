//! The admin interface: who may use it, and what it does.

use ecr_local::{AdminAccess, Clock};
use fixtures::images::Image;
use serde_json::{Value, json};

use crate::stage::{Reply, Stage, read};

async fn stage() -> Stage {
    Stage::with(|builder| builder.admin(Some(AdminAccess::Local)).clock(Clock::stopped())).await
}

async fn post(stage: &Stage, place: &str, document: Value) -> Reply {
    read(stage.request("POST", &format!("/_ecr-local/{place}")).body(document.to_string())).await
}

#[tokio::test]
async fn without_leave_there_is_no_admin_interface() {
    let stage = Stage::start().await;
    for (method, place) in [("POST", "reset"), ("GET", "state"), ("GET", "history"), ("GET", "clock")] {
        stage.ask(method, &format!("/_ecr-local/{place}")).await.refused(404, "UNSUPPORTED");
    }
}

#[tokio::test]
async fn pages_in_browsers_and_names_made_to_point_here_are_not_let_in() {
    let stage = stage().await;
    for (header, value) in
        [("origin", "http://localhost"), ("host", "evil.example.com"), ("host", "10.0.0.1:5000")]
    {
        let reply = read(stage.request("POST", "/_ecr-local/reset").header(header, value)).await.expect(403);
        assert_eq!(reply.json()["error"], "only clients on this machine have any business here");
    }
    let open = Stage::with(|builder| builder.admin(Some(AdminAccess::Anyone))).await;
    read(open.request("GET", "/_ecr-local/clock").header("host", "registry.example.com")).await.expect(200);
}

#[tokio::test]
async fn what_is_not_understood_is_refused_and_says_why() {
    let stage = stage().await;
    for (place, document, why) in [
        ("faults", json!({}), "missing field `effect`"),
        ("faults", json!({ "effect": { "explode": 1 } }), "unknown variant `explode`"),
        ("faults", json!({ "effect": "reset", "operaton": "x" }), "unknown field `operaton`"),
        ("clock", json!({ "advanceSeconds": -1 }), "advanceSeconds: "),
        ("clock", json!({ "advanceSeconds": "1" }), "invalid type"),
        ("state", json!({ "version": 2 }), "version 2 is not known"),
        ("state", json!([]), "not a state: "),
    ] {
        let error = post(&stage, place, document).await.expect(400).json()["error"].to_string();
        assert!(error.contains(why), "{error}");
    }
    for query in ["colour=red", "status=ok", "plane=paper", "after=-1"] {
        stage.get(&format!("/_ecr-local/history?{query}")).await.expect(400);
    }
    for query in ["inlineBytes=x", "inlineBytes=99999999999", "x=1"] {
        stage.get(&format!("/_ecr-local/state?{query}")).await.expect(400);
    }
    stage.get("/_ecr-local/nowhere").await.expect(404);
    stage.ask("DELETE", "/_ecr-local/faults/7").await.expect(404);
    stage.ask("PUT", "/_ecr-local/reset").await.expect(405);
    let large = stage.request("POST", "/_ecr-local/faults").body(vec![b' '; 300 * 1024]);
    read(large).await.expect(413);
}

#[tokio::test]
async fn faults_are_set_listed_and_removed() {
    let stage = stage().await;
    let rules = [
        json!({ "plane": "data", "operation": "GetBase", "when": { "first": 1 }, "effect": { "error": { "code": "DENIED" } } }),
        json!({ "plane": "control", "when": { "chance": { "probability": 1.0, "seed": 3 } },
            "effect": { "error": { "code": "KmsException", "members": { "kmsError": "DisabledException" } } } }),
        json!({ "operation": "GetBlob", "effect": { "slow": { "bytes": 10, "tickMillis": 1 } } }),
        json!({ "operation": "GetBlob", "effect": { "latencyMillis": 1 } }),
        json!({ "operation": "GetBlob", "effect": { "torn": 100 } }),
        json!({ "operation": "PutImage", "effect": { "throttle": {} } }),
        json!({ "operation": "PutImage", "effect": "reset", "afterEffect": true }),
    ];
    for (number, rule) in rules.iter().enumerate() {
        assert_eq!(post(&stage, "faults", rule.clone()).await.expect(200).json()["id"], number + 1);
    }
    stage.get("/v2/").await.refused(403, "DENIED");
    stage.get("/v2/").await.expect(200);
    let reply = stage.call("DescribeRepositories", json!({})).await;
    assert_eq!(reply.json()["kmsError"], "DisabledException");
    reply.excepted("KmsException");
    let set = stage.get("/_ecr-local/faults").await.expect(200).json();
    assert_eq!(
        (&set[0]["rule"]["effect"], &set[0]["asked"], &set[0]["met"]),
        (&rules[0]["effect"], &2.into(), &1.into())
    );
    assert_eq!(set.as_array().unwrap().len(), rules.len());
    stage.ask("DELETE", "/_ecr-local/faults/2").await.expect(204);
    stage.done("DescribeRepositories", json!({})).await;
    stage.ask("DELETE", "/_ecr-local/faults").await.expect(204);
    assert_eq!(stage.get("/_ecr-local/faults").await.expect(200).json(), json!([]));
}

#[tokio::test]
async fn the_history_is_queried_and_does_not_count_those_who_ask() {
    let stage = stage().await;
    for n in 1..=5 {
        stage.get(&format!("/v2/app{n}/tags/list")).await.expect(404);
    }
    stage.done("DescribeRepositories", json!({})).await;
    let page =
        async |query: &str| stage.get(&format!("/_ecr-local/history?{query}")).await.expect(200).json();
    let first = page("plane=data&operation=List*&status=404&limit=2").await;
    assert_eq!(first["entries"][1]["repository"], "app2");
    assert_eq!(first["entries"][1]["code"], "NAME_UNKNOWN");
    let rest = page(&format!("plane=data&after={}", first["next"])).await;
    assert_eq!(rest["entries"].as_array().unwrap().len(), 3);
    assert!(rest["next"].is_null());
    let calls = page("plane=control&faulted=false").await;
    assert_eq!(calls["entries"].as_array().unwrap().len(), 1);
    assert!(calls["entries"][0]["time"].as_f64().unwrap() > 1_700_000_000.0, "{calls}");
    stage.ask("DELETE", "/_ecr-local/history").await.expect(204);
    assert_eq!(page("").await, json!({ "entries": [] }));
}

#[tokio::test]
async fn scans_come_to_what_was_said() {
    let stage = stage().await;
    stage.push("app", "v1", &Image::oci("one")).await;
    let image = json!({ "repositoryName": "app", "imageId": { "imageTag": "v1" } });
    let wrong = json!({ "repository": "app", "outcome": { "findings": [{ "severity": "TERRIBLE" }] } });
    post(&stage, "scans", wrong).await.expect(400);
    post(&stage, "scans", json!({ "repository": "app", "held": true })).await.expect(204);
    stage.done("StartImageScan", image.clone()).await;
    let status = async || {
        stage.done("DescribeImageScanFindings", image.clone()).await["imageScanStatus"]["status"].clone()
    };
    post(&stage, "clock", json!({ "advanceSeconds": 3600 })).await.expect(200);
    assert_eq!(status().await, "IN_PROGRESS");
    let outcome =
        json!({ "repository": "app", "held": false, "outcome": { "status": "FAILED", "description": "x" } });
    post(&stage, "scans", outcome).await.expect(204);
    post(&stage, "clock", json!({ "advanceSeconds": 3600 })).await.expect(200);
    assert_eq!(status().await, "FAILED");
}

#[tokio::test]
async fn the_clock_is_put_forward() {
    let stage = stage().await;
    let now = async || stage.get("/_ecr-local/clock").await.expect(200).json()["now"].as_f64().unwrap();
    let before = now().await;
    post(&stage, "clock", json!({ "advanceSeconds": 90.5 })).await.expect(200);
    assert!((now().await - before - 90.5).abs() < 0.001);
}

#[tokio::test]
async fn a_reset_forgets_everything_and_leaves_no_file() {
    let mut stage = stage().await;
    let image = Image::oci("one");
    stage.push("app", "v1", &image).await;
    stage.begin_upload("app").await;
    stage.done("PutRegistryPolicy", json!({ "policyText": r#"{"Statement":[]}"# })).await;
    post(&stage, "faults", json!({ "operation": "GetBase", "effect": "reset" })).await.expect(200);
    post(&stage, "reset", json!({})).await.expect(204);
    assert_eq!(stage.done("DescribeRepositories", json!({})).await["repositories"], json!([]));
    stage.fails("GetRegistryPolicy", json!({}), "RegistryPolicyNotFoundException").await;
    assert!(!stage.blob_file(&image.config.digest()).exists());
    assert_eq!(std::fs::read_dir(stage.data_dir().join("uploads")).unwrap().count(), 0);
    stage.get("/v2/").await.expect(200);
    stage.push("app", "v1", &image).await;
    stage.restart(|builder| builder).await;
    stage.get("/v2/app/manifests/v1").await.expect(200);
}
