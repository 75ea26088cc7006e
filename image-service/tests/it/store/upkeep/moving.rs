//! From one engine to the other and back.

use image_service::{error::Result, model::Credential, ports::Store, store::UpkeepError};
use serde_json::Value;

use super::world::{State, both, lines, sealer_of};
use crate::store::{Stores, full, here, pulls::name};

#[tokio::test]
async fn a_state_that_went_to_the_other_engine_and_back_is_the_same_to_the_byte() {
    let start = State::sqlite().filled().await;
    let first = start.exported().await;
    let (there, back) = (State::postgres().await, State::sqlite());
    let moved = there.import(&first).await.unwrap();
    assert!(moved.images > 8 && moved.credentials == 3 && moved.records > 60, "{moved:?}");
    let second = there.exported().await;
    assert!(first == second, "{:#?}", difference(&first, &second));
    assert_eq!(back.import(&second).await.unwrap(), moved);
    assert!(back.exported().await == first);
    for state in [start, there, back] {
        assert_eq!(state.findings().await, [""; 0]);
    }
}

#[tokio::test]
async fn a_state_that_was_made_in_postgres_moves_as_well() {
    let (start, there) = (State::postgres().await.filled().await, State::sqlite());
    let document = start.exported().await;
    there.import(&document).await.unwrap();
    assert!(there.exported().await == document);
}

#[tokio::test]
async fn thousands_of_names_arrive_with_their_image() {
    let document = State::sqlite().filled().await.with_many_names().await.exported().await;
    for there in both().await {
        there.import(&document).await.unwrap();
        assert!(there.exported().await == document);
        assert_eq!(there.findings().await, [""; 0]);
        let store = there.open().await;
        let image = store.find(&here(), &name("many:1203")).await.unwrap().image;
        assert_eq!(image.tags.iter().filter(|(repository, _)| repository.familiar() == "many").count(), 1203);
        store.close().await;
    }
}

#[tokio::test]
async fn what_was_moved_works_and_bears_the_same_name() {
    for (from, to) in [(State::sqlite(), State::postgres().await), (State::postgres().await, State::sqlite())]
    {
        let from = from.filled().await;
        to.import(&from.exported().await).await.unwrap();
        let (old, new) = (from.open().await, to.open().await);
        assert_eq!(old.id(), new.id());
        let stores = Stores::of(new.clone());
        let [kept, moved] = [user_name(&*old).await, user_name(&*new).await];
        assert_eq!(kept.unwrap(), moved.unwrap());
        full::change(&stores).await;
        new.close().await;
        old.close().await;
        assert_eq!(to.findings().await, [""; 0]);
    }
}

async fn user_name(store: &dyn Store) -> Result<String> {
    let credential: Option<Credential> = store.get(&here(), &full::ghcr()).await?;
    Ok(credential.unwrap().username().to_owned())
}

#[tokio::test]
async fn an_export_is_of_one_moment_though_services_go_on() {
    for state in both().await {
        let store = state.filled().await;
        let before = store.exported().await;
        let serving = store.open().await;
        let stores = Stores::of(serving.clone());
        let (document, ()) = tokio::join!(store.exported(), full::change(&stores));
        serving.close().await;
        assert_eq!(store.findings().await, [""; 0]);
        let there = State::sqlite();
        there.import(&document).await.unwrap();
        assert_eq!(there.findings().await, [""; 0]);
        assert!(there.exported().await == document && store.exported().await != before);
    }
}

#[tokio::test]
async fn credentials_stay_behind_if_they_shall_not_go_along() {
    let start = State::sqlite().filled().await;
    let mut document = Vec::new();
    let told = start.upkeep().export(&mut document, false).await.unwrap();
    assert_eq!(told.credentials, 0);
    // The log of events still tells that there were some.
    let is_left_out =
        |line: &String| line.starts_with("{\"credential\"") || line.starts_with("{\"sealing_key\"");
    assert!(!lines(&document).iter().any(is_left_out));
    let there = State::postgres().await;
    assert_eq!(there.import(&document).await.unwrap(), told);

    let (whole, back) = (start.exported().await, State::sqlite());
    let told = back.upkeep_with(None).import(&mut &*whole, false).await.unwrap();
    assert_eq!((told.credentials, back.upkeep().export(&mut Vec::new(), true).await.unwrap()), (0, told));
}

#[tokio::test]
async fn an_export_holds_no_secret_and_is_sealed_for_its_own_key() {
    let start = State::sqlite().filled().await;
    let document = start.exported().await;
    assert!(!lines(&document).concat().contains("s3cret"));
    for key in [Some(sealer_of(&[8])), None] {
        let there = State::sqlite();
        let error = there.upkeep_with(key).import(&mut &*document, true).await.unwrap_err();
        let text = error.to_string();
        assert!(matches!(error, UpkeepError::OtherKey { .. }), "{text}");
        assert!(text.contains("--without-credentials") && text.contains("127.0.0.1:5000"), "{text}");
        let store = there.open().await;
        assert_eq!(store.count(&here()).await.unwrap(), 0, "nothing came in");
    }
}

#[tokio::test]
async fn what_is_there_already_is_not_mixed_with_what_comes() {
    for state in both().await {
        let state = state.filled().await;
        let document = state.exported().await;
        assert!(matches!(state.import(&document).await, Err(UpkeepError::NotEmpty)));
        assert!(state.exported().await == document);
    }
}

#[tokio::test]
async fn every_table_is_exported_or_known_to_follow_from_others() {
    let state = State::sqlite().filled().await;
    let database = rusqlite::Connection::open(state.folder().join("state.sqlite")).unwrap();
    let mut tables = database
        .prepare(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'",
        )
        .unwrap();
    let tables = tables.query_map([], |row| row.get::<_, String>(0)).unwrap();
    let exported: Vec<_> = lines(&state.exported().await)
        .iter()
        .map(|line| {
            let line: Value = serde_json::from_str(line).unwrap();
            line.as_object().unwrap().keys().next().unwrap().clone()
        })
        .collect();
    for table in tables {
        let table = table.unwrap();
        let record = match &*table {
            "_sqlx_migrations" => continue,
            "store_identity" => "header",
            "image_configs" => "image",
            "image_vectors" => "vector",
            table => table.strip_suffix('s').unwrap(),
        };
        assert!(
            exported.iter().any(|told| told == record),
            "{table} is not in an export with everything in it"
        );
    }
}

/// The first lines that are not the same.
fn difference(one: &[u8], other: &[u8]) -> Option<(String, String)> {
    lines(one).into_iter().zip(lines(other)).find(|(one, other)| one != other)
}
