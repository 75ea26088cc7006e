//! Clients that take up more than their share of the socket: each is given up, and the others do not notice.

use std::{path::Path, time::Duration};

use docker_shim::config::Limits;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::UnixStream,
};

use crate::{
    client::{ask, read_until, send},
    stage::Stage,
};

const SOON: Duration = Duration::from_millis(200);

async fn connect(socket: &Path) -> UnixStream {
    UnixStream::connect(socket).await.unwrap()
}

/// All that comes until the server ends the connection.
async fn rest(stream: &mut UnixStream) -> String {
    let mut bytes = Vec::new();
    // One that is reset has ended too.
    let _ = stream.read_to_end(&mut bytes).await;
    String::from_utf8_lossy(&bytes).into_owned()
}

#[tokio::test]
async fn a_client_too_many_is_told_so_and_the_next_one_has_its_place() {
    let stage = Stage::limited(Limits { connections: 2, ..Limits::default() });
    let mut held = [connect(&stage.socket()).await, connect(&stage.socket()).await];
    for client in &mut held {
        send(client, "GET /_ping", &[], b"").await;
        read_until(client, "\r\n\r\nOK").await;
    }
    let refused = ask(&stage.socket(), "GET /_ping").await;
    assert_eq!((refused.status, refused.header("Retry-After")), (503, Some("1")));
    assert_eq!(refused.message(), "too many connections to this server: try again later");
    send(&mut held[0], "GET /_ping", &[], b"").await;
    read_until(&mut held[0], "\r\n\r\nOK").await;
    drop(held);
    while ask(&stage.socket(), "GET /_ping").await.status != 200 {}
}

#[tokio::test]
async fn a_head_that_does_not_come_to_its_end_is_given_up() {
    let stage = Stage::limited(Limits { head: SOON, ..Limits::default() });
    for sent in ["", "GET /_ping HTTP/1.1\r\nHost: docker\r\nX-Slow: "] {
        let mut client = connect(&stage.socket()).await;
        client.write_all(sent.as_bytes()).await.unwrap();
        let told = rest(&mut client).await;
        assert!(told.is_empty() || told.starts_with("HTTP/1.1 408 "), "{told}");
    }
    assert_eq!(ask(&stage.socket(), "GET /_ping").await.status, 200);
}

#[tokio::test]
async fn a_connection_that_rests_too_long_is_ended() {
    let stage = Stage::limited(Limits { head: SOON, ..Limits::default() });
    let mut client = connect(&stage.socket()).await;
    send(&mut client, "GET /_ping", &[], b"").await;
    assert!(rest(&mut client).await.starts_with("HTTP/1.1 200 "));
}

#[tokio::test]
async fn a_head_that_is_too_large_is_refused() {
    let stage = Stage::new();
    let many: Vec<_> = (0..200).map(|number| format!("X-{number}: x")).collect();
    let long = vec![format!("X-Long: {}", "x".repeat(1 << 20))];
    for headers in [many, long] {
        let mut client = connect(&stage.socket()).await;
        let head = format!("GET /_ping HTTP/1.1\r\nHost: docker\r\n{}\r\n\r\n", headers.join("\r\n"));
        // The answer comes before all of it is written.
        let _ = client.write_all(head.as_bytes()).await;
        let told = rest(&mut client).await;
        assert!(told.is_empty() || told.starts_with("HTTP/1.1 431 "), "{told}");
    }
    assert_eq!(ask(&stage.socket(), "GET /_ping").await.status, 200);
}

#[tokio::test]
async fn a_body_that_does_not_go_on_is_given_up() {
    let stage = Stage::limited(Limits { stall: SOON, ..Limits::default() });
    let mut client = connect(&stage.socket()).await;
    let head = ["Content-Type: application/json", "Content-Length: 100"];
    send(&mut client, "POST /auth", &head, b"").await;
    client.write_all(b"{\"username\":").await.unwrap();
    let told = read_until(&mut client, "did not arrive in time").await;
    assert!(told.starts_with("HTTP/1.1 408 "), "{told}");
}

#[tokio::test]
async fn an_archive_that_does_not_go_on_is_given_up_with_its_call() {
    let stage = Stage::limited(Limits { stall: SOON, ..Limits::default() });
    let _answering = stage.canned.load.answer();
    let mut client = connect(&stage.socket()).await;
    send(&mut client, "POST /images/load", &["Content-Length: 1000000"], b"").await;
    client.write_all(&[0; 1000]).await.unwrap();
    let told = rest(&mut client).await;
    assert!(told.starts_with("HTTP/1.1 408 ") || told.starts_with("HTTP/1.1 500 "), "{told}");
}

#[tokio::test]
async fn an_answer_that_is_not_taken_is_given_up_with_its_call() {
    let stage = Stage::limited(Limits { stall: SOON, ..Limits::default() });
    let mut client = connect(&stage.socket()).await;
    send(&mut client, "GET /images/endless/get", &[], b"").await;
    read_until(&mut client, "200 OK").await;
    stage.canned.dropped.notified().await;
    assert_eq!(ask(&stage.socket(), "GET /_ping").await.status, 200);
}

#[tokio::test]
async fn a_request_that_runs_too_long_does_not_keep_the_server_from_ending() {
    let mut stage = Stage::limited(Limits { drain: SOON, ..Limits::default() });
    stage.canned.put("slow", "v1", crate::canned::image("{}"));
    let mut client = connect(&stage.socket()).await;
    send(&mut client, "GET /images/slow/json", &[], b"").await;
    stage.canned.hanging.notified().await;
    stage.shim.stop();
    stage.shim.end().await;
}
