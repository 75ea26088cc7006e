//! Embedders over HTTP: what they are sent, and what happens when they do not do what they should.

use std::fs;

use fixtures::{
    peers::{EmbeddingServer, Manners, Recipe},
    process::until,
    system::System,
};
use tonic::Code;
use tonic_types::StatusExt;

use super::world::{found, index, indexed, like_text, load, reason, search};

#[tokio::test(flavor = "multi_thread")]
async fn an_embedder_that_misbehaves_is_unavailable_and_its_words_are_not_repeated() {
    let embedder = EmbeddingServer::start().await;
    let system = System::with_config(&embedder.config("")).await;
    let long = format!(r#"{{"data":[{}]}}"#, "0,".repeat(100_000));
    for (manners, code, why) in [
        (Manners::Status(500), Code::Unavailable, "HTTP status 500"),
        (Manners::Status(429), Code::Unavailable, "HTTP status 429"),
        (Manners::Status(401), Code::FailedPrecondition, "HTTP status 401"),
        (Manners::Status(307), Code::FailedPrecondition, "HTTP status 307"),
        (Manners::Status(400), Code::FailedPrecondition, "HTTP status 400"),
        (Manners::Body("hunter2".into()), Code::FailedPrecondition, "cannot be read"),
        (Manners::Body(r#"{"data":[]}"#.into()), Code::FailedPrecondition, "0 vectors for 1 documents"),
        (
            Manners::Body(r#"{"data":[{"embedding":[1,2]}]}"#.into()),
            Code::FailedPrecondition,
            "2 dimensions, similarity.dimensions is 64",
        ),
        (Manners::Body(long.into()), Code::FailedPrecondition, "more than"),
    ] {
        embedder.behave(manners);
        let status = search(&system, like_text("hunter2")).await.unwrap_err();
        assert_eq!((status.code(), reason(&status).as_str()), (code, "EMBEDDER_UNAVAILABLE"), "{status:?}");
        assert!(status.message().contains(why) && !status.message().contains("hunter2"), "{status:?}");
        assert_eq!(status.get_details_retry_info().is_some(), code == Code::Unavailable, "{why}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_embedder_that_is_not_there_is_unavailable_and_may_come() {
    let gone = EmbeddingServer::start().await.config("");
    let system = System::with_config(&gone).await;
    let status = search(&system, like_text("app")).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::Unavailable, "EMBEDDER_UNAVAILABLE"));
    assert!(status.message().contains("cannot be reached"), "{status:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_embedder_that_does_not_answer_is_not_waited_for_without_end() {
    let embedder = EmbeddingServer::start().await;
    let system = System::with_config(&embedder.config("timeout_seconds = 1")).await;
    embedder.behave(Manners::Silent);
    let status = search(&system, like_text("app")).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::Unavailable, "EMBEDDER_UNAVAILABLE"));
    assert!(status.message().contains("does not answer in time"), "{status:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_embedder_is_away_images_come_and_they_are_indexed_when_it_is_back() {
    let embedder = EmbeddingServer::start().await;
    let mut system = System::with_config(&embedder.config("enabled = true")).await;
    embedder.behave(Manners::Status(503));
    load(&system, &[(&Recipe::plain("one"), &["one:1"])]).await;
    system.service().line("images are not indexed").await;
    load(&system, &[(&Recipe::plain("two"), &["two:1"])]).await;
    embedder.behave(Manners::Honest);
    indexed(&system, 2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_embedder_is_silent_a_load_is_answered() {
    let embedder = EmbeddingServer::start().await;
    let system = System::with_config(&embedder.config("enabled = true\ntimeout_seconds = 600")).await;
    embedder.behave(Manners::Silent);
    load(&system, &[(&Recipe::plain("one"), &["one:1"])]).await;
    until("the embedder is asked", async || (!embedder.requests().is_empty()).then_some(())).await;
    load(&system, &[(&Recipe::plain("two"), &["two:1"])]).await;
    assert_eq!(system.engine().get("/images/json").await.json().as_array().unwrap().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_that_is_refused_does_not_keep_the_others_out() {
    let embedder = EmbeddingServer::start().await;
    let system = System::with_config(&embedder.config("")).await;
    embedder.behave(Manners::Refuses("poison".into()));
    let recipes = ["one", "poison", "two"].map(Recipe::plain);
    let names: [&[&str]; 3] = [&["one:1"], &["poison:1"], &["two:1"]];
    load(&system, &recipes.iter().zip(names).collect::<Vec<_>>()).await;
    let finished = index(&system, "").await.unwrap();
    assert_eq!((finished.indexed, finished.without_vector), (3, 1));
    assert_eq!(finished.embedder, "http-1/words/64");
    let answer = search(&system, like_text("one")).await.unwrap();
    assert_eq!((answer.images.len(), answer.not_indexed), (2, 1));
    assert_eq!(index(&system, "").await.unwrap().indexed, 0, "it is not tried again");
    assert_eq!(index(&system, "poison:1").await.unwrap().without_vector, 1, "alone it is refused as well");
    embedder.behave(Manners::Honest);
    assert_eq!(index(&system, "poison:1").await.unwrap().without_vector, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn more_refused_documents_than_are_held_at_once_do_not_keep_the_others_out() {
    let embedder = EmbeddingServer::start().await;
    let system = System::with_config(&embedder.config("")).await;
    embedder.behave(Manners::Refuses("poison".into()));
    let mut recipes: Vec<_> = (0..40).map(|n| Recipe::plain(&format!("poison {n}"))).collect();
    recipes.push(Recipe::plain("good"));
    let images: Vec<(&Recipe, &[&str])> = recipes.iter().map(|recipe| (recipe, &[][..])).collect();
    load(&system, &images).await;
    let finished = index(&system, "").await.unwrap();
    assert_eq!((finished.indexed, finished.without_vector), (41, 40));
    assert_eq!(search(&system, like_text("good")).await.unwrap().images.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_takes_nothing_leaves_the_images_to_be_indexed() {
    let embedder = EmbeddingServer::start().await;
    let system = System::with_config(&embedder.config("")).await;
    embedder.behave(Manners::Status(422));
    load(&system, &[(&Recipe::plain("one"), &["one:1"]), (&Recipe::plain("two"), &["two:1"])]).await;
    assert_eq!(reason(&index(&system, "").await.unwrap_err()), "EMBEDDER_UNAVAILABLE");
    embedder.behave(Manners::Honest);
    let finished = index(&system, "").await.unwrap();
    assert_eq!((finished.indexed, finished.without_vector), (2, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_sent_is_the_model_the_key_and_documents_in_batches() {
    let embedder = EmbeddingServer::start().await;
    let folder = tempfile::tempdir().unwrap();
    let key = folder.path().join("key");
    fs::write(&key, "s3cret-key\n").unwrap();
    let mut system = System::with_config(&embedder.config(&format!("api_key_file = {key:?}"))).await;
    let recipes: Vec<_> = (0..20).map(|n| Recipe::plain(&format!("image{n}"))).collect();
    let names: Vec<_> = (0..20).map(|n| format!("app:{n}")).collect();
    let names: Vec<_> = names.iter().map(|name| [name.as_str()]).collect();
    load(
        &system,
        &recipes.iter().zip(&names).map(|(recipe, names)| (recipe, &names[..])).collect::<Vec<_>>(),
    )
    .await;
    index(&system, "").await.unwrap();
    let requests = embedder.requests();
    assert_eq!(requests.iter().map(|request| request.input.len()).collect::<Vec<_>>(), [16, 4]);
    for request in &requests {
        assert_eq!((request.model.as_str(), request.authorization.as_str()), ("words", "Bearer s3cret-key"));
    }
    let mut documents: Vec<_> = requests.iter().flat_map(|request| &request.input).collect();
    documents.sort();
    assert!(
        documents[0].starts_with("names: app 0\ncommand: hello\nenvironment: path usr bin"),
        "{documents:?}"
    );
    assert_eq!(found(&system, like_text("image7")).await[0], "app:7");
    assert_eq!(embedder.requests().last().unwrap().input, ["image7"], "a query is its words");
    assert!(system.stop_service());
    let log = system.service().lines().join("\n");
    assert!(!log.contains("s3cret-key"), "{log}");
}
