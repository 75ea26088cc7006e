//! Secrets are planted wherever one can be, everything is logged, traced and measured, and nothing of all that has a secret in it.

use std::{fs::Permissions, os::unix::fs::PermissionsExt as _};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use bytes::Bytes;
use fixtures::{
    peers::{Archive, Collector, DockerCli, DockerRegistry, EmbeddingServer, Grants, Recipe, TokenServer},
    registry::{Reply, ScriptedRegistry},
    secrets,
    system::System,
};
use http::{Method, Request};
use imageservice_proto::{
    ecr::v1::{GetAuthorizationTokenRequest, auth_service_client::AuthServiceClient},
    v1::{InfoRequest, system_client::SystemClient},
};
use serde_json::{Value, json};

use super::{observed, page};

/// The fixtures look at logs, traces and metrics, and this at what those who ask are told.
#[track_caller]
fn assert_discreet(whom: &str, told: &str) {
    assert_eq!(secrets::find(told.as_bytes()), None, "{whom} was told a secret");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_is_in_any_log_trace_metric_or_error() {
    let (aws, scripted) = (ScriptedRegistry::start().await, ScriptedRegistry::start().await);
    let (embedder, collector) = (EmbeddingServer::start().await, Collector::start().await);
    let folder = tempfile::tempdir().unwrap();
    let (seal, api_key) = (folder.path().join("seal"), folder.path().join("api"));
    std::fs::write(&seal, secrets::sealing_key(1)).unwrap();
    std::fs::set_permissions(&seal, Permissions::from_mode(0o600)).unwrap();
    std::fs::write(&api_key, "pl4nted-api-key").unwrap();
    let similarity = embedder.config(&format!("enabled = true\napi_key_file = '{}'", api_key.display()));
    let config = format!(
        "{similarity}\n[credentials]\nkey_file = '{}'\n\
         [ecr]\nregion = 'eu-central-1'\nendpoint_url = '{}'\n\
         [ecr.auth]\nkind = 'static'\naccess_key_id = 'AKID'\nsecret_access_key = 'pl4nted-aws-secret'\n\
         session_token = 'pl4nted-aws-session'\n",
        seal.display(),
        aws.url("")
    );
    let environment =
        [("RUST_LOG", "trace"), ("OTEL_EXPORTER_OTLP_HEADERS", "authorization=pl4nted-collector-key")];
    let mut system = observed(&collector, &config, &environment).await;

    passwords(&system).await;
    tokens(&system, &scripted).await;
    images(&system).await;
    ecr(&system, &aws).await;
    callers(&system).await;

    let pages = page(system.service()).await.text + &page(system.shim()).await.text;
    collector.trace_of(&["POST /images/create", "pull"]).await;
    assert!(system.stop_shim() && system.stop_service());
    let logs: usize =
        [system.service().lines(), system.shim().lines()].concat().iter().map(String::len).sum();
    let told_to_machines = [logs, collector.bytes().len(), pages.len()];
    assert!(
        told_to_machines.iter().sum::<usize>() > 100_000,
        "not everything was told: {told_to_machines:?}"
    );
}

/// `docker login` and the header of a pull, right and wrong, at registries with passwords and with tokens; and as part of a name.
async fn passwords(system: &System) {
    let registry = DockerRegistry::htpasswd(&[("alice", "pl4nted-password")]).await;
    let grants = Grants::none().user("alice", "pl4nted-other").allow("alice", "priv/app", &["pull"]);
    let server = TokenServer::start(grants).await;
    let guarded = DockerRegistry::with_tokens(&server).await;
    for (registry, password) in [(&registry, "pl4nted-password"), (&guarded, "pl4nted-other")] {
        registry.push("priv/app", "v1", &Recipe::plain("private")).await;
        let cli = DockerCli::new(&system.docker_host());
        let wrong = cli.login(registry.host(), "alice", "pl4nted-wrong").await.refused();
        assert_discreet("who logs in", &wrong);
        cli.login(registry.host(), "alice", password).await.ok();
        cli.run(&["pull", &registry.reference("priv/app:v1")]).await.ok();
    }
    for name in ["alice:pl4nted-in-url@127.0.0.1:1/app", "https://alice:pl4nted-in-url@127.0.0.1:1/app"] {
        let refused = system.engine().pull(name, "v1").await;
        assert_ne!(refused.status, 200);
    }
}

/// Identity tokens, tokens of the caller's own, and those that a token endpoint gives.
async fn tokens(system: &System, registry: &ScriptedRegistry) {
    registry.push("team/app", "v1", &fixtures::images::Image::docker("tokens"));
    registry.require_bearer([("alice", "pl4nted-for-token")]);
    registry.accept_identity_token("pl4nted-identity");
    registry.accept_token("pl4nted-given");
    registry.token_answer(json!({ "refresh_token": "pl4nted-refresh" }));
    let image = format!("{}/team/app", registry.host());
    for auth in [
        json!({ "username": "alice", "password": "pl4nted-for-token" }),
        json!({ "username": "alice", "password": "pl4nted-mistaken" }),
        json!({ "identitytoken": "pl4nted-identity" }),
        json!({ "identitytoken": "pl4nted-ended" }),
        json!({ "registrytoken": "pl4nted-given" }),
        json!({ "registrytoken": "pl4nted-revoked" }),
    ] {
        assert_discreet("who pulls", &pull(system, &image, &auth).await);
    }
    let echo = Reply::error(401, "UNAUTHORIZED", "not with pl4nted-for-token");
    registry.always(Method::GET, "/v2/team/app/manifests/v2", echo);
    let auth = json!({ "username": "alice", "password": "pl4nted-for-token" });
    assert_discreet("who pulls", &pull(system, &image.replace("/app", "/app:v2"), &auth).await);
}

async fn pull(system: &System, image: &str, auth: &Value) -> String {
    let auth = BASE64_STANDARD.encode(auth.to_string()).replace('+', "-").replace('/', "_");
    let request = Request::post(format!("/images/create?fromImage={image}&tag=v1"));
    let request = request.header("X-Registry-Auth", auth).body(Bytes::new()).unwrap();
    system.engine().send(request).await.text()
}

/// Variables of an image, which its owner may see and nobody else is shown.
async fn images(system: &System) {
    let mut recipe = Recipe::plain("secretive");
    recipe.config["config"]["Env"] = json!(["DB_PASSWORD=pl4nted-env", "TOKEN=pl4nted-token-env"]);
    recipe.config["history"] = json!([{ "created_by": "ENV DB_PASSWORD=pl4nted-history" }]);
    let archive = Archive::docker(&[(&recipe, &["secretive:1"])]);
    assert_eq!(system.engine().load(archive.tar()).await.status, 200);
    let cli = DockerCli::new(&system.docker_host());
    let shown = cli.run(&["image", "inspect", "secretive:1"]).await.ok();
    assert!(shown.contains("pl4nted-env"), "its owner sees it: {shown}");
    assert_discreet("who asks for another", &cli.run(&["image", "inspect", "secretive:2"]).await.refused());
}

/// Keys for AWS, and the password that it gives.
async fn ecr(system: &System, aws: &ScriptedRegistry) {
    let password = BASE64_STANDARD.encode("AWS:pl4nted-ecr-password");
    let answer = json!({ "authorizationData": [{
        "authorizationToken": password,
        "expiresAt": 4_102_444_800_u64,
        "proxyEndpoint": "https://123456789012.dkr.ecr.eu-central-1.amazonaws.com",
    }] });
    aws.next(Method::POST, "/", Reply::json(200, &answer));
    let mut auth = AuthServiceClient::new(system.channel().await);
    auth.get_authorization_token(GetAuthorizationTokenRequest::default()).await.unwrap();
    let refused = json!({ "__type": "InvalidSignatureException", "message": "no" });
    aws.always(Method::POST, "/", Reply::json(400, &refused));
    let elsewhere =
        imageservice_proto::ecr::v1::Registry { region: "us-east-1".into(), ..Default::default() };
    let request = GetAuthorizationTokenRequest { registry: Some(elsewhere) };
    let refused = auth.get_authorization_token(request).await.unwrap_err();
    assert_discreet("who asks for a password", &format!("{refused:?}"));
}

/// What somebody shows the service itself.
async fn callers(system: &System) {
    let mut request = tonic::Request::new(InfoRequest {});
    request.metadata_mut().insert("authorization", "Bearer pl4nted-caller".parse().unwrap());
    let answer = SystemClient::new(system.channel().await).info(request).await;
    assert_discreet("who calls", &format!("{answer:?}"));
}
