//! The engine of a fleet: Postgres, which several services share.
//!
//! Invariants: a change begins with a lock that all services share, so that changes come one at a time and see each other as they do in the
//! embedded engine. No answer is kept in a process, as another one may have changed it: a version is a digest of what it stands for.

mod finder;
mod open;
mod scanner;
mod schema;
mod settings;
mod versions;

#[path = "../portable/mod.rs"]
mod portable;

pub use open::PostgresError;
pub use portable::Store as PostgresStore;
pub use settings::PostgresSettings;

use finder::Finder;
use scanner::Scanner;
use versions::Versions as Answers;

type Pool = sqlx::PgPool;
type Connection = sqlx::PgConnection;
/// Nobody owns a shared database.
type Ownership = ();

const ENGINE: &str = "postgres";
/// Whatever the database's default is: what comes before the lock must not be all that a change sees.
const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED";
/// The number is this program's; the lock goes with the transaction.
const LOCK: Option<&str> = Some("SELECT pg_advisory_xact_lock(7310305482312902516)");

#[cfg(test)]
#[path = "plan_tests.rs"]
mod plan_tests;
