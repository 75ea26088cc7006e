//! The state: images, their names, and sealed credentials, in an embedded database.
//!
//! `sqlite` is the engine: files, connections, schema. `portable` is everything above it, written once against the few names that an engine
//! gives (`super::Connection`, `super::BEGIN`, …) in SQL that Postgres reads too; a second engine is a second folder that includes it.
//! Invariant: nothing is acknowledged before it is on disk. It does not decide what a name means to Docker or what a removal takes along.

mod cache;
mod encoding;
mod error;
mod lately;
mod sqlite;

pub use sqlite::{OpenError, SqliteStore};
