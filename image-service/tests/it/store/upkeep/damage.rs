//! Files of SQLite that are not what was written: refused where that is seen, and never taken for another state.

use std::{fs, fs::OpenOptions, os::unix::fs::FileExt, path::Path};

use image_service::{
    error::Error,
    ports::ImageStore,
    store::{OpenError, SqliteStore},
};

use super::world::{State, sealer, when_free};
use crate::store::here;

async fn open(state: &State) -> Result<SqliteStore, OpenError> {
    when_free(async || match SqliteStore::open(state.folder(), sealer()).await {
        Err(OpenError::InUse { .. }) => None,
        opened => Some(opened),
    })
    .await
}

fn overwrite(folder: &Path, at: u64, bytes: &[u8]) {
    let file = OpenOptions::new().write(true).open(folder.join("state.sqlite")).unwrap();
    file.write_all_at(bytes, at).unwrap();
}

fn assert_that_it_helps(error: &OpenError, state: &State) {
    let text = error.to_string();
    let folder = state.folder().to_str().unwrap();
    assert!(matches!(error, OpenError::Damaged { .. }), "{text}");
    assert!(
        text.contains(folder) && text.contains("db check") && text.contains("copy of the whole folder"),
        "{text}"
    );
}

#[tokio::test]
async fn a_file_that_was_cut_is_refused_and_says_what_helps() {
    for part in [1, 2, 3] {
        let state = State::sqlite().filled().await;
        let path = state.folder().join("state.sqlite");
        let length = fs::metadata(&path).unwrap().len();
        let file = OpenOptions::new().write(true).open(&path).unwrap();
        file.set_len(length * part / 4).unwrap();
        assert_that_it_helps(&open(&state).await.unwrap_err(), &state);
        let found = state.findings().await;
        assert!(!found.is_empty() && found[0].starts_with("the database: "), "{found:#?}");
        assert_eq!(fs::metadata(&path).unwrap().len(), length * part / 4, "it is kept as it was");
    }
}

#[tokio::test]
async fn a_header_with_other_bytes_is_refused_and_says_what_helps() {
    // The name of the format, the size of pages, the form, and the page of the schema.
    for (at, bytes) in [(0, &b"SQLite 4"[..]), (16, &[0, 3]), (18, &[9, 9]), (100, &[0xff; 64])] {
        let state = State::sqlite().filled().await;
        overwrite(state.folder(), at, bytes);
        assert_that_it_helps(&open(&state).await.unwrap_err(), &state);
        assert!(!state.findings().await.is_empty());
    }
}

#[tokio::test]
async fn pages_with_other_bytes_are_found_by_a_check_wherever_they_are() {
    let length = fs::metadata(State::sqlite().filled().await.folder().join("state.sqlite")).unwrap().len();
    let mut told = 0;
    for page in 1..length / 4096 {
        let state = State::sqlite().filled().await;
        overwrite(state.folder(), page * 4096, &[0xff; 4096]);
        let found = state.findings().await;
        assert!(!found.is_empty(), "page {page}");
        let store = match open(&state).await {
            Ok(store) => store,
            Err(error) => {
                assert_that_it_helps(&error, &state);
                continue;
            }
        };
        // A service that came so far tells its log what helps.
        if let Err(Error::Internal(cause)) = ImageStore::list(&store, &here(), None, 100).await {
            assert!(cause.to_string().contains("db check"), "{cause}");
            told += 1;
        }
        store.close().await;
    }
    assert!(told > 0);
}

#[tokio::test]
async fn a_log_that_a_killed_process_left_and_that_is_gone_is_missed() {
    let state = State::sqlite();
    let store = open(&state).await.unwrap();
    let copy = State::sqlite();
    for entry in fs::read_dir(state.folder()).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), copy.folder().join(entry.file_name())).unwrap();
    }
    drop(store);
    // Such a copy is what a kill leaves. It opens with its log, and not without.
    let log = copy.folder().join("state.sqlite-wal");
    let kept = fs::read(&log).unwrap();
    fs::remove_file(&log).unwrap();
    let error = open(&copy).await.unwrap_err();
    let text = error.to_string();
    assert!(matches!(error, OpenError::LogMissing { .. }), "{text}");
    assert!(text.contains("state.sqlite-wal back") && text.contains("`lock`"), "{text}");
    let found = copy.findings().await;
    assert!(found.len() == 1 && found[0].contains("write-ahead log"), "{found:#?}");
    fs::write(&log, kept).unwrap();
    open(&copy).await.unwrap().close().await;
    assert!(!log.exists());
    open(&copy).await.unwrap();
}
