//! Postgres: all that every store does, what several services share, and what happens when the database goes.

use std::{sync::Arc, time::Duration};

use fixtures::{peers::Postgres, process::until};
use image_service::{
    error::Error,
    model::{Credential, RegistryHost},
    ports::{CredentialStore, EventSpan, EventStore, ImageStore, Sealer, VectorStore},
    secrets::Seal,
    store::{PostgresError, PostgresSettings, PostgresStore},
};

use super::{
    Stores, events, here,
    pulls::{look, name, pull, pull_into, upstream},
    vectors,
};

pub(super) struct Fleet {
    pub(super) server: Arc<Postgres>,
    pub(super) url: String,
    pub(super) sealer: Arc<dyn Sealer>,
    _key: tempfile::TempDir,
}

impl Fleet {
    pub(super) async fn new() -> Self {
        let server = Postgres::shared().await;
        let url = server.database().await;
        let key = tempfile::tempdir().unwrap();
        let sealer = Arc::new(Seal::in_data_dir(key.path()).unwrap());
        Self { server, url, sealer, _key: key }
    }

    pub(super) async fn service(&self) -> Result<PostgresStore, PostgresError> {
        PostgresStore::connect(&self.settings(), Arc::clone(&self.sealer)).await
    }

    pub(super) fn settings(&self) -> PostgresSettings {
        PostgresSettings::new(self.url.clone().into())
    }

    pub(super) async fn sql(&self, statement: &str) -> String {
        let database = self.url.rsplit_once('/').unwrap().1;
        self.server.sql(database, statement).await
    }
}

pub(super) fn alice() -> Credential {
    Credential::Password { username: "alice".into(), password: "s3cret-of-alice".into() }
}

async fn fresh() -> Stores {
    let fleet = Fleet::new().await;
    let store = Arc::new(fleet.service().await.unwrap());
    Stores {
        images: store.clone(),
        locations: store.clone(),
        credentials: store.clone(),
        events: store.clone(),
        vectors: store,
        _keep: Box::new(fleet),
    }
}

super::conformance!(fresh);

#[tokio::test]
async fn what_one_service_has_recorded_the_other_knows() {
    let fleet = Fleet::new().await;
    let (one, other) = (fleet.service().await.unwrap(), fleet.service().await.unwrap());
    assert_eq!(one.id(), other.id());
    let [first, second] = ["first", "second"].map(upstream);
    pull(&one, "app", &first).await;
    let seen = other.find(&here(), &name("app")).await.unwrap();
    assert_eq!(
        (&seen.image.id, &seen.version),
        (&first.id(), &one.find(&here(), &name("app")).await.unwrap().version)
    );

    pull(&other, "app", &second).await;
    assert_eq!(look(&one, "app").await.unwrap().id, second.id());
    assert_ne!(one.find(&here(), &name("app")).await.unwrap().version, seen.version);

    let ghcr: RegistryHost = "ghcr.io".parse().unwrap();
    one.put(&here(), &ghcr, &alice()).await.unwrap();
    let username = |credential: Option<Credential>| credential.map(|known| known.username().to_owned());
    assert_eq!(username(other.get(&here(), &ghcr).await.unwrap()).as_deref(), Some("alice"));
    assert!(other.forget(&here(), &ghcr).await.unwrap());
    assert_eq!(username(one.get(&here(), &ghcr).await.unwrap()), None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn searches_that_are_held_up_leave_connections_to_look_ups() {
    let fleet = Fleet::new().await;
    let settings = PostgresSettings { connections: 4, ..fleet.settings() };
    let store = Arc::new(PostgresStore::connect(&settings, Arc::clone(&fleet.sealer)).await.unwrap());
    pull(&*store, "app", &upstream("app")).await;
    let database = fleet.url.rsplit_once('/').unwrap().1.to_owned();
    let server = Arc::clone(&fleet.server);
    let holder = tokio::spawn(async move {
        server.sql(&database, "BEGIN; LOCK TABLE image_vectors; SELECT pg_sleep(60)").await
    });
    let holding =
        "SELECT pid FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()";
    let pid =
        until("the table is held", async || Some(fleet.sql(holding).await).filter(|pid| !pid.is_empty()))
            .await;
    let searches: Vec<_> = (0..8)
        .map(|_| {
            let store = Arc::clone(&store);
            tokio::spawn(async move { store.nearest(&here(), "e", vectors::anything()).await })
        })
        .collect();
    let waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()";
    until("two searches are held up", async || (fleet.sql(waiting).await == "2").then_some(())).await;
    assert_eq!(look(&*store, "app").await.unwrap().id, upstream("app").id());
    assert_eq!(fleet.sql(waiting).await, "2", "the others have no connection");
    holder.abort();
    fleet.sql(&format!("SELECT pg_terminate_backend({pid})")).await;
    for search in searches {
        assert!(search.await.unwrap().unwrap().is_empty());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_reads_events_while_services_write_them_misses_none_and_hears_of_all() {
    const EACH: u64 = 40;
    let fleet = Fleet::new().await;
    let services = [fleet.service().await.unwrap(), fleet.service().await.unwrap()].map(Arc::new);
    let reader = fleet.service().await.unwrap();
    pull(&*services[0], "app:start", &upstream("app")).await;
    let writers = services.iter().enumerate().map(|(number, service)| {
        let service = Arc::clone(service);
        tokio::spawn(async move {
            for turn in 0..EACH {
                events::tag(&*service, "app:start", &format!("app:{number}-{turn}")).await;
            }
        })
    });
    let writers = futures_util::future::try_join_all(writers.collect::<Vec<_>>());
    let (mut changes, mut span, mut seen) = (reader.changes(), EventSpan::default(), Vec::new());
    let listening = async {
        loop {
            reader.listen().await.unwrap();
            tokio::task::yield_now().await;
        }
    };
    let reading = async {
        while seen.len() < 1 + 2 * EACH as usize {
            changes.next().await;
            let page = reader.events(&here(), &span, 1000).await.unwrap();
            span.after = page.next;
            seen.extend(page.events);
        }
    };
    tokio::select! {
        () = listening => {}
        (written, ()) = futures_util::future::join(writers, reading) => drop(written.unwrap()),
    }
    assert!(seen.iter().map(|event| event.sequence).eq(1..=1 + 2 * EACH), "{seen:?}");
    let mut told: Vec<_> = seen.iter().map(events::said).collect();
    told.sort();
    told.dedup();
    assert_eq!(told.len() as u64, 1 + 2 * EACH);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn services_that_move_one_tag_at_once_leave_it_at_one_image() {
    let fleet = Fleet::new().await;
    let services = [fleet.service().await.unwrap(), fleet.service().await.unwrap()].map(Arc::new);
    let images = ["first", "second"].map(upstream);
    for image in &images {
        pull(&*services[0], "app:start", image).await;
    }
    let movers = services.iter().zip(images.clone()).map(|(service, image)| {
        let service = Arc::clone(service);
        tokio::spawn(async move {
            for _ in 0..25 {
                let (source, repository) = (name(&image.id().to_string()), "app".parse().unwrap());
                service.tag(&here(), &source, &repository, &"moving".parse().unwrap()).await.unwrap();
            }
        })
    });
    futures_util::future::try_join_all(movers.collect::<Vec<_>>()).await.unwrap();
    let holders = "SELECT count(*) FROM image_configs WHERE ' ' || tags || ' ' LIKE '%/app:moving %'";
    assert_eq!(fleet.sql(holders).await, "1");
    let broken =
        "SELECT count(*) FROM tags t JOIN image_configs c ON c.number = t.config WHERE c.id <> t.image_id";
    assert_eq!(fleet.sql(broken).await, "0");
}

#[tokio::test]
async fn services_that_start_together_bring_the_database_up_to_date_once() {
    let fleet = Fleet::new().await;
    let started = tokio::join!(fleet.service(), fleet.service(), fleet.service());
    let ids = [started.0.unwrap(), started.1.unwrap(), started.2.unwrap()].map(|store| store.id().to_owned());
    assert!(ids[0] == ids[1] && ids[1] == ids[2]);
}

#[tokio::test]
async fn a_database_of_another_program_is_left_alone() {
    let fleet = Fleet::new().await;
    fleet.sql("CREATE TABLE invoices (number BIGINT)").await;
    let error = fleet.service().await.unwrap_err();
    assert!(matches!(error, PostgresError::Foreign) && !error.may_pass(), "{error}");
    assert_eq!(
        fleet.sql("SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'").await,
        "1"
    );
}

#[tokio::test]
async fn a_database_of_a_later_version_is_refused() {
    let fleet = Fleet::new().await;
    fleet.service().await.unwrap().close().await;
    fleet
        .sql(
            "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
             VALUES (99, 'later', true, '', 0)",
        )
        .await;
    let error = fleet.service().await.unwrap_err();
    assert!(matches!(error, PostgresError::Newer { schema: 99 }), "{error}");
}

#[tokio::test]
async fn a_url_that_is_none_is_refused_without_being_told() {
    let fleet = Fleet::new().await;
    let settings = PostgresSettings::new("postgres://alice:s3cret@[".into());
    let error = PostgresStore::connect(&settings, Arc::clone(&fleet.sealer)).await.unwrap_err();
    assert!(matches!(error, PostgresError::Url) && !error.to_string().contains("s3cret"), "{error}");
}

#[tokio::test]
async fn while_the_database_is_gone_calls_may_be_repeated_and_afterwards_they_work() {
    let mut server = Postgres::start().await;
    let url = server.database().await;
    let key = tempfile::tempdir().unwrap();
    let sealer = Arc::new(Seal::in_data_dir(key.path()).unwrap());
    let settings = PostgresSettings::new(url.into());
    let store = PostgresStore::connect(&settings, sealer.clone()).await.unwrap();
    let app = upstream("app");
    pull(&store, "app", &app).await;

    server.kill();
    let error = store.find(&here(), &name("app")).await.unwrap_err();
    assert!(matches!(error, Error::StoreUnavailable(_)), "{error:?}");
    let error =
        store.tag(&here(), &name("app"), &"app".parse().unwrap(), &"x".parse().unwrap()).await.unwrap_err();
    assert!(matches!(error, Error::StoreUnavailable(_)), "{error:?}");
    let error = PostgresStore::connect(&settings, sealer).await.unwrap_err();
    assert!(error.may_pass(), "{error}");

    server.start_again().await;
    let found = until("look-ups work again", async || store.find(&here(), &name("app")).await.ok()).await;
    assert_eq!(found.image.id, app.id());
}

#[tokio::test]
async fn a_change_whose_connection_is_cut_is_not_half_made() {
    let fleet = Fleet::new().await;
    let store = Arc::new(fleet.service().await.unwrap());
    // A trigger that takes its time shows when the change is under way.
    fleet.sql("CREATE FUNCTION slow() RETURNS TRIGGER LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(30); RETURN NEW; END $$").await;
    fleet.sql("CREATE TRIGGER slow BEFORE INSERT ON tags FOR EACH ROW EXECUTE FUNCTION slow()").await;
    let pulling = tokio::spawn({
        let store = Arc::clone(&store);
        async move { pull_into(&*store, &here(), "app", &upstream("app")).await }
    });
    let busy =
        "SELECT pid FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()";
    let pid =
        until("the change is under way", async || Some(fleet.sql(busy).await).filter(|pid| !pid.is_empty()))
            .await;
    fleet.sql(&format!("SELECT pg_terminate_backend({pid})")).await;
    let error = tokio::time::timeout(Duration::from_secs(20), pulling).await.unwrap().unwrap().unwrap_err();
    assert!(matches!(error, Error::StoreUnavailable(_)), "{error:?}");
    assert_eq!(
        fleet.sql("SELECT (SELECT count(*) FROM images) + (SELECT count(*) FROM image_configs)").await,
        "0"
    );
    fleet.sql("DROP TRIGGER slow ON tags").await;
    pull(&*store, "app", &upstream("app")).await;
}

#[tokio::test]
async fn a_change_that_waits_in_vain_for_the_others_does_not_spoil_its_connection() {
    let fleet = Fleet::new().await;
    let settings = PostgresSettings { connections: 1, ..fleet.settings() };
    let store = Arc::new(PostgresStore::connect(&settings, Arc::clone(&fleet.sealer)).await.unwrap());
    pull(&*store, "app", &upstream("app")).await;
    let holder = tokio::spawn({
        let (server, url) = (Arc::clone(&fleet.server), fleet.url.clone());
        async move {
            let hold = "BEGIN; SELECT pg_advisory_xact_lock(7310305482312902516); SELECT pg_sleep(60)";
            server.sql(url.rsplit_once('/').unwrap().1, hold).await
        }
    });
    let held =
        "SELECT pid FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()";
    let holding =
        until("the lock is held", async || Some(fleet.sql(held).await).filter(|pid| !pid.is_empty())).await;
    let waiting = tokio::spawn({
        let store = Arc::clone(&store);
        async move { store.tag(&here(), &name("app"), &"app".parse().unwrap(), &"x".parse().unwrap()).await }
    });
    let stuck =
        "SELECT pid FROM pg_stat_activity WHERE wait_event = 'advisory' AND datname = current_database()";
    let pid =
        until("the change waits", async || Some(fleet.sql(stuck).await).filter(|pid| !pid.is_empty())).await;
    fleet.sql(&format!("SELECT pg_cancel_backend({pid})")).await;
    let error = waiting.await.unwrap().unwrap_err();
    assert!(matches!(error, Error::StoreUnavailable(_)), "{error:?}");
    holder.abort();
    fleet.sql(&format!("SELECT pg_terminate_backend({holding})")).await;
    store.tag(&here(), &name("app"), &"app".parse().unwrap(), &"x".parse().unwrap()).await.unwrap();
}
