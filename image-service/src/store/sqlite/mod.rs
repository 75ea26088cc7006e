//! The embedded engine: SQLite with a write-ahead log, one connection that writes and a few that read. Look-ups of
//! images, which most requests are, have connections of their own and no thread between them and the caller (`finder`).
//!
//! Invariants: one process per data folder. A commit is on disk, even through a power cut, before it is answered (`synchronous = FULL`).
//! Every change begins with the write lock, so that none fails half-way for lack of it.

mod finder;
mod folder;
mod open;
mod place;
mod scanner;
mod schema;

#[path = "../portable/mod.rs"]
mod portable;

pub use open::OpenError;
pub use portable::{Store as SqliteStore, Upkeep as SqliteUpkeep};

use super::cache::FoundCache as Answers;
use finder::Finder;
use folder::DataFolder as Ownership;
use place::Place;
use scanner::Scanner;

type Pool = sqlx::SqlitePool;
type Connection = sqlx::SqliteConnection;
type Database = sqlx::Sqlite;
type Row = sqlx::sqlite::SqliteRow;

const ENGINE: &str = "sqlite";
const BEGIN: &str = "BEGIN IMMEDIATE";
/// There is one writer.
const LOCK: Option<&str> = None;
/// Begins a look at one moment.
const SNAPSHOT: &str = "BEGIN";
/// What the engine itself finds wrong, a text for each.
const SOUNDNESS: &str = "SELECT integrity_check FROM pragma_integrity_check WHERE integrity_check <> 'ok'";
/// How many tables there are, and how many of them tell of migrations.
const TABLES: &str = "SELECT COUNT(*), COUNT(*) FILTER (WHERE name = '_sqlx_migrations') FROM sqlite_schema \
     WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'";
/// What a filling is faster without: indexes and triggers, each with what takes it away and what makes it again. What holds a constraint stays.
const ASIDE: &str = "SELECT 'DROP ' || type || ' ' || name, sql FROM sqlite_schema \
     WHERE type = 'trigger' OR (type = 'index' AND sql LIKE 'CREATE INDEX %') ORDER BY rowid";
/// What is planned by went with the indexes.
const SETTLE: &str = include_str!("../../../../migrations/sqlite/0008_fixed_statistics.sql");

#[cfg(test)]
#[path = "plan_tests.rs"]
mod plan_tests;
