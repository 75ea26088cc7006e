use std::{fs, process::Command};

use fixtures::{peers::Recipe, process::Process, system::System};
use imageservice_proto::v1::SearchRequest;
use tonic::Code;

use super::world::{ON_DEMAND, index, like_image, like_text, load, reason, search};

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_looked_for_is_refused_and_says_why() {
    let system = System::with_config(ON_DEMAND).await;
    load(&system, &[(&Recipe::plain("app"), &["app:1"])]).await;
    let text = || like_text("app");
    for (request, code, expected, why) in [
        (SearchRequest::default(), Code::InvalidArgument, "ARGUMENT_INVALID", "neither an image nor a text"),
        (like_text(""), Code::InvalidArgument, "ARGUMENT_INVALID", "no word"),
        (like_text(" -- "), Code::InvalidArgument, "ARGUMENT_INVALID", "no word"),
        (like_text(&"word ".repeat(820)), Code::InvalidArgument, "ARGUMENT_INVALID", "4096 bytes"),
        (like_image("NOPE"), Code::InvalidArgument, "REFERENCE_INVALID", "must be lowercase"),
        (like_image("nope:1"), Code::NotFound, "IMAGE_NOT_FOUND", "No such image: nope:1"),
        (like_image("app:1"), Code::FailedPrecondition, "IMAGE_NOT_INDEXED", "app:1 is not indexed"),
        (SearchRequest { limit: -1, ..text() }, Code::InvalidArgument, "ARGUMENT_INVALID", "1 to 100"),
        (SearchRequest { limit: 101, ..text() }, Code::InvalidArgument, "ARGUMENT_INVALID", "1 to 100"),
        (
            SearchRequest { minimum_score: f32::NAN, ..text() },
            Code::InvalidArgument,
            "ARGUMENT_INVALID",
            "minimum score",
        ),
        (
            SearchRequest { minimum_score: 1.5, ..text() },
            Code::InvalidArgument,
            "ARGUMENT_INVALID",
            "minimum score",
        ),
        (
            SearchRequest { platform: "a/b/c/d".into(), ..text() },
            Code::InvalidArgument,
            "PLATFORM_INVALID",
            "a/b/c/d",
        ),
        (
            SearchRequest { shares_layers_with: "nope:1".into(), ..text() },
            Code::NotFound,
            "IMAGE_NOT_FOUND",
            "No such image: nope:1",
        ),
    ] {
        let asked = format!("{request:?}");
        let status = search(&system, request).await.unwrap_err();
        assert_eq!((status.code(), reason(&status).as_str()), (code, expected), "{asked}: {status:?}");
        assert!(status.message().contains(why), "{asked}: {}", status.message());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_that_is_not_there_cannot_be_indexed() {
    let system = System::with_config(ON_DEMAND).await;
    let status = index(&system, "nope:1").await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::NotFound, "IMAGE_NOT_FOUND"));
    let status = index(&system, "NOPE").await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::InvalidArgument, "REFERENCE_INVALID"));
}

#[tokio::test]
async fn a_key_that_cannot_be_read_is_told_by_the_configuration_check() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config.toml");
    let similarity = "embedder = 'http'\nendpoint = 'https://example.com/v1/embeddings'\nmodel = 'm'\n\
         dimensions = 16\napi_key_file = '/no/key'\n";
    fs::write(&file, format!("[similarity]\n{similarity}")).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_image-service"));
    let command = command.args(["config", "check", "--config"]).arg(&file);
    let checked = Process::start("check", "cargo build", command);
    checked.line("similarity.api_key_file /no/key").await;
}
