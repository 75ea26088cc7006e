//! Databases that are not this version's.

use image_service::store::{Migrated, OpenError, PostgresError, UpkeepError};

use super::world::{State, both};

#[tokio::test]
async fn a_migration_says_from_which_schema_to_which_and_has_nothing_to_do_the_second_time() {
    for state in both().await {
        let Migrated { from, to } = state.upkeep().migrate().await.unwrap();
        assert!(from.is_none() && to >= 5);
        assert_eq!(state.upkeep().migrate().await.unwrap(), Migrated { from: Some(to), to });
    }
}

#[tokio::test]
async fn where_no_state_is_nothing_is_read_and_nothing_made() {
    for state in both().await {
        let error = state.upkeep().export(&mut Vec::new(), true).await.unwrap_err();
        assert!(matches!(error, UpkeepError::NoState { .. }), "{error}");
        let error = state.upkeep().check(&mut |_| {}).await.unwrap_err();
        assert!(matches!(error, UpkeepError::NoState { .. }), "{error}");
        if let State::Sqlite(folder) = &state {
            assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
        }
    }
}

#[tokio::test]
async fn a_state_of_an_earlier_version_is_read_after_a_migration() {
    for state in both().await {
        let state = state.filled().await;
        state.sql("DELETE FROM _sqlx_migrations WHERE version > 3").await;
        for error in [
            state.upkeep().export(&mut Vec::new(), true).await.unwrap_err(),
            state.upkeep().check(&mut |_| {}).await.unwrap_err(),
        ] {
            assert!(matches!(error, UpkeepError::Outdated { schema: 3, .. }), "{error}");
            assert!(error.to_string().contains("image-service db migrate"), "{error}");
        }
    }
}

#[tokio::test]
async fn a_state_of_a_later_version_is_refused_by_every_command() {
    const LATER: &str = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
         VALUES (9999, 'later', TRUE, '', 0)";
    for state in both().await {
        let state = state.filled().await;
        let document = state.exported().await;
        state
            .sql(&LATER.replace(
                "TRUE, ''",
                if matches!(state, State::Sqlite(_)) { "TRUE, x''" } else { "TRUE, ''" },
            ))
            .await;
        for error in errors(&state, &document).await {
            let is_newer = matches!(
                error,
                UpkeepError::Sqlite(OpenError::Newer { schema: 9999, .. })
                    | UpkeepError::Postgres(PostgresError::Newer { schema: 9999 })
            );
            assert!(is_newer && error.to_string().contains("run that version"), "{error}");
        }
    }
}

#[tokio::test]
async fn a_database_of_another_program_is_left_alone_by_every_command() {
    let document = State::sqlite().filled().await.exported().await;
    // With its own history in the same library's form, and without any.
    for theirs in [
        "CREATE TABLE invoices (number BIGINT)",
        "CREATE TABLE invoices (number BIGINT); \
         CREATE TABLE _sqlx_migrations (version BIGINT PRIMARY KEY, description TEXT, installed_on TIMESTAMP, \
         success BOOLEAN, checksum BYTEA, execution_time BIGINT); \
         INSERT INTO _sqlx_migrations (version, success, checksum) VALUES (20240101000000, TRUE, CAST('x' AS BYTEA))",
    ] {
        for state in both().await {
            let theirs = match state {
                State::Sqlite(_) => theirs.replace("BYTEA", "BLOB"),
                State::Postgres(..) => theirs.to_owned(),
            };
            state.sql(&theirs).await;
            for error in errors(&state, &document).await {
                let is_foreign = matches!(
                    error,
                    UpkeepError::Sqlite(OpenError::Foreign { .. })
                        | UpkeepError::Postgres(PostgresError::Foreign)
                );
                assert!(is_foreign && error.to_string().contains("another program"), "{error}");
            }
            state.sql("INSERT INTO invoices VALUES (1)").await;
        }
    }
}

#[tokio::test]
async fn a_folder_in_use_is_neither_migrated_nor_filled() {
    let (full, state) = (State::sqlite().filled().await, State::sqlite());
    let (document, store) = (full.exported().await, state.open().await);
    for error in [
        state.upkeep().migrate().await.unwrap_err(),
        state.upkeep().import(&mut &*document, true).await.unwrap_err(),
    ] {
        assert!(matches!(error, UpkeepError::Sqlite(OpenError::InUse { .. })), "{error}");
    }
    store.close().await;
}

async fn errors(state: &State, document: &[u8]) -> [UpkeepError; 4] {
    [
        state.upkeep().migrate().await.unwrap_err(),
        state.upkeep().check(&mut |_| {}).await.unwrap_err(),
        state.upkeep().export(&mut Vec::new(), true).await.unwrap_err(),
        state.import(document).await.unwrap_err(),
    ]
}
