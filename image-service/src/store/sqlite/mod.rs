//! The embedded engine: SQLite with a write-ahead log, one connection that writes and a few that read. Look-ups of
//! images, which most requests are, have connections of their own and no thread between them and the caller (`finder`).
//!
//! Invariants: one process per data folder. A commit is on disk, even through a power cut, before it is answered (`synchronous = FULL`).
//! Every change begins with the write lock, so that none fails half-way for lack of it.

mod finder;
mod folder;
mod open;
mod scanner;
mod schema;

#[path = "../portable/mod.rs"]
mod portable;

pub use open::OpenError;
pub use portable::Store as SqliteStore;

use super::cache::FoundCache as Answers;
use finder::Finder;
use folder::DataFolder as Ownership;
use scanner::Scanner;

type Pool = sqlx::SqlitePool;
type Connection = sqlx::SqliteConnection;
type Database = sqlx::Sqlite;

const ENGINE: &str = "sqlite";
const BEGIN: &str = "BEGIN IMMEDIATE";
/// There is one writer.
const LOCK: Option<&str> = None;

#[cfg(test)]
#[path = "plan_tests.rs"]
mod plan_tests;
