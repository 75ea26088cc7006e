//! Uploads in pieces: their order, their state, their end.

use fixtures::images::sha256;
use futures_util::stream;

use crate::stage::{Reply, Stage, read};

/// Sends a chunk, with a `Content-Range` unless that is empty.
async fn patch(stage: &Stage, location: &str, range: &str, chunk: &'static str) -> Reply {
    let mut request = stage.request("PATCH", location).body(chunk);
    if !range.is_empty() {
        request = request.header("content-range", range);
    }
    read(request).await
}

async fn complete(stage: &Stage, location: &str, whole: &str) -> Reply {
    read(stage.request("PUT", &format!("{location}?digest={}", sha256(whole.as_bytes())))).await
}

#[tokio::test]
async fn an_upload_that_was_never_begun_is_unknown() {
    let stage = Stage::start().await;
    let elsewhere = stage.begin_upload("other").await.replace("/other/", "/app/");
    stage.push_blob("app", "x").await;
    let digest = sha256(b"x");
    for location in [
        elsewhere.as_str(),
        "/v2/app/blobs/uploads/00000000-0000-4000-8000-000000000000",
        "/v2/app/blobs/uploads/..%2f..%2flock",
        "/v2/app/blobs/uploads/nonsense",
    ] {
        for method in ["GET", "PATCH", "PUT", "DELETE"] {
            let path = format!("{location}?digest={digest}");
            let status = stage.ask(method, &path).await.status;
            assert!(status == 404 || status == 400, "{method} {location}: {status}");
        }
    }
    stage.get(&elsewhere).await.refused(404, "BLOB_UPLOAD_UNKNOWN");
}

#[tokio::test]
async fn a_chunk_out_of_order_is_refused_and_changes_nothing() {
    let stage = Stage::start().await;
    let location = stage.begin_upload("app").await;
    patch(&stage, &location, "1-3", "abc").await.refused(416, "BLOB_UPLOAD_INVALID");
    patch(&stage, &location, "0-2", "abc").await.expect(202);
    for range in ["0-2", "2-4", "4-6"] {
        let refused = patch(&stage, &location, range, "def").await.refused(416, "BLOB_UPLOAD_INVALID");
        assert_eq!((refused.header("range"), refused.header("location")), ("0-2", location.as_str()));
    }
    patch(&stage, &location, "3-5", "def").await.expect(202);
    complete(&stage, &location, "abcdef").await.expect(201);
}

#[tokio::test]
async fn a_chunk_of_another_length_than_announced_is_refused() {
    let stage = Stage::start().await;
    let location = stage.begin_upload("app").await;
    patch(&stage, &location, "0-4", "abc").await.refused(400, "SIZE_INVALID");
    for range in ["x", "3", "5-2", "-1"] {
        patch(&stage, &location, range, "abc").await.refused(400, "BLOB_UPLOAD_INVALID");
    }
    assert_eq!(stage.get(&location).await.expect(204).header("range"), "0-0");
}

/// A body without a length shows its length only at its end.
#[tokio::test]
async fn a_streamed_chunk_of_another_length_than_announced_is_refused() {
    let stage = Stage::start().await;
    for range in ["0-1", "0-9"] {
        let location = stage.begin_upload("app").await;
        let pieces = stream::iter(["ab", "cd"].map(Ok::<_, std::io::Error>));
        let request = stage.request("PATCH", &location).header("content-range", range);
        read(request.body(reqwest::Body::wrap_stream(pieces))).await.refused(400, "SIZE_INVALID");
    }
}

#[tokio::test]
async fn chunks_are_put_together_and_the_state_says_how_far() {
    let stage = Stage::start().await;
    let location = stage.begin_upload("app").await;
    assert_eq!(stage.get(&location).await.expect(204).header("range"), "0-0");
    let reply = patch(&stage, &location, "0-2", "abc").await.expect(202);
    assert_eq!((reply.header("range"), reply.header("location")), ("0-2", location.as_str()));
    let reply = patch(&stage, &location, "bytes 3-5/9", "def").await.expect(202);
    assert_eq!(reply.header("range"), "0-5");
    let state = stage.get(&location).await.expect(204);
    assert_eq!((state.header("range"), state.header("location")), ("0-5", location.as_str()));
    let digest = sha256(b"abcdefghi");
    let last = stage.request("PUT", &format!("{location}?digest={digest}")).header("content-range", "6-8");
    read(last.body("ghi")).await.expect(201);
    assert_eq!(&stage.get(&format!("/v2/app/blobs/{digest}")).await.expect(200).body[..], b"abcdefghi");
}

#[tokio::test]
async fn a_stream_without_a_length_is_taken() {
    let stage = Stage::start().await;
    let location = stage.begin_upload("app").await;
    let pieces = stream::iter(["ab", "cd", "ef"].map(Ok::<_, std::io::Error>));
    let request = stage.request("PATCH", &location).body(reqwest::Body::wrap_stream(pieces));
    assert_eq!(read(request).await.expect(202).header("range"), "0-5");
    complete(&stage, &location, "abcdef").await.expect(201);
}

#[tokio::test]
async fn an_upload_that_was_cancelled_is_gone() {
    let stage = Stage::start().await;
    let location = stage.begin_upload("app").await;
    patch(&stage, &location, "", "abc").await.expect(202);
    stage.ask("DELETE", &location).await.expect(204);
    for method in ["GET", "DELETE", "PATCH"] {
        stage.ask(method, &location).await.refused(404, "BLOB_UPLOAD_UNKNOWN");
    }
    assert_eq!(std::fs::read_dir(stage.data_dir().join("uploads")).unwrap().count(), 0);
}

#[tokio::test]
async fn an_upload_goes_on_after_a_restart() {
    let mut stage = Stage::start().await;
    let location = stage.begin_upload("app").await;
    patch(&stage, &location, "0-2", "abc").await.expect(202);
    stage.restart(|builder| builder).await;
    assert_eq!(stage.get(&location).await.expect(204).header("range"), "0-2");
    patch(&stage, &location, "0-2", "abc").await.refused(416, "BLOB_UPLOAD_INVALID");
    patch(&stage, &location, "3-5", "def").await.expect(202);
    complete(&stage, &location, "abcdef").await.expect(201);
}

#[tokio::test]
async fn two_cannot_write_to_one_upload_at_once() {
    let stage = Stage::start().await;
    let location = stage.begin_upload("app").await;
    let (sender, receiver) = tokio::sync::mpsc::channel::<std::io::Result<Vec<u8>>>(1);
    let first = stage.request("PATCH", &location);
    let body = reqwest::Body::wrap_stream(tokio_stream::wrappers::ReceiverStream::new(receiver));
    let first = tokio::spawn(read(first.body(body)));
    // More than is held back before it is written: once that shows, the first is writing.
    sender.send(Ok(vec![b'a'; 1024 * 1024])).await.unwrap();
    fixtures::process::until("the first chunk is being written", async || {
        let state = stage.get(&location).await.expect(204);
        (state.header("range") != "0-0").then_some(())
    })
    .await;
    patch(&stage, &location, "", "abc").await.refused(409, "BLOB_UPLOAD_INVALID");
    drop(sender);
    assert_eq!(first.await.unwrap().expect(202).header("range"), "0-1048575");
}
