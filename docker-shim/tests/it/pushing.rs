//! Pushes: credentials, lines, and errors in both places.

use tokio::net::UnixStream;

use crate::{
    canned::{DIGEST, image},
    client::{ask, ask_with, read_until, send},
    stage::Stage,
};

const ALICE: &str = "X-Registry-Auth: eyJ1c2VybmFtZSI6ImFsaWNlIiwicGFzc3dvcmQiOiJzM2NyZXQifQ==";

#[tokio::test]
async fn an_error_before_the_first_line_is_an_http_error() {
    let stage = Stage::new();
    for (agent, reason, status) in [
        ("curl/7", "REFERENCE_INVALID", 400),
        ("curl/7", "STORE_UNAVAILABLE", 503),
        ("Docker-Client/28.2.2 (linux)", "CREDENTIALS_REJECTED", 500),
    ] {
        let line = format!("POST /images/fail/{reason}/push?tag=1");
        let reply = ask_with(&stage.socket(), &line, &[ALICE, &format!("User-Agent: {agent}")], b"").await;
        assert_eq!((reply.status, reply.message()), (status, format!("text of {reason}")));
    }
}

#[tokio::test]
async fn an_error_after_the_first_line_is_the_last_line() {
    let stage = Stage::new();
    let reply =
        ask_with(&stage.socket(), "POST /images/late/CREDENTIALS_REJECTED/push?tag=1", &[ALICE], b"").await;
    assert_eq!(reply.status, 200);
    assert_eq!(
        reply.chunks,
        [
            "{\"status\":\"The push refers to repository [late/CREDENTIALS_REJECTED]\"}\r\n",
            "{\"errorDetail\":{\"message\":\"text of CREDENTIALS_REJECTED\"},\"error\":\"text of CREDENTIALS_REJECTED\"}\r\n",
        ]
    );
}

#[tokio::test]
async fn a_client_that_leaves_cancels_the_push() {
    let stage = Stage::new();
    let mut client = UnixStream::connect(stage.socket()).await.unwrap();
    send(&mut client, "POST /images/stall/push?tag=1", &[ALICE], &[b' '; 128 * 1024]).await;
    read_until(&mut client, "The push refers to").await;
    stage.canned.hanging.notified().await;
    drop(client);
    stage.canned.dropped.notified().await;
}

#[tokio::test]
async fn every_state_of_a_layer_is_told_as_dockerd_tells_it() {
    let stage = Stage::new();
    let reply =
        ask_with(&stage.socket(), "POST /v1.41/images/127.0.0.1:5000/team/app/push?tag=v1", &[ALICE], b"")
            .await;
    assert_eq!((reply.status, reply.header("Content-Type")), (200, Some("application/json")));
    let (some, none, all) = ("=".repeat(4), " ".repeat(46), "=".repeat(50));
    let lines = [
        "{\"status\":\"The push refers to repository [127.0.0.1:5000/team/app]\"}".to_owned(),
        "{\"status\":\"Preparing\",\"progressDetail\":{},\"id\":\"9fd1caa1fb41\"}".to_owned(),
        "{\"status\":\"Waiting\",\"progressDetail\":{},\"id\":\"c209fe17fd12\"}".to_owned(),
        format!(
            "{{\"status\":\"Pushing\",\"progressDetail\":{{\"current\":35328,\"total\":405270}},\"progress\":\"[{some}\\u003e{none}]  35.33kB/405.3kB\",\"id\":\"9fd1caa1fb41\"}}"
        ),
        format!(
            "{{\"status\":\"Pushing\",\"progressDetail\":{{\"current\":409600,\"total\":405270}},\"progress\":\"[{all}\\u003e]  409.6kB\",\"id\":\"9fd1caa1fb41\"}}"
        ),
        "{\"status\":\"Pushed\",\"progressDetail\":{},\"id\":\"9fd1caa1fb41\"}".to_owned(),
        "{\"status\":\"Layer already exists\",\"progressDetail\":{},\"id\":\"c209fe17fd12\"}".to_owned(),
        "{\"status\":\"Mounted from team/app\",\"progressDetail\":{},\"id\":\"208d750d8885\"}".to_owned(),
        format!("{{\"status\":\"v1: digest: {DIGEST} size: 526\"}}"),
        format!(
            "{{\"progressDetail\":{{}},\"aux\":{{\"Tag\":\"v1\",\"Digest\":\"{DIGEST}\",\"Size\":526}}}}"
        ),
    ];
    assert_eq!(reply.chunks, lines.map(|line| format!("{line}\r\n")));
}

#[tokio::test]
async fn a_credential_is_in_the_header_or_in_the_body_or_nowhere() {
    let stage = Stage::new();
    let body = br#"{"username":"bob","password":"s3cret"}"#.as_slice();
    for (headers, body, user) in [
        (&[ALICE][..], &b""[..], Some("alice")),
        (&[ALICE], body, Some("alice")),
        (&["X-Registry-Auth: e30="], body, None),
        (&["X-Registry-Auth: !"], body, None),
        (&[], body, Some("bob")),
        (&[], b"{}", None),
        (&[], b"", None),
    ] {
        let reply = ask_with(&stage.socket(), "POST /images/h:5000/push/push?tag=1", headers, body).await;
        assert_eq!(reply.status, 200);
        let pushed = stage.canned.pushed.lock().unwrap().pop().unwrap();
        assert_eq!((pushed.repository.as_str(), pushed.tag.as_str()), ("h:5000/push", "1"));
        assert_eq!(pushed.auth.map(|auth| auth.username).as_deref(), user, "{headers:?} {body:?}");
    }
}

#[tokio::test]
async fn a_body_that_cannot_be_read_is_refused_without_a_header() {
    let stage = Stage::new();
    let reply = ask_with(&stage.socket(), "POST /images/a/push", &[], b"nonsense").await;
    assert_eq!(reply.status, 400);
    assert!(
        reply.message().starts_with("Bad parameters and missing X-Registry-Auth: "),
        "{}",
        reply.message()
    );
    assert!(stage.canned.pushed.lock().unwrap().is_empty());
}

#[tokio::test]
async fn without_a_tag_all_are_meant() {
    let stage = Stage::new();
    ask(&stage.socket(), "POST /images/127.0.0.1:5000%2Fteam%2Fapp/push").await;
    let pushed = stage.canned.pushed.lock().unwrap().pop().unwrap();
    assert_eq!((pushed.repository.as_str(), pushed.tag.as_str()), ("127.0.0.1:5000/team/app", ""));
}

#[tokio::test]
async fn an_image_of_another_platform_is_not_pushed() {
    let stage = Stage::new();
    stage.canned.put("a:1", "1", image(r#"{"os":"linux","architecture":"amd64"}"#));
    let query = "tag=1&platform=%7B%22os%22%3A%22linux%22%2C%22architecture%22%3A%22arm64%22%7D";
    assert_eq!(ask(&stage.socket(), &format!("POST /v1.46/images/a/push?{query}")).await.status, 404);
    assert!(stage.canned.pushed.lock().unwrap().is_empty());
    assert_eq!(ask(&stage.socket(), &format!("POST /v1.45/images/a/push?{query}")).await.status, 200);
}
