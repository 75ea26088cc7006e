//! Clients that misbehave or take up more than their share, and the end of the server.

use std::time::Duration;

use ecr_local::AdminAccess;
use fixtures::{images::sha256, process::until};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::stage::{Stage, read};

const SOON: Duration = Duration::from_millis(200);

/// A client that has asked, and reads no more of the answer than its first bytes.
async fn asking(stage: &Stage, path: &str) -> TcpStream {
    let mut stream = TcpStream::connect(stage.running().address()).await.unwrap();
    let head = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut begun = [0; 15];
    stream.read_exact(&mut begun).await.unwrap();
    assert_eq!(&begun, b"HTTP/1.1 200 OK");
    stream
}

/// Waits until there is a place for one more client.
async fn served(stage: &Stage) {
    let question = b"GET /v2/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    until("there is a place", async || raw(stage, question).await.starts_with("HTTP/1.1 200 ").then_some(()))
        .await;
}

/// Sends raw bytes and reads until the server closes.
async fn raw(stage: &Stage, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(stage.running().address()).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn bad_clients_are_answered_or_dropped_and_others_are_served() {
    let stage = Stage::start().await;
    let mut silent = Vec::new();
    for _ in 0..50 {
        silent.push(TcpStream::connect(stage.running().address()).await.unwrap());
    }
    for bytes in [&b"\x16\x03\x01\x02\x00\x01"[..], b"nonsense\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n"] {
        let answer = raw(&stage, bytes).await;
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 400 "), "{answer}");
    }
    let long = format!("GET /v2/{} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "a".repeat(1_000_000));
    let answer = raw(&stage, long.as_bytes()).await;
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{answer}");
    stage.get("/v2/").await.expect(200);
}

#[tokio::test]
async fn a_client_too_many_is_told_so_in_the_words_of_both_planes_and_the_next_one_has_its_place() {
    let stage = Stage::with(|builder| builder.connections(2).admin(Some(AdminAccess::Local))).await;
    let held = (asking(&stage, "/v2/").await, asking(&stage, "/_ecr-local/history").await);
    for path in ["/v2/", "/_ecr-local/history"] {
        let refused = stage.get(path).await.expect(503);
        assert_eq!(refused.header("retry-after"), "1");
        let told = refused.json();
        assert_eq!(told["errors"][0]["code"], "TOOMANYREQUESTS");
        assert_eq!(told["errors"][0]["message"], told["message"], "{told}");
    }
    drop(held);
    served(&stage).await;
}

#[tokio::test]
async fn a_client_that_says_nothing_or_nothing_more_gives_its_place_up() {
    let stage = Stage::with(|builder| builder.connections(2).head_time(SOON)).await;
    let _silent = TcpStream::connect(stage.running().address()).await.unwrap();
    let _rests = asking(&stage, "/v2/").await;
    served(&stage).await;
}

#[tokio::test]
async fn a_client_that_does_not_take_its_answer_gives_its_place_up_and_gets_no_more_of_it() {
    let stage = Stage::with(|builder| builder.connections(1).stall_time(SOON).head_time(SOON)).await;
    let size = 32 << 20;
    let digest = stage.push_blob("app", vec![7; size]).await;
    let mut stalled = until("the connection of the push has rested for too long", async || {
        let mut stream = TcpStream::connect(stage.running().address()).await.unwrap();
        let head = format!("GET /v2/app/blobs/{digest} HTTP/1.1\r\nHost: x\r\n\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut begun = [0; 15];
        stream.read_exact(&mut begun).await.ok()?;
        (&begun == b"HTTP/1.1 200 OK").then_some(stream)
    })
    .await;
    served(&stage).await;
    let mut taken = Vec::new();
    // One that is reset has ended too.
    let _ = stalled.read_to_end(&mut taken).await;
    assert!(taken.len() < size, "{}", taken.len());
}

#[tokio::test]
async fn what_came_before_a_client_left_is_kept() {
    let stage = Stage::start().await;
    let location = stage.begin_upload("app").await;
    let head = format!("PATCH {location} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nabc");
    let mut stream = TcpStream::connect(stage.running().address()).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    drop(stream);
    until("the bytes are there", async || {
        (stage.get(&location).await.expect(204).header("range") == "0-2").then_some(())
    })
    .await;
    let patch = stage.request("PATCH", &location).header("content-range", "3-5").body("def");
    until("the next chunk is taken", async || {
        let reply = read(patch.try_clone().unwrap()).await;
        (reply.status == 202).then_some(())
    })
    .await;
    read(stage.request("PUT", &format!("{location}?digest={}", sha256(b"abcdef")))).await.expect(201);
}

#[tokio::test]
async fn a_client_that_sends_much_in_vain_reads_why() {
    let stage = Stage::start().await;
    stage.push_blob("app", "x").await;
    let path = "/v2/app/blobs/uploads/00000000-0000-4000-8000-000000000000";
    let request = stage.request("PATCH", path).body(vec![0; 20 * 1024 * 1024]);
    read(request).await.refused(404, "BLOB_UPLOAD_UNKNOWN");
}

#[tokio::test]
async fn a_client_that_waits_for_leave_gets_it_only_for_what_is_wanted() {
    let stage = Stage::start().await;
    let location = stage.begin_upload("app").await;
    let digest = sha256(b"abc");
    let head = |path: &str| {
        format!(
            "PUT {path}?digest={digest} HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n"
        )
    };
    let refused = raw(&stage, head("/v2/app/blobs/uploads/nonsense").as_bytes()).await;
    assert!(refused.starts_with("HTTP/1.1 404 "), "{refused}");
    let mut stream = TcpStream::connect(stage.running().address()).await.unwrap();
    stream.write_all(head(&location).as_bytes()).await.unwrap();
    let mut leave = [0; 25];
    stream.read_exact(&mut leave).await.unwrap();
    assert_eq!(&leave, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(b"abc").await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 201 "), "{answer}");
}

#[tokio::test]
async fn the_end_waits_for_running_requests_and_not_for_idle_clients() {
    let mut stage = Stage::start().await;
    let location = stage.begin_upload("app").await;
    let idle = TcpStream::connect(stage.running().address()).await.unwrap();
    let (sender, receiver) = tokio::sync::mpsc::channel::<std::io::Result<&str>>(1);
    let body = reqwest::Body::wrap_stream(tokio_stream::wrappers::ReceiverStream::new(receiver));
    let request = tokio::spawn(read(stage.request("PATCH", &location).body(body)));
    sender.send(Ok("abc")).await.unwrap();
    let finishing = tokio::spawn(async move {
        sender.send(Ok("def")).await.unwrap();
    });
    finishing.await.unwrap();
    assert_eq!(request.await.unwrap().expect(202).header("range"), "0-5");
    stage.restart(|builder| builder).await;
    assert_eq!(stage.get(&location).await.expect(204).header("range"), "0-5");
    drop(idle);
}
