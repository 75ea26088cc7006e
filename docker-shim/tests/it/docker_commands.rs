//! The docker command line and docker-py on archives and pushes, against answers that no real service gives on demand.

use std::time::Duration;

use docker_shim::config::LoadAnswers;
use fixtures::{
    peers::DockerCli,
    tool::{Tool, pinned},
};
use imageservice_proto::v1::{
    ImageLoaded, ImportEvent, LayerRead, LoadEvent, LoadWarning, import_event, load_event::Event,
};

use crate::{canned::failure, stage::Stage};

fn clients(stage: &Stage) -> Vec<DockerCli> {
    DockerCli::all(&format!("unix://{}", stage.socket().display()))
}

fn image() -> ImageLoaded {
    ImageLoaded {
        image_id: "sha256:aa".to_owned(),
        references: vec!["a:1".to_owned()],
        ..ImageLoaded::default()
    }
}

async fn answer_load(stage: &Stage, events: Vec<Result<Event, tonic::Status>>) {
    let answering = stage.canned.load.answer();
    for event in events {
        answering.send(event.map(|event| LoadEvent { event: Some(event) })).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_load_shows_its_reason_whatever_its_size() {
    let stage = Stage::new();
    let archive = tempfile::NamedTempFile::new().unwrap();
    archive.as_file().set_len(64 * 1024 * 1024).unwrap();
    for cli in clients(&stage) {
        answer_load(&stage, vec![Err(failure("ARCHIVE_INVALID"))]).await;
        let refused = cli.run(&["load", "-i", archive.path().to_str().unwrap()]).await.refused();
        assert!(refused.contains("Error response from daemon: text of ARCHIVE_INVALID"), "{refused}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_load_prints_names_ids_and_warnings() {
    let stage = Stage::new();
    let archive = tempfile::NamedTempFile::new().unwrap();
    archive.as_file().set_len(8 * 1024 * 1024).unwrap();
    for cli in clients(&stage) {
        let layer = LayerRead { diff_id: format!("sha256:{}", "c".repeat(64)), size: 7, known: false };
        let warning = LoadWarning { message: "nothing can run it".to_owned() };
        let events = [Event::Layer(layer), Event::Loaded(image()), Event::Warning(warning)];
        answer_load(&stage, events.map(Ok).into()).await;
        let out = cli.run(&["load", "-i", archive.path().to_str().unwrap()]).await.ok();
        assert_eq!(out, "Loaded image: a:1\nLoaded image ID: sha256:aa\nWARNING: nothing can run it\n");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_prints_the_id_alone() {
    let stage = Stage::new();
    let root = tempfile::NamedTempFile::new().unwrap();
    root.as_file().set_len(1024 * 1024).unwrap();
    for cli in clients(&stage) {
        let answering = stage.canned.import.answer();
        let event = ImportEvent { event: Some(import_event::Event::Loaded(image())) };
        answering.send(Ok(event)).await.unwrap();
        drop(answering);
        let out = cli.run(&["import", "-c", "ENV A=b", root.path().to_str().unwrap(), "busy:1"]).await.ok();
        assert_eq!(out, "sha256:aa\n");
        let options = stage.canned.import.taken(|taken| taken.options.is_some()).await.options.unwrap();
        assert_eq!((options.repository.as_str(), options.changes), ("busy:1", vec!["ENV A=b".to_owned()]));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_save_is_whole_or_an_error() {
    let stage = Stage::new();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.tar");
    for cli in clients(&stage) {
        cli.run(&["save", "-o", file.to_str().unwrap(), "a:1", "b:1"]).await.ok();
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "archive of a:1 and b:1 and its end");
        cli.run(&["save", "-o", file.to_str().unwrap(), "late/REGISTRY_UNAVAILABLE"]).await.refused();
        let refused =
            cli.run(&["save", "-o", file.to_str().unwrap(), "fail/IMAGE_NOT_FOUND"]).await.refused();
        assert!(refused.contains("Error response from daemon: text of IMAGE_NOT_FOUND"), "{refused}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_prints_its_digest_and_fails_with_its_last_line() {
    let stage = Stage::new();
    for cli in clients(&stage) {
        let out = cli.run(&["push", "127.0.0.1:5000/team/app:v1"]).await.ok();
        assert!(out.starts_with("The push refers to repository [127.0.0.1:5000/team/app]\n"), "{out}");
        assert!(
            out.contains("208d750d8885: Mounted from team/app\n") && out.contains("v1: digest: sha256:"),
            "{out}"
        );
        let refused = cli.run(&["push", "late/credentials_rejected:v1"]).await.refused();
        assert!(refused.contains("text of CREDENTIALS_REJECTED"), "{refused}");
    }
}

/// It takes a chunked 500 for a success without images.
#[tokio::test(flavor = "multi_thread")]
async fn docker_py_sees_a_refused_load_and_finds_a_loaded_image() {
    const LOAD: &str = "
import docker, sys
client = docker.from_env()
try:
    print([image.id for image in client.images.load(b'an archive')])
except docker.errors.APIError as error:
    print(error.status_code, error.explanation)
";
    let stage = Stage::loading(LoadAnswers { held_for: Duration::from_secs(3600), names_only: true });
    stage.canned.put("a:1", "1", crate::canned::image("{}"));
    let load = || {
        let python = Tool::new(pinned("python/bin/python")).args(["-c", LOAD]);
        python.env("DOCKER_HOST", format!("unix://{}", stage.socket().display())).run()
    };
    answer_load(&stage, vec![Err(failure("ARCHIVE_INVALID"))]).await;
    assert_eq!(load().await.ok(), "500 text of ARCHIVE_INVALID\n");
    answer_load(&stage, vec![Ok(Event::Loaded(image()))]).await;
    assert_eq!(load().await.ok(), "['sha256:aa']\n");
}
