//! AuthService.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use imageservice_proto::ecr::v1::{
    GetAuthorizationTokenRequest, GetLoginCommandRequest, RefreshTokenRequest, Registry,
};
use serde_json::{Value, json};

use super::{
    script,
    world::{ACCOUNT, World, reason},
};

const ENDPOINT: &str = "https://123456789012.dkr.ecr.eu-central-1.amazonaws.com";

fn token(password: &str, endpoint: &str) -> Value {
    json!({ "authorizationData": [{
        "authorizationToken": BASE64_STANDARD.encode(format!("AWS:{password}")),
        "expiresAt": 4_000_000_000_u32,
        "proxyEndpoint": endpoint,
    }] })
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_cannot_bring_a_command_of_its_own() {
    for endpoint in ["", "https://h; rm -rf /", "https://h$(id)", "https://h\nid"] {
        let world = World::scripted("").await;
        script::next(world.script(), &token("p", endpoint));
        let login = world.auth().get_login_command(GetLoginCommandRequest::default()).await;
        assert_eq!(reason(login), "ANSWER_INVALID", "{endpoint}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_is_told_with_its_reason() {
    let world = World::scripted("").await;
    script::refuse(world.script(), "AccessDeniedException");
    let answer = world.auth().get_authorization_token(GetAuthorizationTokenRequest::default()).await;
    assert_eq!(reason(answer), "ACCESS_DENIED");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_kept_until_a_new_one_is_asked_for() {
    let world = World::scripted("").await;
    let mut auth = world.auth();
    script::next(world.script(), &token("one", ENDPOINT));
    script::next(world.script(), &token("two", ENDPOINT));
    let get = GetAuthorizationTokenRequest::default();
    let first = auth.get_authorization_token(get.clone()).await.unwrap().into_inner();
    assert_eq!(first.authorization_token, BASE64_STANDARD.encode("AWS:one"));
    assert_eq!(first.expires_at.unwrap().seconds, 4_000_000_000);
    assert_eq!(first.proxy_endpoint, ENDPOINT);
    let again = auth.get_authorization_token(get.clone()).await.unwrap().into_inner();
    assert_eq!(again.authorization_token, first.authorization_token);
    let renewed = auth.refresh_token(RefreshTokenRequest::default()).await.unwrap().into_inner();
    assert_eq!(renewed.authorization_token, BASE64_STANDARD.encode("AWS:two"));
    let after = auth.get_authorization_token(get).await.unwrap().into_inner();
    assert_eq!(after.authorization_token, renewed.authorization_token);
    assert_eq!(script::operations(world.script()), ["GetAuthorizationToken", "GetAuthorizationToken"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_login_names_the_registry_that_was_meant() {
    let world = World::scripted("").await;
    script::next(world.script(), &token("pa:ss", ENDPOINT));
    let registry = Registry { registry_id: "999999999999".into(), ..Default::default() };
    let login = GetLoginCommandRequest { registry: Some(registry) };
    let login = world.auth().get_login_command(login).await.unwrap().into_inner();
    let other = ENDPOINT.replace(ACCOUNT, "999999999999");
    assert_eq!(login.command, format!("docker login --username AWS --password-stdin {other}"));
    let credentials = login.credentials.unwrap();
    assert_eq!((credentials.password.as_str(), credentials.registry), ("pa:ss", other));
}
