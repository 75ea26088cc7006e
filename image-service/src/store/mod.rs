//! The state: images, their names, and sealed credentials, in a database: embedded, or one that several services share.
//!
//! `sqlite` and `postgres` are the engines: connections, schema, look-ups. `portable` is everything above them, written once against the few
//! names that an engine gives (`super::Connection`, `super::BEGIN`, …) in SQL that both read, and included by each.
//! Invariant: nothing is acknowledged before it is on disk. It does not decide what a name means to Docker or what a removal takes along.

mod cache;
mod encoding;
mod error;
mod history;
mod migrations;
mod postgres;
mod sqlite;
mod transfer;
mod upkeep;
mod watched;

use migrations::migrations;
pub use postgres::{PostgresError, PostgresSettings, PostgresStore, PostgresUpkeep};
pub use sqlite::{OpenError, SqliteStore, SqliteUpkeep};
pub use transfer::{TransferError, Transferred};
pub use upkeep::{Finding, Migrated, Upkeep, UpkeepError};
