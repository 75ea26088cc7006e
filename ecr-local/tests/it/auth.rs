//! Who is let in, and for what.

use std::time::Duration;

use ecr_local::Challenge;
use fixtures::images::Image;
use reqwest::RequestBuilder;
use serde_json::Value;

use crate::stage::{Reply, Stage, read};

async fn closed(challenge: Challenge) -> Stage {
    Stage::with(|builder| builder.user("alice", "s3cret".into()).challenge(challenge)).await
}

async fn token(stage: &Stage, scopes: &str) -> String {
    let request = stage.request("GET", &format!("/token?service=ecr-local{scopes}"));
    let reply = read(request.basic_auth("alice", Some("s3cret"))).await.expect(200);
    reply.json()["token"].as_str().unwrap().to_owned()
}

async fn with_token(request: RequestBuilder, token: &str) -> Reply {
    read(request.bearer_auth(token)).await
}

#[tokio::test]
async fn without_a_password_nothing_is_to_be_had() {
    let stage = closed(Challenge::Basic).await;
    for (method, path) in [
        ("GET", "/v2/"),
        ("GET", "/v2/_catalog"),
        ("GET", "/v2/app/tags/list"),
        ("HEAD", "/v2/app/manifests/v1"),
        ("POST", "/v2/app/blobs/uploads/"),
    ] {
        let reply = stage.ask(method, path).await.expect(401);
        assert_eq!(reply.header("www-authenticate"), "Basic realm=\"ecr-local\"", "{method} {path}");
    }
    stage.get("/v2/").await.refused(401, "UNAUTHORIZED");
    for (user, password) in [("alice", "wrong"), ("bob", "s3cret"), ("alice", ""), ("", "")] {
        read(stage.request("GET", "/v2/").basic_auth(user, Some(password)))
            .await
            .refused(401, "UNAUTHORIZED");
    }
    read(stage.request("GET", "/v2/").header("authorization", "Basic ???"))
        .await
        .refused(401, "UNAUTHORIZED");
}

#[tokio::test]
async fn a_body_is_not_taken_from_somebody_who_is_not_let_in() {
    let stage = closed(Challenge::Basic).await;
    let manifest = Image::oci("one").manifest;
    stage.put_manifest("app", "v1", &manifest).await.refused(401, "UNAUTHORIZED");
    let request = stage.request("GET", "/v2/_catalog").basic_auth("alice", Some("s3cret"));
    assert_eq!(read(request).await.expect(200).json()["repositories"], Value::Array(Vec::new()));
}

#[tokio::test]
async fn the_challenge_names_the_realm_and_the_scope_that_are_needed() {
    let stage = closed(Challenge::Bearer).await;
    let (realm, digest) = (
        format!("Bearer realm=\"http://{}/token\",service=\"ecr-local\"", stage.host()),
        fixtures::images::sha256(b"x"),
    );
    for (method, path, scope) in [
        ("GET", "/v2/".to_owned(), ""),
        ("GET", "/v2/_catalog".to_owned(), ",scope=\"registry:catalog:*\""),
        ("GET", "/v2/team/app/manifests/v1".to_owned(), ",scope=\"repository:team/app:pull\""),
        ("PUT", "/v2/team/app/manifests/v1".to_owned(), ",scope=\"repository:team/app:pull,push\""),
        ("DELETE", "/v2/team/app/manifests/v1".to_owned(), ",scope=\"repository:team/app:delete\""),
        (
            "POST",
            format!("/v2/team/app/blobs/uploads/?mount={digest}&from=base"),
            ",scope=\"repository:team/app:pull,push repository:base:pull\"",
        ),
        (
            "POST",
            format!("/v2/team/app/blobs/uploads/?mount={digest}&from=%22x"),
            ",scope=\"repository:team/app:pull,push\"",
        ),
    ] {
        let reply = stage.ask(method, &path).await.expect(401);
        assert_eq!(reply.header("www-authenticate"), format!("{realm}{scope}"), "{method} {path}");
    }
}

#[tokio::test]
async fn tokens_are_for_those_with_a_password() {
    let stage = closed(Challenge::Bearer).await;
    let form = |text: &'static str| {
        let request = stage.request("POST", "/token").body(text);
        request.header("content-type", "application/x-www-form-urlencoded")
    };
    for request in [
        stage.request("GET", "/token?scope=repository:app:pull"),
        stage.request("GET", "/token").basic_auth("alice", Some("wrong")),
        form(""),
        form("grant_type=password&username=alice&password=wrong"),
        form("grant_type=refresh_token&refresh_token=x.y"),
    ] {
        read(request).await.refused(401, "UNAUTHORIZED");
    }
    let refused = stage.ask("PUT", "/token").await.refused(405, "UNSUPPORTED");
    assert_eq!(refused.header("allow"), "GET, POST");
}

#[tokio::test]
async fn a_token_is_for_its_scope_alone() {
    let stage = closed(Challenge::Bearer).await;
    let pull = token(&stage, "&scope=repository:app:pull").await;
    let push = token(&stage, "&scope=repository:app:pull,push&scope=repository:other:pull").await;
    with_token(stage.request("GET", "/v2/"), &pull).await.expect(200);
    let begin = |name: &str| stage.request("POST", &format!("/v2/{name}/blobs/uploads/"));
    let refused = with_token(begin("app"), &pull).await.refused(401, "UNAUTHORIZED");
    assert!(refused.header("www-authenticate").ends_with(",error=\"insufficient_scope\""));
    with_token(begin("app"), &push).await.expect(202);
    with_token(begin("other"), &push).await.refused(401, "UNAUTHORIZED");
    with_token(stage.request("GET", "/v2/app/tags/list"), &pull).await.expect(200);
    with_token(stage.request("DELETE", "/v2/app/manifests/v1"), &push).await.refused(401, "UNAUTHORIZED");
    with_token(stage.request("GET", "/v2/_catalog"), &push).await.refused(401, "UNAUTHORIZED");
    let forged = format!("{}x", pull);
    with_token(stage.request("GET", "/v2/"), &forged).await.refused(401, "UNAUTHORIZED");
}

#[tokio::test]
async fn a_blob_is_mounted_only_from_where_the_token_reads() {
    let stage = closed(Challenge::Bearer).await;
    let own = token(&stage, "&scope=repository:source:pull,push").await;
    let digest = fixtures::images::sha256(b"held");
    let post = stage.request("POST", &format!("/v2/source/blobs/uploads/?digest={digest}")).body("held");
    with_token(post, &own).await.expect(201);
    let narrow = token(&stage, "&scope=repository:app:pull,push").await;
    let wide = token(&stage, "&scope=repository:app:pull,push%20repository:source:pull").await;
    for (query, token, status) in
        [("&from=source", &narrow, 202), ("", &narrow, 202), ("&from=source", &wide, 201)]
    {
        let path = format!("/v2/app/blobs/uploads/?mount={digest}{query}");
        with_token(stage.request("POST", &path), token).await.expect(status);
    }
}

#[tokio::test]
async fn a_token_expires() {
    let stage =
        Stage::with(|builder| builder.user("alice", "s3cret".into()).token_lifetime(Duration::ZERO)).await;
    let expired = token(&stage, "").await;
    with_token(stage.request("GET", "/v2/"), &expired).await.refused(401, "UNAUTHORIZED");
}

#[tokio::test]
async fn a_refresh_token_gets_tokens_even_after_a_restart() {
    let mut stage = closed(Challenge::Bearer).await;
    let form = "grant_type=password&service=ecr-local&client_id=x&access_type=offline&username=alice&password=s3cret";
    let issued = read(stage.request("POST", "/token").body(form)).await.expect(200);
    assert_eq!(issued.header("cache-control"), "no-store");
    let issued = issued.json();
    assert_eq!((&issued["expires_in"], issued["issued_at"].is_string()), (&300.into(), true));
    let refresh = issued["refresh_token"].as_str().unwrap();
    with_token(stage.request("GET", "/v2/"), refresh).await.refused(401, "UNAUTHORIZED");
    stage.restart(|builder| builder.user("alice", "other".into())).await;
    let form = format!("grant_type=refresh_token&scope=registry:catalog:*&refresh_token={refresh}");
    let issued = read(stage.request("POST", "/token").body(form)).await.expect(200).json();
    with_token(stage.request("GET", "/v2/_catalog"), issued["access_token"].as_str().unwrap())
        .await
        .expect(200);
    stage.restart(|builder| builder.user("bob", "b".into())).await;
    let form = format!("grant_type=refresh_token&refresh_token={refresh}");
    read(stage.request("POST", "/token").body(form)).await.refused(401, "UNAUTHORIZED");
}
