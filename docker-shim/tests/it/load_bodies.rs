//! The bodies of loads: whole ones, torn ones, and those that one side is too slow or too quick for.

use std::{future::pending, path::Path, time::Duration};

use docker_shim::{
    config::{Limits, LoadAnswers},
    server::Server,
    upstream::{AuthFiles, ServiceAddress, Upstream},
};
use futures_util::FutureExt;
use imageservice_proto::v1::{ImageLoaded, LoadEvent, load_event::Event};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::UnixStream,
};

use crate::{
    client::{ask_with, read_until, send},
    stage::{Stage, start_service},
};

fn loaded() -> Result<LoadEvent, tonic::Status> {
    let image = ImageLoaded { image_id: "sha256:aa".to_owned(), ..ImageLoaded::default() };
    Ok(LoadEvent { event: Some(Event::Loaded(image)) })
}

#[tokio::test]
async fn a_body_without_a_length_arrives_whole_in_large_chunks() {
    let stage = Stage::new();
    let answering = stage.canned.load.answer();
    let mut client = UnixStream::connect(stage.socket()).await.unwrap();
    send(&mut client, "POST /images/load", &["Transfer-Encoding: chunked", "Connection: close"], b"").await;
    let part: Vec<u8> = (0..32 * 1024_u32).map(|index| index.to_le_bytes()[0]).collect();
    let sent = tokio::spawn({
        let part = part.clone();
        async move {
            for _ in 0..64 {
                client.write_all(b"8000\r\n").await.unwrap();
                client.write_all(&part).await.unwrap();
                client.write_all(b"\r\n").await.unwrap();
            }
            client.write_all(b"0\r\n\r\n").await.unwrap();
            client
        }
    });
    let taken = stage.canned.load.ended().await;
    assert_eq!(taken.end, Some(Ok(())));
    assert!(taken.bytes == part.repeat(64));
    let (_, whole) = taken.chunks.split_last().unwrap();
    assert!(whole.iter().all(|size| (256 * 1024..=1024 * 1024).contains(size)), "{:?}", taken.chunks);
    drop(answering);
    read_until(&mut sent.await.unwrap(), "\r\n0\r\n\r\n").await;
}

#[tokio::test]
async fn a_service_that_reads_slowly_slows_its_client_down() {
    const PART: usize = 64 * 1024;
    const ALL: usize = 64 * 1024 * 1024;
    let stage = Stage::new();
    let answering = stage.canned.load.answer();
    let go_on = stage.canned.load.hold();
    let mut client = UnixStream::connect(stage.socket()).await.unwrap();
    send(&mut client, "POST /images/load", &[&format!("Content-Length: {ALL}"), "Connection: close"], b"")
        .await;
    let (progress, written) = tokio::sync::watch::channel(0);
    let sent = tokio::spawn(async move {
        for part in 0..ALL / PART {
            client.write_all(&[7; PART]).await.unwrap();
            progress.send(part + 1).unwrap();
        }
        client
    });
    let mut before = 0;
    for quiet in std::iter::repeat_with(|| 0..5000) {
        for _ in quiet {
            tokio::task::yield_now().await;
        }
        if std::mem::replace(&mut before, *written.borrow()) == *written.borrow() {
            break;
        }
    }
    assert!(before * PART < ALL / 4, "{before} parts are held");
    go_on.notify_one();
    let taken = stage.canned.load.ended().await;
    assert_eq!((taken.end, taken.bytes.len()), (Some(Ok(())), ALL));
    drop(answering);
    read_until(&mut sent.await.unwrap(), "\r\n0\r\n\r\n").await;
}

#[tokio::test]
async fn a_body_goes_on_after_the_answer_has_begun() {
    let stage = Stage::loading(LoadAnswers { held_for: Duration::ZERO, names_only: false });
    let answering = stage.canned.load.answer();
    let mut client = UnixStream::connect(stage.socket()).await.unwrap();
    let length = format!("Content-Length: {}", 16 * 1024 * 1024);
    send(&mut client, "POST /images/load", &[&length, "Connection: close"], b"").await;
    answering.send(loaded()).await.unwrap();
    read_until(&mut client, "Loaded image ID: sha256:aa").await;
    client.write_all(&vec![7; 16 * 1024 * 1024]).await.unwrap();
    let taken = stage.canned.load.ended().await;
    assert_eq!((taken.end, taken.bytes.len()), (Some(Ok(())), 16 * 1024 * 1024));
    answering.send(loaded()).await.unwrap();
    drop(answering);
    assert!(read_until(&mut client, "\r\n0\r\n\r\n").await.contains("Loaded image ID: sha256:aa"));
}

/// A body that ends before its length is reached.
async fn torn(socket: &Path) -> UnixStream {
    let mut client = UnixStream::connect(socket).await.unwrap();
    send(&mut client, "POST /images/load", &["Content-Length: 3000000"], b"").await;
    client.write_all(&[7; 1_500_000]).await.unwrap();
    client
}

#[tokio::test]
async fn a_client_that_leaves_in_the_middle_of_its_body_makes_the_call_fail() {
    for late in [false, true] {
        let stage = Stage::new();
        let _answering = if late { stage.canned.load.answer_late() } else { stage.canned.load.answer() };
        let client = torn(&stage.socket()).await;
        stage.canned.load.taken(|taken| !taken.chunks.is_empty()).await;
        drop(client);
        assert!(matches!(stage.canned.load.ended().await.end, Some(Err(_))), "late: {late}");
    }
}

#[tokio::test]
async fn a_client_that_leaves_after_the_first_line_makes_the_call_fail_too() {
    let stage = Stage::loading(LoadAnswers { held_for: Duration::ZERO, names_only: false });
    let answering = stage.canned.load.answer();
    let mut client = torn(&stage.socket()).await;
    answering.send(loaded()).await.unwrap();
    read_until(&mut client, "Loaded image ID").await;
    drop(client);
    assert!(matches!(stage.canned.load.ended().await.end, Some(Err(_))));
}

#[tokio::test]
async fn a_chunked_body_without_its_end_makes_the_call_fail() {
    let stage = Stage::new();
    let _answering = stage.canned.load.answer();
    let mut client = UnixStream::connect(stage.socket()).await.unwrap();
    send(&mut client, "POST /images/load", &["Transfer-Encoding: chunked"], b"").await;
    client.write_all(b"5\r\nhello\r\n").await.unwrap();
    client.shutdown().await.unwrap();
    assert!(matches!(stage.canned.load.ended().await.end, Some(Err(_))));
}

#[tokio::test]
async fn a_shim_that_dies_in_the_middle_makes_the_call_fail() {
    let stage = Stage::new();
    let _answering = stage.canned.load.answer();
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("docker.sock");
    let machine = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    {
        let _inside = machine.enter();
        let upstream =
            Upstream::new(ServiceAddress::Unix(stage.service_socket()), AuthFiles::default()).unwrap();
        let loads = LoadAnswers { held_for: Duration::ZERO, names_only: false };
        let bound = Server::bind(&socket, upstream, loads, Limits::default()).now_or_never();
        machine.spawn(bound.unwrap().unwrap().run(pending(), pending()));
    }
    let _client = torn(&socket).await;
    stage.canned.load.taken(|taken| !taken.chunks.is_empty()).await;
    machine.shutdown_background();
    assert!(matches!(stage.canned.load.ended().await.end, Some(Err(_))));
}

#[tokio::test]
async fn a_service_that_dies_in_the_middle_is_named() {
    let stage = Stage::new();
    let machine = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let _service = {
        let _inside = machine.enter();
        start_service(&stage.service_socket(), stage.canned.clone())
    };
    let _answering = stage.canned.load.answer();
    let mut client = torn(&stage.socket()).await;
    stage.canned.load.taken(|taken| !taken.chunks.is_empty()).await;
    machine.shutdown_background();
    client.write_all(&[7; 1_500_000]).await.unwrap();
    let reply = read_until(&mut client, "\"}\n").await;
    assert!(
        reply.starts_with("HTTP/1.1 503 ") && reply.contains("Cannot reach the image service"),
        "{reply}"
    );
}

#[tokio::test]
async fn a_service_that_is_not_there_is_named() {
    let mut stage = Stage::new();
    stage.service.stop();
    std::fs::remove_file(stage.service_socket()).unwrap();
    let reply = ask_with(&stage.socket(), "POST /images/load", &[], &[7; 600_000]).await;
    assert_eq!(reply.status, 503);
    assert!(reply.message().starts_with("Cannot reach the image service at unix://"), "{}", reply.message());
}

#[tokio::test]
async fn a_service_that_has_enough_ends_the_load_and_the_rest_is_read_away() {
    let stage = Stage::new();
    let answering = stage.canned.load.answer();
    let _never = stage.canned.load.hold();
    answering.send(loaded()).await.unwrap();
    drop(answering);
    let mut client = UnixStream::connect(stage.socket()).await.unwrap();
    send(&mut client, "POST /images/load", &[], &[0; 8 * 1024 * 1024]).await;
    assert!(read_until(&mut client, "\r\n0\r\n\r\n").await.contains("Loaded image ID: sha256:aa"));
    send(&mut client, "GET /_ping", &[], b"").await;
    assert!(read_until(&mut client, "\r\n\r\nOK").await.starts_with("HTTP/1.1 200 "));
}

#[tokio::test]
async fn a_client_that_asks_before_it_uploads_is_let_in() {
    let stage = Stage::new();
    let answering = stage.canned.load.answer();
    drop(answering);
    let mut client = UnixStream::connect(stage.socket()).await.unwrap();
    let headers = ["Content-Length: 10", "Expect: 100-continue", "Connection: close"];
    send(&mut client, "POST /images/load", &headers, b"").await;
    read_until(&mut client, "100 Continue\r\n\r\n").await;
    client.write_all(b"an archive").await.unwrap();
    let mut answer = String::new();
    client.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
}

#[tokio::test]
async fn a_client_that_leaves_while_nothing_is_told_yet_ends_the_call() {
    let stage = Stage::new();
    let answering = stage.canned.load.answer();
    let mut client = UnixStream::connect(stage.socket()).await.unwrap();
    send(&mut client, "POST /images/load", &[], b"an archive").await;
    assert_eq!(stage.canned.load.ended().await.end, Some(Ok(())));
    drop(client);
    answering.closed().await;
}
