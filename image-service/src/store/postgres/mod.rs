//! The engine of a fleet: Postgres, which several services share.
//!
//! Invariants: a change begins with a lock that all services share, so that changes come one at a time and see each other as they do in the
//! embedded engine. No answer is kept in a process, as another one may have changed it: a version is a digest of what it stands for.

mod finder;
mod open;
mod place;
mod scanner;
mod schema;
mod settings;
mod versions;

#[path = "../portable/mod.rs"]
mod portable;

pub use open::PostgresError;
pub use portable::{Store as PostgresStore, Upkeep as PostgresUpkeep};
pub use settings::PostgresSettings;

use finder::Finder;
use place::Place;
use scanner::Scanner;
use versions::Versions as Answers;

type Pool = sqlx::PgPool;
type Connection = sqlx::PgConnection;
type Database = sqlx::Postgres;
type Row = sqlx::postgres::PgRow;
/// Nobody owns a shared database.
#[derive(Debug)]
struct Ownership;

impl Ownership {
    /// Others may go on.
    fn ending(&self) {}
}

const ENGINE: &str = "postgres";
/// Whatever the database's default is: what comes before the lock must not be all that a change sees.
const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED";
/// The number is this program's; the lock goes with the transaction.
const LOCK: Option<&str> = Some("SELECT pg_advisory_xact_lock(7310305482312902516)");
/// Begins a look at one moment.
const SNAPSHOT: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY";
/// What the engine itself finds wrong, a text for each: constraints and triggers that somebody has switched off.
const SOUNDNESS: &str = "SELECT 'constraint ' || c.conname || ' of ' || t.relname || ' was not validated' \
     FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid \
     WHERE t.relnamespace = to_regnamespace(quote_ident(current_schema())) AND NOT c.convalidated \
     UNION ALL SELECT 'trigger ' || g.tgname || ' of ' || t.relname || ' is switched off' \
     FROM pg_trigger g JOIN pg_class t ON t.oid = g.tgrelid \
     WHERE t.relnamespace = to_regnamespace(quote_ident(current_schema())) AND g.tgenabled IN ('D', 'R')";
/// How many tables there are, and how many of them tell of migrations.
const TABLES: &str = "SELECT COUNT(*), COUNT(*) FILTER (WHERE table_name = '_sqlx_migrations') \
     FROM information_schema.tables WHERE table_schema = current_schema()";
/// What a filling is faster without: indexes and triggers, each with what takes it away and what brings it back. What holds a constraint stays.
const ASIDE: &str = "SELECT format('ALTER TABLE %I DISABLE TRIGGER USER', t.relname), \
     format('ALTER TABLE %I ENABLE TRIGGER USER', t.relname) FROM pg_class t \
     WHERE t.relnamespace = to_regnamespace(quote_ident(current_schema())) \
     AND EXISTS (SELECT 1 FROM pg_trigger g WHERE g.tgrelid = t.oid AND NOT g.tgisinternal) \
     UNION ALL SELECT format('DROP INDEX %I', i.relname), pg_get_indexdef(i.oid) \
     FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid \
     WHERE i.relnamespace = to_regnamespace(quote_ident(current_schema())) AND NOT x.indisunique";
/// So that the first look-ups are planned for what there is now, and the room of rows that were written twice is used again.
const SETTLE: &str = "VACUUM (ANALYZE)";

#[cfg(test)]
#[path = "plan_tests.rs"]
mod plan_tests;
