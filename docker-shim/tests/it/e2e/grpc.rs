//! grpcurl, which knows nothing of our protocol but what reflection tells it.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use fixtures::{
    peers::{Archive, DockerRegistry, Recipe},
    system::System,
    tool::{Ran, Tool, pinned},
};
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn reflection_and_health_are_there() {
    let system = System::start().await;
    let services = grpcurl(&system, &[], &["list"]).await.ok();
    for service in ["Images", "Credentials", "System"] {
        assert!(services.lines().any(|line| line == format!("imageservice.v1.{service}")), "{services}");
    }
    assert!(services.contains("grpc.health.v1.Health"), "{services}");
    let described = grpcurl(&system, &[], &["describe", "imageservice.v1.Images"]).await.ok();
    for call in ["Pull", "Inspect", "List", "Tag", "Remove", "History"] {
        assert!(described.contains(&format!("rpc {call} ")), "{described}");
    }
    for service in ["", "imageservice.v1.Images", "imageservice.v1.Credentials"] {
        let health = call(&system, "grpc.health.v1.Health/Check", json!({ "service": service })).await;
        assert_eq!(health, [json!({ "status": "SERVING" })], "{service}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_lives_its_whole_life_over_grpc() {
    let (registry, system) = (DockerRegistry::open().await, System::start().await);
    let pushed = registry.push("team/app", "v1", &Recipe::plain("grpc")).await;
    let name = registry.reference("team/app:v1");

    let events = call(&system, "imageservice.v1.Images/Pull", json!({ "reference": name })).await;
    assert_eq!(events.first().unwrap(), &json!({ "started": { "repository": "team/app", "id": "v1" } }));
    let completed = &events[1]["completed"];
    assert_eq!(completed["digest"], json!(pushed.digest));
    assert_eq!(completed["imageId"], json!(pushed.image_id));
    assert_eq!(completed["newer"], json!(true));
    assert_eq!(events.last().unwrap(), &json!({ "finished": { "reference": name, "newer": true } }));

    let inspected = &call(&system, "imageservice.v1.Images/Inspect", json!({ "name": name })).await[0];
    assert_eq!(inspected["image"]["id"], json!(pushed.image_id));
    assert_eq!(inspected["image"]["repoTags"], json!([name]));
    let config = BASE64_STANDARD.decode(inspected["image"]["config"].as_str().unwrap());
    assert_eq!(config.unwrap(), pushed.config, "the config's bytes are those of the registry");
    let known = json!({ "name": name, "knownVersion": inspected["version"] });
    let again = &call(&system, "imageservice.v1.Images/Inspect", known).await[0];
    assert_eq!(again.get("image"), None);

    let tag = json!({ "source": name, "repository": "mine", "tag": "1" });
    call(&system, "imageservice.v1.Images/Tag", tag).await;
    let listed =
        call(&system, "imageservice.v1.Images/List", json!({ "filters": { "references": ["mine"] } })).await;
    assert_eq!(listed[0]["repoTags"], json!(["mine:1"]));
    let history = call(&system, "imageservice.v1.Images/History", json!({ "name": "mine:1" })).await;
    assert_eq!(history[0]["entries"][0]["createdBy"], json!("COPY hello /hello"));
    let removed =
        call(&system, "imageservice.v1.Images/Remove", json!({ "name": pushed.image_id, "force": true }))
            .await;
    let removed = removed[0]["removed"].as_array().unwrap();
    assert_eq!(removed.last().unwrap(), &json!({ "deleted": pushed.image_id }));
    assert_eq!(call(&system, "imageservice.v1.Images/List", json!({})).await, [Value::Null; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_are_checked_listed_without_their_secret_and_forgotten() {
    let (registry, system) = (DockerRegistry::htpasswd(&[("alice", "s3cret")]).await, System::start().await);
    registry.push("priv/app", "v1", &Recipe::plain("credentials")).await;
    let check = |password: &str| json!({ "registry": registry.host(), "auth": { "username": "alice", "password": password } });
    let refused = fail(&system, "imageservice.v1.Credentials/Check", check("wrong")).await;
    assert_eq!(refused.code, "Unauthenticated");
    assert!(refused.details.contains("CREDENTIALS_REJECTED"), "{}", refused.details);
    assert_eq!(call(&system, "imageservice.v1.Credentials/List", json!({})).await, [json!({})]);

    call(&system, "imageservice.v1.Credentials/Check", check("s3cret")).await;
    let listed = call(&system, "imageservice.v1.Credentials/List", json!({})).await;
    assert_eq!(listed[0]["credentials"][0]["registry"], json!(registry.host()));
    assert_eq!(listed[0]["credentials"][0]["username"], json!("alice"));
    assert!(!listed[0].to_string().contains("s3cret"));

    let pull = json!({ "reference": registry.reference("priv/app:v1") });
    call(&system, "imageservice.v1.Images/Pull", pull.clone()).await;
    let host = json!({ "registry": registry.host() });
    call(&system, "imageservice.v1.Credentials/Forget", host.clone()).await;
    fail(&system, "imageservice.v1.Images/Pull", pull).await;
    let refused = fail(&system, "imageservice.v1.Credentials/Forget", host).await;
    assert!(refused.details.contains("CREDENTIALS_NOT_FOUND"), "{}", refused.details);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_archive_that_is_not_said_to_end_has_broken_off() {
    let system = System::start().await;
    let recipe = Recipe::plain("ends");
    let archive = BASE64_STANDARD.encode(Archive::docker(&[(&recipe, &["ends:1"])]).tar());
    let unended = format!(r#"{{"options": {{}}}} {{"chunk": "{archive}"}}"#);
    for method in ["Load", "Import"] {
        let method = format!("imageservice.v1.Images/{method}");
        let refused = refused(grpcurl(&system, &["-d", &unended], &[&method]).await);
        assert_eq!(refused.code, "Canceled", "{method}");
        assert!(refused.details.contains("the request broke off before its end"), "{}", refused.details);
    }
    assert_eq!(call(&system, "imageservice.v1.Images/List", json!({})).await, [Value::Null; 0]);

    let ended = format!(r#"{unended} {{"end": {{}}}}"#);
    let loaded = grpcurl(&system, &["-d", &ended], &["imageservice.v1.Images/Load"]).await.ok();
    assert!(loaded.contains(&recipe.image_id()), "{loaded}");
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_carry_a_reason_for_machines() {
    let (registry, system) = (DockerRegistry::open().await, System::start().await);
    registry.push("team/app", "v1", &Recipe::plain("errors")).await;
    for (method, request, code, reason) in [
        ("Images/Inspect", json!({ "name": "nosuch" }), "NotFound", "IMAGE_NOT_FOUND"),
        ("Images/Inspect", json!({ "name": "UPPER" }), "InvalidArgument", "REFERENCE_INVALID"),
        (
            "Images/Pull",
            json!({ "reference": registry.reference("team/app:nosuch") }),
            "NotFound",
            "MANIFEST_UNKNOWN",
        ),
        (
            "Images/Pull",
            json!({ "reference": registry.reference("team/app:v1"), "platform": "a/b/c/d" }),
            "InvalidArgument",
            "PLATFORM_INVALID",
        ),
        (
            "Images/Pull",
            json!({ "reference": "scratch", "tag": "latest" }),
            "InvalidArgument",
            "NAME_RESERVED",
        ),
        ("Images/Pull", json!({ "reference": "127.0.0.1:1/a:1" }), "Unavailable", "REGISTRY_UNAVAILABLE"),
    ] {
        let refused = fail(&system, &format!("imageservice.v1.{method}"), request.clone()).await;
        assert_eq!(refused.code, code, "{method} {request}");
        let shown = format!("\"reason\": \"{reason}\"");
        assert!(refused.details.contains(&shown), "{method} {request}: {}", refused.details);
    }
}

/// An error as a client sees it.
struct Refused {
    code: String,
    /// As grpcurl prints them, which knows their types from reflection.
    details: String,
}

async fn grpcurl(system: &System, options: &[&str], rest: &[&str]) -> Ran {
    let socket = system.grpc_socket();
    Tool::new(pinned("bin/grpcurl"))
        .args(["-plaintext", "-unix", "-authority", "localhost"])
        .args(options)
        .arg(socket)
        .args(rest)
        .run()
        .await
}

/// The messages that a call answers with.
pub(super) async fn call(system: &System, method: &str, request: Value) -> Vec<Value> {
    let out = grpcurl(system, &["-d", &request.to_string()], &[method]).await.ok();
    serde_json::Deserializer::from_str(&out).into_iter().map(Result::unwrap).collect()
}

/// The error that a call answers with.
async fn fail(system: &System, method: &str, request: Value) -> Refused {
    refused(grpcurl(system, &["-d", &request.to_string()], &[method]).await)
}

fn refused(ran: Ran) -> Refused {
    assert_ne!(ran.status, Some(0), "it was to fail: {}", ran.stdout);
    let after = |line: &str, name: &str| {
        line.split_once(name).map(|(_, rest)| rest.trim_matches([' ', '"', ',']).to_owned())
    };
    let code = ran.stderr.lines().find_map(|line| after(line, "Code:"));
    Refused { code: code.unwrap_or_else(|| panic!("no code in {}", ran.stderr)), details: ran.stderr }
}
