//! A check finds what is wrong, names it, and says what helps.

use super::world::{State, both, findings, sealer_of};

/// What is done to a full state, and what a check says of it then.
const DAMAGE: [(&str, &[&str]); 18] = [
    (
        "DELETE FROM images WHERE namespace = 'elsewhere'",
        &[
            "tag elsewhere docker.io/library/app:1: its image is not there; pull or load it again",
            "repo digest elsewhere",
            "config elsewhere sha256:",
            "vector elsewhere sha256:",
        ],
    ),
    (
        "DELETE FROM image_configs WHERE namespace = 'elsewhere'",
        &["image elsewhere sha256:", "it has no config; remove the image"],
    ),
    (
        "DELETE FROM image_vectors WHERE namespace = 'elsewhere'",
        &["it has no place among those that are compared"],
    ),
    ("DELETE FROM manifests WHERE namespace = 'elsewhere'", &["manifest of image elsewhere sha256:"]),
    (
        "DELETE FROM image_manifests WHERE namespace = 'elsewhere'",
        &["its manifest is not kept, so that it cannot be pulled"],
    ),
    (
        "UPDATE staged_images SET digest = 'sha256:0000000000000000000000000000000000000000000000000000000000000000'",
        &["staged image default sha256:"],
    ),
    (
        "UPDATE tags SET config = config + 1 WHERE tag = 'moving'",
        &["tag default docker.io/library/app:moving: it does not lead to the row of its image"],
    ),
    ("UPDATE tags SET config = NULL WHERE tag = 'moving'", &["it does not lead to the row of its image"]),
    (
        "UPDATE tags SET like_id = NULL WHERE tag = 'dbcc1'",
        &["tag default docker.io/library/sha256:dbcc1: it is looked for among those"],
    ),
    (
        "UPDATE tags SET like_id = 'x' WHERE tag = 'moving'",
        &["tag default docker.io/library/app:moving: it is looked for among those"],
    ),
    (
        "UPDATE repo_digests SET config = 0 WHERE namespace = 'elsewhere'",
        &["repo digest elsewhere docker.io/library/app@sha256:"],
    ),
    (
        "UPDATE image_configs SET tags = NULL WHERE namespace = 'elsewhere'",
        &["the tags beside its config are not those that it has; `image-service db export`"],
    ),
    (
        "UPDATE image_configs SET repo_digests = repo_digests || ' docker.io/library/x@sha256:0' WHERE namespace = 'elsewhere'",
        &["the repo digests beside its config"],
    ),
    (
        "UPDATE images SET size = size + 1, os = 'plan9' WHERE namespace = 'elsewhere'",
        &["its size is not what its config and its layers say"],
    ),
    ("UPDATE images SET labels = '{}' WHERE namespace = 'elsewhere'", &["its labels is not what its config"]),
    (
        "UPDATE credentials SET username = 'mallory' WHERE namespace = 'elsewhere'",
        &[
            "credential elsewhere ghcr.io: it does not open with the key of this service; give the service the key that it was sealed with, or log in again",
        ],
    ),
    (
        "UPDATE image_vectors SET dimensions = 7 WHERE namespace = 'default'",
        &["vector default sha256:", "it has not as many numbers as dimensions"],
    ),
    ("DELETE FROM store_identity", &["the store: it has no name, or several"]),
];

#[tokio::test]
async fn a_state_that_is_whole_gives_no_findings() {
    for state in both().await {
        assert_eq!(state.filled().await.findings().await, [""; 0]);
    }
}

#[tokio::test]
async fn everything_that_is_wrong_is_named_with_what_helps() {
    for (statement, expected) in DAMAGE {
        for state in both().await {
            let state = state.filled().await;
            state.sql(statement).await;
            let found = state.findings().await;
            for text in expected {
                assert!(found.iter().any(|line| line.contains(text)), "{statement}\n{text}\n{found:#?}");
            }
            assert!(found.iter().all(|line| line.contains("; ")), "{found:#?}");
        }
    }
}

#[tokio::test]
async fn content_that_is_not_what_its_digest_says_is_found() {
    for (state, altered) in both().await.into_iter().zip(["x'7b7d'", "'\\x7b7d'"]) {
        let state = state.filled().await;
        for table in ["image_configs", "manifests"] {
            state.sql(&format!("UPDATE {table} SET content = {altered} WHERE namespace = 'elsewhere'")).await;
        }
        let found = state.findings().await;
        for kind in ["image elsewhere sha256:", "manifest elsewhere sha256:"] {
            let is_found =
                |line: &&String| line.starts_with(kind) && line.contains("its content has another digest");
            assert!(found.iter().any(|line| is_found(&line)), "{found:#?}");
        }
        let error = state.upkeep().export(&mut Vec::new(), true).await.unwrap_err().to_string();
        assert!(error.contains("its content has another digest") && error.contains("db check"), "{error}");
    }
}

#[tokio::test]
async fn credentials_of_another_key_are_found_and_so_is_that_there_is_none() {
    for state in both().await {
        let state = state.filled().await;
        for (key, why) in
            [(Some(sealer_of(&[8])), "it does not open with the key"), (None, "there is no key to open it")]
        {
            let found = findings(&*state.upkeep_with(key)).await;
            assert!(found.len() == 3 && found.iter().all(|line| line.contains(why)), "{found:#?}");
        }
    }
}

#[tokio::test]
async fn what_somebody_has_switched_off_in_postgres_is_found() {
    let state = State::postgres().await.filled().await;
    state.sql("ALTER TABLE tags DISABLE TRIGGER tags_led").await;
    let found = state.findings().await;
    assert_eq!(found.len(), 1, "{found:#?}");
    assert!(found[0].contains("trigger tags_led of tags is switched off"), "{found:#?}");
}

#[tokio::test]
async fn a_check_works_beside_a_service_and_changes_nothing() {
    for state in both().await {
        let state = state.filled().await;
        let store = state.open().await;
        let before = state.exported().await;
        assert_eq!(state.findings().await, [""; 0]);
        store.ping().await.unwrap();
        store.close().await;
        assert!(state.exported().await == before);
    }
}
