//! Changes, one at a time: made by one connection, and told to be done when they last.
//!
//! Invariant: nobody else writes, so nobody forgets to wait for the log.

use std::{
    ops::{Deref, DerefMut},
    sync::Arc,
};

use sqlx::{
    Sqlite, SqliteConnection, SqlitePool,
    query::Query,
    sqlite::{SqliteArguments, SqliteTransaction},
};

use super::{Result, log::Log};

const BEGIN: &str = "BEGIN IMMEDIATE";

/// The connection that changes the database.
pub(super) struct Writer {
    pool: SqlitePool,
    log: Arc<Log>,
}

/// A change of several rows. It is undone when it is dropped before it is committed.
pub(super) struct Change {
    transaction: SqliteTransaction<'static>,
    log: Arc<Log>,
}

impl Writer {
    /// `pool` has one connection.
    pub(super) fn new(pool: SqlitePool, log: Log) -> Self {
        Self { pool, log: Arc::new(log) }
    }

    /// Begins a change, with the lock of all writers.
    pub(super) async fn begin(&self) -> Result<Change> {
        Ok(Change { transaction: self.pool.begin_with(BEGIN).await?, log: Arc::clone(&self.log) })
    }

    /// Runs one statement. What it has changed lasts when this returns, with how many rows that were.
    pub(super) async fn execute(&self, statement: Query<'_, Sqlite, SqliteArguments>) -> Result<u64> {
        self.run(|pool| statement.execute(pool)).await.map(|done| done.rows_affected())
    }

    /// Runs one statement that gives something. What it has changed lasts when this returns.
    pub(super) async fn run<'w, T, F>(&'w self, statement: impl FnOnce(&'w SqlitePool) -> F) -> Result<T>
    where
        F: Future<Output = Result<T>>,
    {
        let done = statement(&self.pool).await?;
        self.log.keep().await?;
        Ok(done)
    }

    /// Runs one statement. What it has changed is of use as long as it is there, and is lost in a power cut.
    pub(super) async fn jot(&self, statement: Query<'_, Sqlite, SqliteArguments>) -> Result<()> {
        statement.execute(&self.pool).await.map(drop)
    }

    pub(super) async fn close(&self) {
        self.pool.close().await;
    }
}

impl Change {
    /// Makes the change. It lasts when this returns.
    pub(super) async fn commit(self) -> Result<()> {
        self.transaction.commit().await?;
        self.log.keep().await
    }
}

impl Deref for Change {
    type Target = SqliteConnection;

    fn deref(&self) -> &SqliteConnection {
        &self.transaction
    }
}

impl DerefMut for Change {
    fn deref_mut(&mut self) -> &mut SqliteConnection {
        &mut self.transaction
    }
}
