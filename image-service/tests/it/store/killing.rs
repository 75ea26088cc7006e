//! A process is killed in the middle of a change: nothing of the change is there, and everything from before is, to the byte.

use std::{
    path::Path,
    process::{Command, Stdio},
    sync::Arc,
};

use fixtures::{peers::Postgres, process::until};
use image_service::{
    error::Result,
    model::{Credential, Digest, LayerMarks, Vector},
    ports::{IndexedImage, Loaded, Store},
    store::{PostgresSettings, PostgresStore, SqliteStore},
};

use rusqlite::{Connection, config::DbConfig};

use super::{
    Stores,
    full::ghcr,
    here,
    locations::{archived, layer, staged, staging},
    pulls::{look, name, pull_into, upstream},
    removing::everything,
    upkeep::world::{State, sealer},
};

const STATE: &str = "KILLING_TEST_STATE";
const CHANGE: &str = "KILLING_TEST_CHANGE";

/// Each kind of change, and where it is stopped: as late as it can be.
const CHANGES: [(&str, &str, &str); 10] = [
    ("pull", "INSERT", "tags"),
    ("tag", "UPDATE", "image_configs"),
    ("remove", "DELETE", "images"),
    ("load", "INSERT", "tags"),
    ("push", "INSERT", "repo_digests"),
    ("log in", "INSERT", "credentials"),
    ("log out", "DELETE", "credentials"),
    ("vectors", "UPDATE", "image_vectors"),
    ("layer", "INSERT", "staged_layers"),
    ("note", "INSERT", "manifest_notes"),
];

async fn make(store: &Arc<dyn Store>, change: &str) -> Result<()> {
    let stores = Stores::of(Arc::clone(store));
    let (images, locations) = (&*stores.images, &*stores.locations);
    let image = archived("killed", &["app:1", "killed:1"]);
    let staged = staged(&image);
    match change {
        "pull" => pull_into(images, &here(), "app:1", &upstream("killed").in_index("both")).await.map(drop),
        "tag" => {
            let (repository, tag) = ("app".parse().unwrap(), "1".parse().unwrap());
            images.tag(&here(), &name("app:moving"), &repository, &tag).await.map(drop)
        }
        "remove" => images.remove(&here(), &name("loaded:1"), Box::new(everything)).await.map(drop),
        "load" => {
            let loaded = Loaded { image: &image, is_import: false, staged: Some(&staged) };
            locations.record_load(&here(), loaded).await.map(drop)
        }
        "push" => {
            let loaded = look(images, "loaded:1").await.unwrap();
            let target = "registry.example/killed".parse().unwrap();
            locations.record_push(&here(), &loaded.id, &target, &staged.manifest).await
        }
        "log in" => {
            let bob = Credential::Password { username: "bob".into(), password: "s3cret".into() };
            stores.credentials.put(&here(), &ghcr(), &bob).await
        }
        "log out" => stores.credentials.forget(&here(), &ghcr()).await.map(drop),
        "vectors" => {
            let (unindexed, _) = stores.vectors.unindexed(&here(), 100).await?;
            let vector = Vector::of(&[1.0, 2.0]);
            let made = unindexed.into_iter();
            let made =
                made.map(|of| IndexedImage { of, vector: vector.clone(), layers: LayerMarks::default() });
            stores.vectors.record_vectors(&here(), "another/2", made.collect()).await
        }
        "layer" => locations.record_layer(&staging(), &layer("killed")).await,
        "note" => locations.note_manifest(&staging(), &Digest::of(b"killed")).await,
        other => panic!("{other}"),
    }
}

/// The child: does nothing unless it is one. Begins a change that does not end.
#[tokio::test]
async fn a_child_changes_something_until_it_is_killed() {
    let Ok(state) = std::env::var(STATE) else { return };
    let store: Arc<dyn Store> = match state.starts_with("postgres://") {
        true => {
            Arc::new(PostgresStore::connect(&PostgresSettings::new(state.into()), sealer()).await.unwrap())
        }
        false => Arc::new(SqliteStore::open(Path::new(&state), sealer()).await.unwrap()),
    };
    make(&store, &std::env::var(CHANGE).unwrap()).await.unwrap();
    panic!("the change came to its end");
}

fn child(state: &str, change: &str) -> std::process::Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "store::killing::a_child_changes_something_until_it_is_killed", "--nocapture"]);
    command.env(STATE, state).env(CHANGE, change).stdout(Stdio::null());
    command.spawn().unwrap()
}

/// After the kill: the state is what it was, and the change can be made.
async fn assert_that_nothing_happened(state: &State, before: &[u8], change: &str) {
    assert!(state.exported().await == before, "{change}: something of it is there");
    assert_eq!(state.findings().await, [""; 0], "{change}");
    let store = state.open().await;
    make(&store, change).await.unwrap();
    store.close().await;
    assert!(state.exported().await != before, "{change}");
    assert_eq!(state.findings().await, [""; 0], "{change}");
}

#[tokio::test]
async fn a_service_that_is_killed_in_the_middle_of_a_change_leaves_nothing_of_it_in_sqlite() {
    for (change, event, table) in CHANGES {
        let state = State::sqlite().filled().await;
        let before = state.exported().await;
        // Pairs of pairs of rows: more than anyone can wait for.
        let forever =
            ["a", "b", "c", "d", "e", "f", "g", "h"].map(|rows| format!("sqlite_schema {rows}")).join(", ");
        let slow = format!(
            "CREATE TRIGGER slow BEFORE {event} ON {table} BEGIN SELECT count(*) FROM {forever}; END"
        );
        state.sql(&slow).await;
        let State::Sqlite(folder) = &state else { unreachable!() };
        let mut child = child(folder.path().to_str().unwrap(), change);
        let database = Connection::open(folder.path().join("state.sqlite")).unwrap();
        database.busy_timeout(std::time::Duration::ZERO).unwrap();
        // It leaves the log to the next service.
        database.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).unwrap();
        // The lock for changes is taken, and not for the schema: that was there before the child.
        until("the change is under way", async || {
            let is_taken = database.execute_batch("BEGIN IMMEDIATE; ROLLBACK").is_err();
            let log = std::fs::read(folder.path().join("lock")).unwrap();
            (is_taken && log == b"with log\n").then_some(())
        })
        .await;
        child.kill().unwrap();
        child.wait().unwrap();
        database.execute_batch("DROP TRIGGER slow").unwrap();
        drop(database);
        assert_that_nothing_happened(&state, &before, change).await;
    }
}

const SLOW: &str = "CREATE FUNCTION slow() RETURNS TRIGGER LANGUAGE plpgsql AS \
     $$ BEGIN PERFORM pg_sleep(600); RETURN NEW; END $$";
const UNDER_WAY: &str =
    "SELECT pid FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()";

async fn stop_at(server: &Postgres, database: &str, event: &str, table: &str) {
    server.sql(database, SLOW).await;
    let trigger =
        format!("CREATE TRIGGER slow BEFORE {event} ON {table} FOR EACH ROW EXECUTE FUNCTION slow()");
    server.sql(database, &trigger).await;
}

async fn under_way(server: &Postgres, database: &str) -> String {
    let busy = async || Some(server.sql(database, UNDER_WAY).await).filter(|pid| !pid.is_empty());
    until("the change is under way", busy).await
}

#[tokio::test]
async fn a_service_that_is_killed_in_the_middle_of_a_change_leaves_nothing_of_it_in_postgres() {
    for (change, event, table) in CHANGES {
        let state = State::postgres().await.filled().await;
        let before = state.exported().await;
        let State::Postgres(server, url) = &state else { unreachable!() };
        let database = url.rsplit_once('/').unwrap().1;
        stop_at(server, database, event, table).await;
        let mut child = child(url, change);
        let pid = under_way(server, database).await;
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(state.exported().await == before, "{change}: half of it is visible");
        // The server would notice when it has something to say.
        server.sql(database, &format!("SELECT pg_terminate_backend({pid}, 10000)")).await;
        server.sql(database, "DROP FUNCTION slow CASCADE").await;
        assert_that_nothing_happened(&state, &before, change).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_killed_in_the_middle_of_a_change_has_nothing_of_it_afterwards() {
    let mut server = Postgres::start().await;
    for (change, event, table) in CHANGES {
        let url = server.database().await;
        let database = url.rsplit_once('/').unwrap().1.to_owned();
        let (shared, state) = {
            let shared = Arc::new(server);
            (Arc::clone(&shared), State::Postgres(shared, url).filled().await)
        };
        let before = state.exported().await;
        stop_at(&shared, &database, event, table).await;
        let store = state.open().await;
        let making = tokio::spawn({
            let store = Arc::clone(&store);
            async move { make(&store, change).await }
        });
        under_way(&shared, &database).await;
        let State::Postgres(held, url) = state else { unreachable!() };
        drop(held);
        server = Arc::into_inner(shared).unwrap();
        server.kill();
        let error = making.await.unwrap().unwrap_err();
        assert!(matches!(error, image_service::error::Error::StoreUnavailable(_)), "{change}: {error:?}");
        server.start_again().await;
        server.sql(&database, "DROP FUNCTION slow CASCADE").await;
        // The service that was there goes on without being started again.
        until("changes work again", async || make(&store, change).await.ok()).await;
        store.close().await;

        let shared = Arc::new(server);
        let state = State::Postgres(Arc::clone(&shared), url);
        assert!(state.exported().await != before, "{change}");
        assert_eq!(state.findings().await, [""; 0], "{change}");
        drop(state);
        server = Arc::into_inner(shared).unwrap();
    }
}
