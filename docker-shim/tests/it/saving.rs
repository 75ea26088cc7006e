//! Saves: errors before the archive, archives that break off, and readers that are slow or gone.

use tokio::{io::AsyncReadExt, net::UnixStream};

use crate::{
    canned::image,
    client::{ask, read_until, send},
    stage::Stage,
};

#[tokio::test]
async fn an_error_before_the_archive_is_an_http_error() {
    let stage = Stage::new();
    for (line, status) in [
        ("GET /images/fail/IMAGE_NOT_FOUND/get", 404),
        ("GET /images/get?names=fail/IMAGE_NOT_FOUND", 404),
        ("GET /images/get?names=fail/REFERENCE_INVALID&names=a", 400),
        ("GET /images/fail/LAYERS_UNAVAILABLE/get", 500),
        ("GET /images/fail/CREDENTIALS_REJECTED/get", 500),
    ] {
        let reply = ask(&stage.socket(), line).await;
        assert_eq!(reply.status, status, "{line}");
        assert!(reply.message().starts_with("text of "));
        assert_eq!(reply.header("Content-Type"), Some("application/json"));
    }
}

#[tokio::test]
async fn an_archive_that_breaks_off_has_no_end() {
    let stage = Stage::new();
    let mut client = UnixStream::connect(stage.socket()).await.unwrap();
    send(&mut client, "GET /images/late/REGISTRY_UNAVAILABLE/get", &[], b"").await;
    let mut answer = String::new();
    client.read_to_string(&mut answer).await.unwrap();
    assert!(!answer.ends_with("0\r\n\r\n"), "{answer}");
}

#[tokio::test]
async fn archives_come_as_they_are() {
    let stage = Stage::new();
    for (line, names) in [
        ("GET /v1.41/images/get?names=two:1&names=one%3A1&names=a,b", "two:1 and one:1 and a,b"),
        ("GET /v1.41/images/127.0.0.1:5000/team/app:v1/get", "127.0.0.1:5000/team/app:v1"),
        ("GET /images/docker.io%2Flibrary%2Fa/get", "docker.io/library/a"),
        ("GET /images/get", ""),
    ] {
        let reply = ask(&stage.socket(), line).await;
        assert_eq!((reply.status, reply.header("Content-Type")), (200, Some("application/x-tar")));
        assert_eq!(reply.header("Transfer-Encoding"), Some("chunked"));
        assert_eq!(reply.body(), format!("archive of {names} and its end"), "{line}");
    }
}

#[tokio::test]
async fn a_reader_that_does_not_read_stops_the_archive_and_one_that_leaves_ends_it() {
    let stage = Stage::new();
    let mut client = UnixStream::connect(stage.socket()).await.unwrap();
    send(&mut client, "GET /images/endless/get", &[], b"").await;
    stage.canned.saved.subscribe().wait_for(|saved| *saved > 0).await.unwrap();
    let mut before = 0;
    loop {
        for _ in 0..5000 {
            tokio::task::yield_now().await;
        }
        let saved = *stage.canned.saved.borrow();
        if std::mem::replace(&mut before, saved) == saved {
            break;
        }
    }
    assert!(before * 256 * 1024 < 16 * 1024 * 1024, "{before} chunks are held");
    drop(client);
    stage.canned.dropped.notified().await;
}

#[tokio::test]
async fn an_image_of_another_platform_is_not_saved() {
    let stage = Stage::new();
    stage.canned.put("a", "1", image(r#"{"os":"linux","architecture":"amd64"}"#));
    let query = "platform=%7B%22os%22%3A%22linux%22%2C%22architecture%22%3A%22arm64%22%7D";
    let reply = ask(&stage.socket(), &format!("GET /v1.48/images/a/get?{query}")).await;
    assert_eq!(reply.status, 404);
    assert!(reply.message().contains("does not match the specified platform (linux/arm64)"));
    assert_eq!(ask(&stage.socket(), &format!("GET /v1.47/images/a/get?{query}")).await.status, 200);
    assert_eq!(ask(&stage.socket(), &format!("GET /v1.48/images/a/get?{query}&{query}")).await.status, 400);
}

#[tokio::test]
async fn others_are_served_while_an_archive_waits_for_its_reader() {
    let stage = Stage::new();
    stage.canned.put("a", "1", image("{}"));
    let mut clients = Vec::new();
    for _ in 0..8 {
        let mut client = UnixStream::connect(stage.socket()).await.unwrap();
        send(&mut client, "GET /images/endless/get", &[], b"").await;
        read_until_head(&mut client).await;
        clients.push(client);
    }
    for _ in 0..8 {
        assert_eq!(ask(&stage.socket(), "GET /images/a/json").await.status, 200);
    }
}

async fn read_until_head(client: &mut UnixStream) {
    read_until(client, "application/x-tar").await;
}
