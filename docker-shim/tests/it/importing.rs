//! Imports: what is asked of the service, and that the answer is an ID or an error.

use imageservice_proto::v1::{
    ImageLoaded, ImportEvent, ImportOptions, LayerRead, LoadWarning, import_event::Event,
};
use tokio::{io::AsyncWriteExt, net::UnixStream};

use crate::{
    canned::failure,
    client::{Reply, ask, ask_with, send},
    stage::Stage,
};

const ROOT: &[u8] = b"a root file system";

fn event(event: Event) -> Result<ImportEvent, tonic::Status> {
    Ok(ImportEvent { event: Some(event) })
}

fn layer() -> Result<ImportEvent, tonic::Status> {
    event(Event::Layer(LayerRead { diff_id: "sha256:bb".to_owned(), size: 7, known: false }))
}

fn loaded() -> Result<ImportEvent, tonic::Status> {
    event(Event::Loaded(ImageLoaded { image_id: "sha256:aa".to_owned(), ..ImageLoaded::default() }))
}

async fn import(stage: &Stage, query: &str, events: Vec<Result<ImportEvent, tonic::Status>>) -> Reply {
    let answering = stage.canned.import.answer();
    for event in events {
        answering.send(event).await.unwrap();
    }
    drop(answering);
    ask_with(&stage.socket(), &format!("POST /v1.41/images/create?{query}"), &[], ROOT).await
}

#[tokio::test]
async fn an_error_is_an_http_error_however_late_it_comes() {
    let stage = Stage::new();
    for (reason, status) in [
        ("ARGUMENT_INVALID", 400),
        ("REFERENCE_INVALID", 400),
        ("PLATFORM_INVALID", 400),
        ("ARCHIVE_INVALID", 500),
        ("CREDENTIALS_REJECTED", 500),
    ] {
        let reply = import(&stage, "fromSrc=-", vec![layer(), Err(failure(reason))]).await;
        assert_eq!((reply.status, reply.message()), (status, format!("text of {reason}")));
        assert!(reply.header("Content-Length").is_some());
    }
}

#[tokio::test]
async fn an_import_that_ends_without_an_image_is_an_error() {
    let stage = Stage::new();
    let reply = import(&stage, "fromSrc=-", vec![layer()]).await;
    assert_eq!(reply.status, 500);
}

#[tokio::test]
async fn urls_are_not_fetched_and_the_remedy_is_named() {
    let stage = Stage::new();
    for source in ["http://files.example/a.tar", "files.example/a.tar"] {
        let reply = ask(&stage.socket(), &format!("POST /images/create?fromSrc={source}&repo=a")).await;
        assert_eq!(reply.status, 501);
        assert!(reply.message().contains("not supported") && reply.message().ends_with("with fromSrc=-"));
    }
    let reply = ask(&stage.socket(), "POST /v1.41/images/create").await;
    assert_eq!(
        (reply.status, reply.message().as_str()),
        (500, "Get \"http:\": http: no Host in request URL")
    );
}

#[tokio::test]
async fn a_client_that_leaves_in_the_middle_of_its_body_makes_the_call_fail() {
    let stage = Stage::new();
    let _answering = stage.canned.import.answer_late();
    let mut client = UnixStream::connect(stage.socket()).await.unwrap();
    send(&mut client, "POST /images/create?fromSrc=-", &["Content-Length: 3000000"], b"").await;
    client.write_all(&[7; 1_500_000]).await.unwrap();
    stage.canned.import.taken(|taken| !taken.chunks.is_empty()).await;
    drop(client);
    assert!(matches!(stage.canned.import.ended().await.end, Some(Err(_))));
}

#[tokio::test]
async fn the_answer_is_the_id_alone() {
    let stage = Stage::new();
    let warning = event(Event::Warning(LoadWarning { message: "nothing can run it".to_owned() }));
    let reply = import(&stage, "fromSrc=-&repo=busy&tag=1", vec![layer(), loaded(), warning]).await;
    assert_eq!((reply.status, reply.header("Content-Type")), (200, Some("application/json")));
    assert_eq!(reply.chunks, ["{\"status\":\"sha256:aa\"}\r\n"]);
}

#[tokio::test]
async fn the_request_reaches_the_service_whole() {
    let stage = Stage::new();
    let query = "fromSrc=-&repo=busy:x&tag=1&message=hi&changes=ENV%20A=b&changes=CMD%20%5B%22sh%22%5D&platform=linux/arm64/v8";
    import(&stage, query, vec![loaded()]).await;
    let taken = stage.canned.import.ended().await;
    let expected = ImportOptions {
        repository: "busy:x".to_owned(),
        tag: "1".to_owned(),
        platform: "linux/arm64/v8".to_owned(),
        message: "hi".to_owned(),
        changes: vec!["ENV A=b".to_owned(), "CMD [\"sh\"]".to_owned()],
    };
    assert_eq!((taken.options.unwrap(), taken.bytes.as_slice(), taken.end), (expected, ROOT, Some(Ok(()))));
}

#[tokio::test]
async fn platforms_are_ignored_below_1_32() {
    let stage = Stage::new();
    for (version, platform) in [("1.31", ""), ("1.32", "linux/arm64")] {
        drop(stage.canned.import.answer());
        let line = format!("POST /v{version}/images/create?fromSrc=-&platform=linux/arm64");
        ask_with(&stage.socket(), &line, &[], ROOT).await;
        let taken = stage.canned.import.taken(|taken| taken.options.is_some()).await;
        assert_eq!(taken.options.unwrap().platform, platform);
        ask(
            &stage.socket(),
            &format!("POST /v{version}/images/create?fromImage=a&tag=1&platform=linux/arm64"),
        )
        .await;
        assert_eq!(stage.canned.pulled.lock().unwrap().pop().unwrap().platform, platform);
    }
}
