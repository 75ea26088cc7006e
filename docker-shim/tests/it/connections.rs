//! Connections: bad ones, idle ones, and the end.

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::UnixStream,
};

use crate::{
    canned::image,
    client::{ask, read_until, send},
    stage::Stage,
};

#[tokio::test]
async fn a_client_that_speaks_no_http_disturbs_nobody() {
    let stage = Stage::new();
    let mut bad = UnixStream::connect(stage.socket()).await.unwrap();
    bad.write_all(b"\x16\x03\x01\x02\x00 not http\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    bad.read_to_end(&mut answer).await.unwrap();
    assert!(answer.is_empty() || answer.starts_with(b"HTTP/1.1 400 "));
    assert_eq!(ask(&stage.socket(), "GET /_ping").await.status, 200);
}

#[tokio::test]
async fn many_requests_use_one_connection() {
    let stage = Stage::new();
    stage.canned.put("a", "v1", image("{}"));
    let mut client = UnixStream::connect(stage.socket()).await.unwrap();
    for _ in 0..20 {
        send(&mut client, "GET /images/a/json", &[], b"").await;
        assert!(read_until(&mut client, "LastTagTime").await.starts_with("HTTP/1.1 200 "));
    }
}

#[tokio::test]
async fn a_client_that_has_said_all_still_gets_its_answer() {
    let stage = Stage::new();
    stage.canned.put("slow", "v1", image("{}"));
    let mut client = UnixStream::connect(stage.socket()).await.unwrap();
    send(&mut client, "GET /images/slow/json", &[], b"").await;
    client.shutdown().await.unwrap();
    stage.canned.hanging.notified().await;
    stage.canned.release.notify_one();
    assert!(read_until(&mut client, "LastTagTime").await.starts_with("HTTP/1.1 200 "));
}

#[tokio::test]
async fn a_running_request_is_finished_before_the_end() {
    let mut stage = Stage::new();
    stage.canned.put("slow", "v1", image("{}"));
    let mut client = UnixStream::connect(stage.socket()).await.unwrap();
    send(&mut client, "GET /images/slow/json", &[], b"").await;
    stage.canned.hanging.notified().await;
    let idle = UnixStream::connect(stage.socket()).await.unwrap();
    stage.shim.stop();
    while stage.socket().exists() {
        tokio::task::yield_now().await;
    }
    assert!(UnixStream::connect(stage.socket()).await.is_err());
    stage.canned.release.notify_one();
    assert!(read_until(&mut client, "LastTagTime").await.starts_with("HTTP/1.1 200 "));
    drop(idle);
    stage.shim.end().await;
}
