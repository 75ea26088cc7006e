//! Postgres as it is in the field: connections that are lost, changes that are undone for others, statements that take too long, and TLS.

use std::{sync::Arc, time::Duration};

use fixtures::{peers::Postgres, process::until};
use image_service::{
    error::Error,
    ports::{CredentialStore, ImageStore, KeyStore},
    secrets::Seal,
    store::{PostgresError, PostgresSettings, PostgresStore},
};

use super::{
    here,
    postgres::{Fleet, alice},
    pulls::{name, pull, upstream},
};

#[tokio::test]
async fn connections_that_were_lost_while_they_lay_idle_fail_no_look_up() {
    let mut server = Postgres::start().await;
    let settings = PostgresSettings::new(server.database().await.into());
    let key = tempfile::tempdir().unwrap();
    let sealer = Arc::new(Seal::in_data_dir(key.path()).unwrap());
    let store = PostgresStore::connect(&settings, sealer).await.unwrap();
    store.open_keys().await.unwrap();
    let app = upstream("app");
    pull(&store, "app", &app).await;
    store.put(&here(), &"ghcr.io".parse().unwrap(), &alice()).await.unwrap();
    for _ in 0..3 {
        // All connections of the pool are in use at once, and then idle.
        let looks = (0..8).map(async |_| store.find(&here(), &name("app")).await);
        futures_util::future::try_join_all(looks).await.unwrap();
        server.kill();
        server.start_again().await;
        assert_eq!(store.find(&here(), &name("app")).await.unwrap().image.id, app.id());
        assert!(store.get(&here(), &"ghcr.io".parse().unwrap()).await.unwrap().is_some());
        assert_eq!(store.count(&here()).await.unwrap(), 1);
        store.ping().await.unwrap();
        store.tag(&here(), &name("app"), &"app".parse().unwrap(), &"x".parse().unwrap()).await.unwrap();
    }
}

async fn tag(store: &PostgresStore) -> Result<(), Error> {
    let (source, repository) = (name("app"), "app".parse().unwrap());
    store.tag(&here(), &source, &repository, &"x".parse().unwrap()).await.map(drop)
}

/// Has the database fail insertions into `tags`, as many as are said, with a state.
async fn fail_tags(fleet: &Fleet, times: u32, state: &str) {
    fleet.sql("CREATE SEQUENCE failures").await;
    fleet
        .sql(&format!(
            "CREATE FUNCTION fails() RETURNS TRIGGER LANGUAGE plpgsql AS $$ BEGIN \
             IF nextval('failures') <= {times} THEN RAISE EXCEPTION 'for others' USING ERRCODE = '{state}'; END IF; \
             RETURN NEW; END $$"
        ))
        .await;
    fleet.sql("CREATE TRIGGER fails BEFORE INSERT ON tags FOR EACH ROW EXECUTE FUNCTION fails()").await;
}

#[tokio::test]
async fn a_change_that_was_undone_for_others_is_made_again_as_often_as_it_is_allowed() {
    for state in ["40001", "40P01"] {
        let fleet = Fleet::new().await;
        let settings = PostgresSettings { repetitions: 3, ..fleet.settings() };
        let store = PostgresStore::connect(&settings, Arc::clone(&fleet.sealer)).await.unwrap();
        pull(&store, "app", &upstream("app")).await;
        fail_tags(&fleet, 3 + 4, state).await;
        tag(&store).await.expect_err("four failures are more than three repetitions");
        let error = tag(&store).await.map(|()| "the other three are not").unwrap();
        assert_eq!(fleet.sql("SELECT last_value FROM failures").await, "8", "{error}");
    }
}

#[tokio::test]
async fn what_is_not_undone_for_others_is_not_made_again() {
    let fleet = Fleet::new().await;
    let store = fleet.service().await.unwrap();
    pull(&store, "app", &upstream("app")).await;
    fail_tags(&fleet, 1, "22012").await;
    assert!(matches!(tag(&store).await, Err(Error::Internal(_))));
    assert_eq!(fleet.sql("SELECT last_value FROM failures").await, "1");
}

#[tokio::test]
async fn a_change_outlives_a_deadlock_with_another_program() {
    let fleet = Fleet::new().await;
    let store = Arc::new(fleet.service().await.unwrap());
    pull(&*store, "app", &upstream("app")).await;
    tag(&store).await.unwrap();
    // The other one holds the row that a change wants, and wants the lock that the change holds. It is patient, so the change is the one to be undone.
    let other = tokio::spawn({
        let (server, url) = (Arc::clone(&fleet.server), fleet.url.clone());
        async move {
            let hold = "SET deadlock_timeout = '10min'; BEGIN; SELECT 1 FROM tags FOR UPDATE; SELECT pg_sleep(1); \
                 SELECT pg_advisory_xact_lock(7310305482312902516); COMMIT";
            server.sql(url.rsplit_once('/').unwrap().1, hold).await
        }
    });
    let sleeping =
        "SELECT pid FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()";
    until("the row is held", async || Some(fleet.sql(sleeping).await).filter(|pid| !pid.is_empty())).await;
    tag(&store).await.unwrap();
    other.await.unwrap();
    let deadlocks = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()";
    until("the deadlock is counted", async || (fleet.sql(deadlocks).await == "1").then_some(())).await;
}

#[tokio::test]
async fn a_statement_that_takes_too_long_is_told_as_what_may_be_repeated() {
    let fleet = Fleet::new().await;
    let second = Duration::from_secs(1);
    let settings =
        PostgresSettings { statement_timeout: second, lock_timeout: second / 2, ..fleet.settings() };
    let store = PostgresStore::connect(&settings, Arc::clone(&fleet.sealer)).await.unwrap();
    pull(&store, "app", &upstream("app")).await;
    fleet.sql("CREATE FUNCTION slow() RETURNS TRIGGER LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(60); RETURN NEW; END $$").await;
    fleet.sql("CREATE TRIGGER slow BEFORE INSERT ON tags FOR EACH ROW EXECUTE FUNCTION slow()").await;
    let error = tag(&store).await.unwrap_err();
    assert!(matches!(&error, Error::StoreUnavailable(why) if why.to_string().contains("statement timeout")));
    assert_eq!(error.to_string(), "the image store is temporarily unavailable");
    fleet.sql("DROP TRIGGER slow ON tags").await;
    tag(&store).await.unwrap();
}

#[tokio::test]
async fn a_database_over_tls_is_trusted_by_its_authority_and_its_name() {
    let (server, authority) = Postgres::start_tls().await;
    let database = server.database().await;
    let database = database.rsplit_once('/').unwrap().1;
    let key = tempfile::tempdir().unwrap();
    let sealer = Arc::new(Seal::in_data_dir(key.path()).unwrap());
    let connect = async |host: &str, mode: &str, authority: Option<&str>| {
        let url = server.tcp_url(database, host, &format!("sslmode={mode}"));
        let authorities = authority.map(|pem| pem.as_bytes().to_vec());
        let settings = PostgresSettings { authorities, ..PostgresSettings::new(url.into()) };
        PostgresStore::connect(&settings, sealer.clone()).await
    };
    let store = connect("localhost", "verify-full", Some(&authority)).await.unwrap();
    let ciphered = "SELECT count(*) > 0 AND bool_and(ssl) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) \
         WHERE application_name = 'image-service'";
    assert_eq!(server.sql(database, ciphered).await, "t");
    store.close().await;
    connect("127.0.0.1", "verify-ca", Some(&authority)).await.expect("whoever it is, the authority knows it");

    let (_, stranger) = Postgres::start_tls().await;
    for (host, authority) in
        [("localhost", None), ("localhost", Some(&*stranger)), ("127.0.0.1", Some(&*authority))]
    {
        let error = connect(host, "verify-full", authority).await.unwrap_err();
        assert!(error.to_string().contains("certificate") && !error.may_pass(), "{host}: {error}");
    }
    let error = connect("localhost", "require", Some(&authority)).await.unwrap_err();
    assert!(matches!(error, PostgresError::Unverified), "{error}");
}
