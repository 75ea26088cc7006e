//! What an operator does with a state as a whole: migrate, check, export, import.

mod error;
mod finding;

use std::io::{Read, Write};

use async_trait::async_trait;

pub use error::UpkeepError;
pub use finding::Finding;

use super::Transferred;

/// A schema before and after.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Migrated {
    /// The last migration that the database had; nothing for one that was made just now.
    pub from: Option<i64>,
    /// The last that it has.
    pub to: i64,
}

/// A state that is not being served by this process. Reading and writing of documents blocks: for a process that does nothing else.
#[async_trait(?Send)]
pub trait Upkeep {
    /// Brings the schema to this version's. Nothing to do is success.
    async fn migrate(&self) -> Result<Migrated, UpkeepError>;

    /// Tells everything that should not be so, of one moment. Changes nothing, and works beside services.
    async fn check(&self, tell: &mut dyn FnMut(Finding)) -> Result<(), UpkeepError>;

    /// Writes all of one moment. Changes nothing, and works beside services.
    async fn export(&self, to: &mut dyn Write, credentials: bool) -> Result<Transferred, UpkeepError>;

    /// Fills an empty state, in one transaction: an error leaves it empty.
    async fn import(&self, from: &mut dyn Read, credentials: bool) -> Result<Transferred, UpkeepError>;
}
