//! Requests with bodies: read whole, read away, or refused.

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::UnixStream,
};

use crate::{
    client::{ask_with, read_until, send},
    stage::Stage,
};

#[tokio::test]
async fn a_refused_upload_is_read_to_its_end_and_the_connection_lives() {
    let stage = Stage::new();
    let mut client = UnixStream::connect(stage.socket()).await.unwrap();
    let archive = vec![0_u8; 8 * 1024 * 1024];
    send(&mut client, "POST /v1.44/images/load", &["Content-Type: application/x-tar"], &archive).await;
    assert!(read_until(&mut client, "text of UNSUPPORTED").await.starts_with("HTTP/1.1 501 "));
    send(&mut client, "GET /_ping", &[], b"").await;
    assert!(read_until(&mut client, "\r\n\r\nOK").await.starts_with("HTTP/1.1 200 "));
}

#[tokio::test]
async fn a_client_that_asks_before_it_uploads_is_refused_at_once() {
    let stage = Stage::new();
    let mut client = UnixStream::connect(stage.socket()).await.unwrap();
    let head =
        "POST /build HTTP/1.1\r\nHost: docker\r\nContent-Length: 3000000\r\nExpect: 100-continue\r\n\r\n";
    client.write_all(head.as_bytes()).await.unwrap();
    let mut answer = String::new();
    client.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 501 "), "{answer}");
}

#[tokio::test]
async fn an_upload_that_was_let_in_is_read_to_its_end_even_if_it_is_too_large() {
    let stage = Stage::new();
    let mut client = UnixStream::connect(stage.socket()).await.unwrap();
    let body = vec![b' '; 8 * 1024 * 1024];
    let head = format!(
        "POST /auth HTTP/1.1\r\nHost: docker\r\nContent-Length: {}\r\nExpect: 100-continue\r\n\r\n",
        body.len()
    );
    client.write_all(head.as_bytes()).await.unwrap();
    read_until(&mut client, "100 Continue\r\n\r\n").await;
    client.write_all(&body).await.unwrap();
    assert!(read_until(&mut client, "larger than").await.starts_with("HTTP/1.1 413 "));
    send(&mut client, "GET /_ping", &[], b"").await;
    assert!(read_until(&mut client, "\r\n\r\nOK").await.starts_with("HTTP/1.1 200 "));
}

#[tokio::test]
async fn a_login_is_checked_by_the_service() {
    let stage = Stage::new();
    let body = br#"{"username":"alice","Password":"s3cret","serveraddress":"127.0.0.1:5001","email":null}"#;
    let reply = ask_with(&stage.socket(), "POST /v1.44/auth", &[], body).await;
    assert_eq!(
        (reply.status, reply.body().as_str()),
        (200, "{\"IdentityToken\":\"\",\"Status\":\"Login Succeeded\"}\n")
    );
    let checked = stage.canned.checked.lock().unwrap().pop().unwrap();
    assert_eq!(checked.registry, "127.0.0.1:5001");
    assert_eq!(checked.auth.unwrap().password, "s3cret");
}

#[tokio::test]
async fn a_rejected_login_is_a_401_for_every_client() {
    let stage = Stage::new();
    let body = br#"{"serveraddress":"fail/CREDENTIALS_REJECTED"}"#;
    let agent = "User-Agent: Docker-Client/28.2.2 (linux)";
    let reply = ask_with(&stage.socket(), "POST /auth", &[agent], body).await;
    assert_eq!((reply.status, reply.message().as_str()), (401, "text of CREDENTIALS_REJECTED"));
}

#[tokio::test]
async fn a_login_that_cannot_be_read_is_refused() {
    let stage = Stage::new();
    for body in ["{bad", "", "[1]"] {
        let reply = ask_with(&stage.socket(), "POST /auth", &[], body.as_bytes()).await;
        assert_eq!(reply.status, 400, "{body}");
        assert!(reply.message().starts_with("invalid X-Registry-Auth header: invalid JSON: "), "{body}");
    }
    let large = format!(r#"{{"password":"{}"}}"#, "x".repeat(70_000));
    assert_eq!(ask_with(&stage.socket(), "POST /auth", &[], large.as_bytes()).await.status, 413);
    assert!(stage.canned.checked.lock().unwrap().is_empty());
}
