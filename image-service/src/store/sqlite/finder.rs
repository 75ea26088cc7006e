//! Look-ups of images, on the thread that asks.
//!
//! A look-up reads some ten pages, which the system has in memory as a rule: tens of microseconds of work, less than the way to another
//! thread and back costs. Where pages come from the disk, the thread that serves requests would wait for them: a look-up that took long
//! sends those after it to the threads for blocking work, until one was quick again.
//!
//! Invariant: a look-up sees every change that was acknowledged before it began. Each is one statement, which takes the newest state when
//! it begins and lets go of it at its end; in a write-ahead log it neither waits for a change nor holds one up.

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use rusqlite::{Connection, OpenFlags, params_from_iter};

use super::portable::{ImageRow, Question};
use crate::error::{Error, Result};

/// Threads that look up at once; one more waits for some microseconds. A connection is opened when there is first a thread for it.
const CONNECTIONS: usize = 4;
/// What no look-up among pages in memory takes.
const QUICK: Duration = Duration::from_millis(1);
/// The indexes of some 100,000 images, without what they lead to. Taken only as far as look-ups need it.
const CACHE_KIB: i64 = 16384;

/// Connections that look up images.
#[derive(Debug)]
pub(super) struct Finder(Arc<Readers>);

#[derive(Debug)]
struct Readers {
    database: PathBuf,
    connections: [Mutex<Option<Connection>>; CONNECTIONS],
    turn: AtomicUsize,
    waits_for_disk: AtomicBool,
    closed: AtomicBool,
}

impl Finder {
    /// Opens a database that exists and has its schema.
    pub(super) fn open(database: &Path) -> rusqlite::Result<Self> {
        let readers = Readers {
            database: database.to_owned(),
            connections: Default::default(),
            turn: AtomicUsize::new(0),
            waits_for_disk: AtomicBool::new(false),
            closed: AtomicBool::new(false),
        };
        opened(&mut lock(&readers.connections[0]), database)?;
        Ok(Self(Arc::new(readers)))
    }

    /// The rows of an answer.
    pub(super) async fn rows(&self, question: Question) -> Result<Vec<ImageRow>> {
        if !self.0.waits_for_disk.load(Relaxed) {
            return self.0.rows(&question);
        }
        let readers = Arc::clone(&self.0);
        tokio::task::spawn_blocking(move || readers.rows(&question)).await.map_err(Error::internal)?
    }

    /// Waits for what is under way. Every later look-up answers that the store is unavailable.
    pub(super) fn close(&self) {
        self.0.closed.store(true, Relaxed);
        for connection in &self.0.connections {
            drop(lock(connection).take());
        }
    }
}

impl Readers {
    fn rows(&self, question: &Question) -> Result<Vec<ImageRow>> {
        let begun = Instant::now();
        let mut connection = self.free();
        if self.closed.load(Relaxed) {
            return Err(Error::StoreUnavailable("the store is closed".into()));
        }
        let rows = rows(opened(&mut connection, &self.database)?, question)?;
        self.waits_for_disk.store(begun.elapsed() > QUICK, Relaxed);
        Ok(rows)
    }

    /// The first that is free, as its pages and statements were used last.
    fn free(&self) -> MutexGuard<'_, Option<Connection>> {
        let free = self.connections.iter().find_map(|connection| connection.try_lock().ok());
        free.unwrap_or_else(|| lock(&self.connections[self.turn.fetch_add(1, Relaxed) % CONNECTIONS]))
    }
}

fn lock(connection: &Mutex<Option<Connection>>) -> MutexGuard<'_, Option<Connection>> {
    connection.lock().unwrap_or_else(PoisonError::into_inner)
}

fn opened<'a>(
    connection: &'a mut Option<Connection>,
    database: &Path,
) -> rusqlite::Result<&'a mut Connection> {
    match connection {
        Some(connection) => Ok(connection),
        None => Ok(connection.insert(connect(database)?)),
    }
}

fn connect(database: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(database, flags)?;
    connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
    Ok(connection)
}

fn rows(connection: &Connection, question: &Question) -> rusqlite::Result<Vec<ImageRow>> {
    let mut statement = connection.prepare_cached(question.statement)?;
    let rows = statement.query(params_from_iter(&question.values))?;
    rows.mapped(|row| row.try_into()).collect()
}

#[cfg(test)]
#[path = "finder_tests.rs"]
mod tests;
