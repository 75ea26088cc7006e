//! A process is killed in the middle of a change: nothing of the change is there, and everything from before is, to the byte.

use std::{
    path::Path,
    process::{Child, Command, Stdio},
    sync::Arc,
    time::Duration,
};

use fixtures::{peers::Postgres, process::until};
use image_service::{
    ports::Store,
    store::{PostgresSettings, PostgresStore, SqliteStore},
};
use rusqlite::{Connection, config::DbConfig};

use super::{
    changes::{CHANGES, all_keys_for, make, prepare, sealer_for},
    upkeep::world::State,
};

const STATE: &str = "KILLING_TEST_STATE";
const CHANGE: &str = "KILLING_TEST_CHANGE";

/// A child that is killed when this is dropped, as what it does has no end.
struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

/// The child: does nothing unless it is one. Begins a change that does not end.
#[tokio::test]
async fn a_child_changes_something_until_it_is_killed() {
    let (Ok(state), Ok(change)) = (std::env::var(STATE), std::env::var(CHANGE)) else { return };
    let sealer = sealer_for(&change);
    let store: Arc<dyn Store> = match state.starts_with("postgres://") {
        true => Arc::new(PostgresStore::connect(&PostgresSettings::new(state.into()), sealer).await.unwrap()),
        false => Arc::new(SqliteStore::open(Path::new(&state), sealer).await.unwrap()),
    };
    make(&store, &change).await.unwrap();
    panic!("the change came to its end");
}

fn child(state: &str, change: &str) -> Killed {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "store::killing::a_child_changes_something_until_it_is_killed", "--nocapture"]);
    command.env(STATE, state).env(CHANGE, change).stdout(Stdio::null());
    Killed(command.spawn().unwrap())
}

/// After the kill: the state is what it was, and the change can be made.
async fn assert_that_nothing_happened(state: &State, before: &[u8], change: &str) {
    assert!(state.exported().await == before, "{change}: something of it is there");
    assert_eq!(state.findings_with(all_keys_for(change)).await, [""; 0], "{change}");
    let store = state.open_with(sealer_for(change)).await;
    make(&store, change).await.unwrap();
    store.close().await;
    assert!(state.exported().await != before, "{change}");
    assert_eq!(state.findings_with(all_keys_for(change)).await, [""; 0], "{change}");
}

/// What the lock of a folder says of a service once the schema is known to be there.
const SERVED: &[u8] = b"with log\n";

/// Kills what a child has begun to change in a folder, where it would never come to its end.
async fn kill_in_folder(folder: &Path, (event, table): (&str, &str), begin: impl FnOnce() -> Killed) {
    let database = Connection::open(folder.join("state.sqlite")).unwrap();
    database.busy_timeout(Duration::ZERO).unwrap();
    // It leaves the log to the next service.
    database.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).unwrap();
    // Pairs of pairs of rows: more than anyone can wait for.
    let forever =
        ["a", "b", "c", "d", "e", "f", "g", "h"].map(|rows| format!("sqlite_schema {rows}")).join(", ");
    let slow =
        format!("CREATE TRIGGER slow BEFORE {event} ON {table} BEGIN SELECT count(*) FROM {forever}; END");
    database.execute_batch(&slow).unwrap();
    let child = begin();
    // The lock for changes is taken, and not for the schema: that was there before the child.
    until("the change is under way", async || {
        let is_taken = database.execute_batch("BEGIN IMMEDIATE; ROLLBACK").is_err();
        let log = std::fs::read(folder.join("lock")).unwrap();
        (is_taken && log == SERVED).then_some(())
    })
    .await;
    drop(child);
    database.execute_batch("DROP TRIGGER slow").unwrap();
}

#[tokio::test]
async fn a_service_that_is_killed_in_the_middle_of_a_change_leaves_nothing_of_it_in_sqlite() {
    for (change, event, table) in CHANGES {
        let state = prepare(State::sqlite(), change).await;
        let before = state.exported().await;
        let State::Sqlite(folder) = &state else { unreachable!() };
        let place = folder.path().to_str().unwrap();
        kill_in_folder(folder.path(), (event, table), || child(place, change)).await;
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

/// Has a child change something in a database, where it never comes to its end.
async fn begin_in_database(
    (server, database): (&Postgres, &str),
    (event, table): (&str, &str),
    begin: impl FnOnce() -> Killed,
) -> Killed {
    stop_at(server, database, event, table).await;
    let child = begin();
    under_way(server, database).await;
    child
}

async fn kill_in_database((server, database): (&Postgres, &str), child: Killed) {
    let pid = under_way(server, database).await;
    drop(child);
    // The server would notice when it has something to say.
    server.sql(database, &format!("SELECT pg_terminate_backend({pid}, 10000)")).await;
    server.sql(database, "DROP FUNCTION slow CASCADE").await;
}

#[tokio::test]
async fn a_service_that_is_killed_in_the_middle_of_a_change_leaves_nothing_of_it_in_postgres() {
    for (change, event, table) in CHANGES {
        let state = prepare(State::postgres().await, change).await;
        let before = state.exported().await;
        let State::Postgres(server, url) = &state else { unreachable!() };
        let database = url.rsplit_once('/').unwrap().1;
        let child = begin_in_database((server, database), (event, table), || child(url, change)).await;
        assert!(state.exported().await == before, "{change}: half of it is visible");
        kill_in_database((server, database), child).await;
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
            (Arc::clone(&shared), prepare(State::Postgres(shared, url), change).await)
        };
        let before = state.exported().await;
        stop_at(&shared, &database, event, table).await;
        let store = state.open_with(sealer_for(change)).await;
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
        assert_eq!(state.findings_with(all_keys_for(change)).await, [""; 0], "{change}");
        drop(state);
        server = Arc::into_inner(shared).unwrap();
    }
}
