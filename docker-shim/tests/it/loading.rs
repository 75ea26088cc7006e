//! Loads: when the answer begins, what it tells, and how it ends.

use std::time::Duration;

use docker_shim::config::LoadAnswers;
use imageservice_proto::v1::{
    ImageLoaded, ImageRenamed, LayerRead, LoadEvent, LoadWarning, load_event::Event,
};
use tokio::net::UnixStream;

use crate::{
    canned::failure,
    client::{Reply, ask, ask_with, read_until, send},
    stage::Stage,
};

const ARCHIVE: &[u8] = b"an archive";

/// Lines leave as soon as something verified has come.
fn hasty() -> Stage {
    Stage::loading(LoadAnswers { held_for: Duration::ZERO, names_only: false })
}

fn event(event: Event) -> Result<LoadEvent, tonic::Status> {
    Ok(LoadEvent { event: Some(event) })
}

fn layer(diff_id: &str, size: i64, known: bool) -> Result<LoadEvent, tonic::Status> {
    event(Event::Layer(LayerRead { diff_id: diff_id.to_owned(), size, known }))
}

fn loaded(image_id: &str, references: &[&str]) -> Result<LoadEvent, tonic::Status> {
    let references = references.iter().map(|reference| (*reference).to_owned()).collect();
    let (image_id, pullable_reference) = (image_id.to_owned(), String::new());
    event(Event::Loaded(ImageLoaded { image_id, references, pullable_reference }))
}

fn warning(message: &str) -> Result<LoadEvent, tonic::Status> {
    event(Event::Warning(LoadWarning { message: message.to_owned() }))
}

/// The answer to a load that the service answers with these events.
async fn load(stage: &Stage, line: &str, events: Vec<Result<LoadEvent, tonic::Status>>) -> Reply {
    let answering = stage.canned.load.answer();
    for event in events {
        answering.send(event).await.unwrap();
    }
    drop(answering);
    ask_with(&stage.socket(), line, &["Content-Type: application/x-tar"], ARCHIVE).await
}

#[tokio::test]
async fn an_archive_that_is_broken_is_a_500_with_a_length() {
    let stage = Stage::new();
    let events = vec![layer("sha256:aa", 1, false), Err(failure("ARCHIVE_INVALID"))];
    let reply = load(&stage, "POST /v1.44/images/load?quiet=0", events).await;
    assert_eq!((reply.status, reply.message().as_str()), (500, "text of ARCHIVE_INVALID"));
    assert_eq!(reply.header("Content-Type"), Some("application/json"));
    assert!(reply.header("Content-Length").is_some() && reply.header("Transfer-Encoding").is_none());
}

#[tokio::test]
async fn a_result_before_the_error_does_not_make_it_a_line_while_lines_are_held() {
    let stage = Stage::new();
    let events = vec![loaded("sha256:aa", &["a:1"]), Err(failure("ARCHIVE_INVALID"))];
    assert_eq!(load(&stage, "POST /images/load", events).await.status, 500);
}

#[tokio::test]
async fn the_reason_chooses_the_status_but_never_asks_for_a_login() {
    let stage = Stage::new();
    for (reason, status) in [
        ("PLATFORM_INVALID", 400),
        ("CONTENT_MISMATCH", 500),
        ("CREDENTIALS_REJECTED", 500),
        ("STORE_UNAVAILABLE", 503),
    ] {
        let reply = load(&stage, "POST /images/load", vec![Err(failure(reason))]).await;
        assert_eq!((reply.status, reply.message()), (status, format!("text of {reason}")));
    }
}

#[tokio::test]
async fn an_error_after_the_first_line_is_the_last_line() {
    let stage = hasty();
    let answering = stage.canned.load.answer();
    let mut client = UnixStream::connect(stage.socket()).await.unwrap();
    send(&mut client, "POST /images/load", &["Connection: close"], ARCHIVE).await;
    answering.send(loaded("sha256:aa", &["a:1"])).await.unwrap();
    read_until(&mut client, "Loaded image ID: sha256:aa").await;
    answering.send(Err(failure("ARCHIVE_INVALID"))).await.unwrap();
    let rest = read_until(&mut client, "\r\n0\r\n\r\n").await;
    assert!(
        rest.ends_with(
            "{\"errorDetail\":{\"message\":\"text of ARCHIVE_INVALID\"},\"error\":\"text of ARCHIVE_INVALID\"}\r\n\r\n0\r\n\r\n"
        ),
        "{rest}"
    );
}

#[tokio::test]
async fn a_warning_alone_does_not_begin_the_answer() {
    let stage = hasty();
    let events = vec![warning("hm"), Err(failure("ARCHIVE_INVALID"))];
    assert_eq!(load(&stage, "POST /images/load", events).await.status, 500);
}

#[tokio::test]
async fn layers_begin_the_answer_even_of_a_quiet_load() {
    let stage = hasty();
    let answering = stage.canned.load.answer();
    let mut client = UnixStream::connect(stage.socket()).await.unwrap();
    send(&mut client, "POST /images/load?quiet=1", &[], ARCHIVE).await;
    answering.send(layer("sha256:aa", 1, true)).await.unwrap();
    assert!(read_until(&mut client, "\r\n\r\n").await.starts_with("HTTP/1.1 200 "));
}

#[tokio::test]
async fn every_line_is_a_chunk_that_ends_in_crlf() {
    let stage = Stage::new();
    let events = vec![
        layer("sha256:c209fe17fd12aaaa", 2048, false),
        layer("sha256:ffffffffffffffff", 4096, true),
        event(Event::Renamed(ImageRenamed {
            reference: "two:1".to_owned(),
            previous_image_id: "sha256:bb".to_owned(),
        })),
        loaded("sha256:aa", &["two:1", "reg.example.com:5000/a/b/one:rel"]),
        loaded("sha256:cc", &[]),
        warning("nothing can run it"),
    ];
    let reply = load(&stage, "POST /v1.41/images/load?quiet=0", events).await;
    assert_eq!((reply.status, reply.header("Content-Type")), (200, Some("application/json")));
    let progress = format!(
        "{{\"status\":\"Loading layer\",\"progressDetail\":{{\"current\":2048,\"total\":2048}},\"progress\":\"[{}\\u003e]  2.048kB/2.048kB\",\"id\":\"c209fe17fd12\"}}\r\n",
        "=".repeat(50)
    );
    assert_eq!(
        reply.chunks,
        [
            progress.as_str(),
            progress.as_str(),
            "{\"stream\":\"The image two:1 already exists, renaming the old one with ID sha256:bb to empty string\\n\"}\r\n",
            "{\"stream\":\"Loaded image: two:1\\n\"}\r\n",
            "{\"stream\":\"Loaded image: reg.example.com:5000/a/b/one:rel\\n\"}\r\n",
            "{\"stream\":\"Loaded image ID: sha256:aa\\n\"}\r\n",
            "{\"stream\":\"Loaded image ID: sha256:cc\\n\"}\r\n",
            "{\"status\":\"WARNING: nothing can run it\"}\r\n",
        ]
    );
}

#[tokio::test]
async fn a_load_is_quiet_unless_told_otherwise() {
    let stage = Stage::new();
    for (query, lines) in [("", 1), ("?quiet=1", 1), ("?quiet=True", 1), ("?quiet=", 3), ("?quiet=false", 3)]
    {
        let events = vec![layer("sha256:aa", 1, false), loaded("sha256:aa", &[])];
        let reply = load(&stage, &format!("POST /images/load{query}"), events).await;
        assert_eq!(reply.chunks.len(), lines, "{query}");
        assert_eq!(reply.chunks.last().unwrap(), "{\"stream\":\"Loaded image ID: sha256:aa\\n\"}\r\n");
    }
}

#[tokio::test]
async fn ids_of_images_with_names_can_be_left_out() {
    let stage = Stage::loading(LoadAnswers { held_for: Duration::from_secs(3600), names_only: true });
    let events = vec![loaded("sha256:aa", &["a:1"]), loaded("sha256:bb", &[])];
    let reply = load(&stage, "POST /images/load", events).await;
    assert_eq!(
        reply.chunks,
        ["{\"stream\":\"Loaded image: a:1\\n\"}\r\n", "{\"stream\":\"Loaded image ID: sha256:bb\\n\"}\r\n"]
    );
}

#[tokio::test]
async fn a_load_of_nothing_is_an_empty_answer() {
    let stage = Stage::new();
    let reply = load(&stage, "POST /images/load", vec![]).await;
    assert_eq!((reply.status, reply.body().as_str()), (200, ""));
    assert_eq!(reply.header("Transfer-Encoding"), Some("chunked"));
}

#[tokio::test]
async fn a_platform_is_json_and_counts_for_newer_clients_only() {
    let stage = Stage::new();
    let query =
        "platform=%7B%22os%22%3A%22linux%22%2C%22architecture%22%3A%22arm64%22%2C%22variant%22%3A%22v8%22%7D";
    for (version, platform) in [("1.47", ""), ("1.48", "linux/arm64/v8")] {
        load(&stage, &format!("POST /v{version}/images/load?{query}"), vec![]).await;
        assert_eq!(stage.canned.load.ended().await.options.unwrap().platform, platform);
    }
    for (query, message) in [
        (format!("{query}&{query}"), "multiple platform parameters not supported"),
        ("platform=%7B%22os%22%3A%22linux%22%7D".to_owned(), "both OS and Architecture must be provided"),
    ] {
        let reply = ask(&stage.socket(), &format!("POST /v1.48/images/load?{query}")).await;
        assert_eq!((reply.status, reply.message().as_str()), (400, message));
    }
}
