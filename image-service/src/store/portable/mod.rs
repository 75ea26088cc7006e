//! The store above its engine. Everything here goes through names that the including module gives: `Pool`, `Connection`, `Database`, `Finder`,
//! `Scanner`, `Answers`, `Ownership`, `Place`, `Row`, `schema`, `ENGINE`, `BEGIN`, `LOCK`, `SNAPSHOT`, `TABLES`, `SOUNDNESS`, `ASIDE`, `SETTLE`.
//!
//! Rules for statements: literals with `$n`, text that both engines read, times and JSON as text, nothing bound as a boolean.

/// The names of image `i`, gathered into two columns: `repository:tag …` and `repository@digest …`.
macro_rules! gathered_names {
    () => {
        "(SELECT string_agg(t.repository || ':' || t.tag, ' ') FROM tags t \
          WHERE t.namespace = i.namespace AND t.image_id = i.id), \
         (SELECT string_agg(d.repository || '@' || d.digest, ' ') FROM repo_digests d \
          WHERE d.namespace = i.namespace AND d.image_id = i.id)"
    };
}

/// 'repository:tag' of a tag that reads like an ID, NULL of all others: as the triggers of the schema say it.
macro_rules! like_id {
    ($repository:literal, $tag:literal) => {
        concat!(
            "CASE WHEN substr(",
            $repository,
            ", 1, 18) = 'docker.io/library/' \
             AND ltrim(substr(",
            $repository,
            ", 19), '0123456789abcdefhs') = '' \
             THEN ",
            $repository,
            " || ':' || ",
            $tag,
            " END"
        )
    };
}

/// `look(connection, values…)` on any free connection of a store, and how it is told of. Those that were lost while they lay idle show it when they
/// are used; each then gives way to another one.
macro_rules! read {
    ($store:ident, $operation:literal, $look:path $(, $value:expr)*) => {
        $crate::store::watched::watch(super::ENGINE, $operation, async {
            let mut lost = 0;
            loop {
                let mut connection = $store.reading().await?;
                match $look(&mut connection $(, $value)*).await {
                    Err(error)
                        if $crate::store::error::is_lost(&error)
                            && lost < $store.reader.options().get_max_connections() =>
                    {
                        lost += 1;
                    }
                    done => break done,
                }
            }
        })
        .await
    };
}

mod change;
mod check;
mod credentials;
mod event_store;
mod events;
mod export;
mod find;
mod history;
mod images;
mod import;
mod key_store;
mod keys;
mod layers;
mod list;
mod load;
mod location_store;
mod locations;
mod pools;
mod pull;
mod push;
mod remove;
mod rows;
mod tag;
mod upkeep;
mod vector_store;
mod vectors;

use std::sync::{Arc, atomic::AtomicI64};

use async_trait::async_trait;
use tokio::sync::watch;

use super::{
    ASIDE, Answers, BEGIN, Connection, Database, ENGINE, Finder, LOCK, Ownership, Place, Pool, Row, SETTLE,
    SNAPSHOT, SOUNDNESS, Scanner, TABLES, schema,
};
use crate::ports::Sealer;
pub(super) use find::{ImageRow, Question};
pub(super) use history::history;
pub use upkeep::Upkeep;
pub(super) use vectors::{Ranking, SCAN, ScannedRow};

#[cfg(test)]
pub(super) use self::{
    events::STATEMENTS as EVENTS, find::STATEMENTS as FIND, layers::STATEMENTS as LAYERS, list::PAGE,
    locations::STATEMENTS as LOCATIONS, remove::STATEMENTS as REMOVAL, tag::STATEMENTS as TAGGING,
    vectors::STATEMENTS as VECTORS,
};

/// Images, names and credentials in one database.
#[derive(Debug)]
pub struct Store {
    // Readers go first when the store is dropped: the last connection to close clears the log away, and only the writer can.
    finder: Finder,
    scanner: Scanner,
    reader: Pool,
    writer: Pool,
    answers: Arc<Answers>,
    /// How many commits there were, as far as it was heard.
    changes: watch::Sender<u64>,
    /// The newest event that was listened for.
    heard: AtomicI64,
    sealer: Arc<dyn Sealer>,
    id: String,
    /// Of a change that was undone for others.
    repetitions: u32,
    ownership: Arc<Ownership>,
}

impl Store {
    /// `fresh_id` becomes the store's name unless it has one.
    #[expect(clippy::too_many_arguments, reason = "the parts that an engine gives, once")]
    pub(super) async fn on(
        ownership: Ownership,
        writer: Pool,
        reader: Pool,
        finder: Finder,
        scanner: Scanner,
        sealer: Arc<dyn Sealer>,
        answers: Answers,
        fresh_id: &str,
        repetitions: u32,
    ) -> sqlx::Result<Self> {
        pools::watch(&reader, &writer);
        let insert = "INSERT INTO store_identity (singleton, id) VALUES (1, $1) ON CONFLICT DO NOTHING";
        sqlx::query(insert).bind(fresh_id).execute(&writer).await?;
        let id = sqlx::query_scalar("SELECT id FROM store_identity").fetch_one(&writer).await?;
        let (answers, ownership) = (Arc::new(answers), Arc::new(ownership));
        let (changes, heard) = (watch::Sender::new(0), AtomicI64::new(0));
        Ok(Self {
            finder,
            scanner,
            reader,
            writer,
            answers,
            changes,
            heard,
            sealer,
            id,
            repetitions,
            ownership,
        })
    }

    /// Waits for what is under way and closes the database. Every later call answers that the store is unavailable.
    pub async fn close(&self) {
        self.finder.close();
        self.scanner.close().await;
        self.reader.close().await;
        self.ownership.ending();
        self.writer.close().await;
    }
}

#[async_trait]
impl crate::ports::Store for Store {
    async fn close(&self) {
        self.close().await;
    }
}
