//! Pulls: when lines begin, what they look like, and how they end.

use tokio::net::UnixStream;

use crate::{
    client::{ask, ask_with, read_until, send},
    stage::Stage,
};

#[tokio::test]
async fn every_line_is_a_chunk_that_ends_in_crlf() {
    let stage = Stage::new();
    let reply = ask(&stage.socket(), "POST /v1.44/images/create?fromImage=a&tag=1").await;
    assert_eq!((reply.status, reply.header("Content-Type")), (200, Some("application/json")));
    assert_eq!(
        reply.chunks,
        [
            "{\"status\":\"Pulling from library/a\",\"id\":\"1\"}\r\n",
            "{\"status\":\"Digest: sha256:dd\"}\r\n",
            "{\"status\":\"Status: Downloaded newer image for a\"}\r\n",
        ]
    );
}

#[tokio::test]
async fn the_request_reaches_the_service_whole() {
    let stage = Stage::new();
    let line = "POST /images/create?fromImage=docker.io%2Flibrary%2Fa&tag=sha256:ab&platform=linux%2Farm64";
    let auth = "X-Registry-Auth: eyJ1c2VybmFtZSI6ImFsaWNlIiwicGFzc3dvcmQiOiJzM2NyZXQifQ==";
    ask_with(&stage.socket(), line, &[auth], b"").await;
    let pulled = stage.canned.pulled.lock().unwrap().pop().unwrap();
    assert_eq!((pulled.reference.as_str(), pulled.tag.as_str()), ("docker.io/library/a", "sha256:ab"));
    assert_eq!((pulled.platform.as_str(), pulled.all_tags), ("linux/arm64", true));
    let auth = pulled.auth.unwrap();
    assert_eq!((auth.username.as_str(), auth.password.as_str()), ("alice", "s3cret"));
}

#[tokio::test]
async fn an_error_after_the_first_line_is_the_last_line() {
    let stage = Stage::new();
    let reply = ask(&stage.socket(), "POST /images/create?fromImage=late/REGISTRY_UNAVAILABLE&tag=1").await;
    assert_eq!(reply.status, 200);
    assert_eq!(
        reply.chunks[1..],
        [
            "{\"errorDetail\":{\"message\":\"text of REGISTRY_UNAVAILABLE\"},\"error\":\"text of REGISTRY_UNAVAILABLE\"}\r\n"
        ]
    );
}

#[tokio::test]
async fn a_client_that_leaves_before_the_first_line_cancels_the_pull() {
    let stage = Stage::new();
    let mut client = UnixStream::connect(stage.socket()).await.unwrap();
    send(&mut client, "POST /images/create?fromImage=hang&tag=1", &[], b"").await;
    stage.canned.hanging.notified().await;
    drop(client);
    stage.canned.dropped.notified().await;
}

#[tokio::test]
async fn a_client_that_leaves_between_lines_cancels_the_pull() {
    let stage = Stage::new();
    let mut client = UnixStream::connect(stage.socket()).await.unwrap();
    send(&mut client, "POST /images/create?fromImage=stall&tag=1", &[], b"").await;
    read_until(&mut client, "Pulling from").await;
    stage.canned.hanging.notified().await;
    drop(client);
    stage.canned.dropped.notified().await;
}

#[tokio::test]
async fn a_client_that_leaves_after_a_long_body_cancels_the_pull_too() {
    let stage = Stage::new();
    let mut client = UnixStream::connect(stage.socket()).await.unwrap();
    send(&mut client, "POST /images/create?fromImage=hang&tag=1", &[], &[b' '; 128 * 1024]).await;
    stage.canned.hanging.notified().await;
    drop(client);
    stage.canned.dropped.notified().await;
}
