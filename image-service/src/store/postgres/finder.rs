//! Look-ups of images: one statement each, on any free connection.

use super::{
    Pool,
    portable::{ImageRow, Question},
};
use crate::error::Result;

/// Looks up images.
#[derive(Debug)]
pub(super) struct Finder(pub(super) Pool);

impl Finder {
    /// The rows of an answer.
    pub(super) async fn rows(&self, question: Question) -> Result<Vec<ImageRow>> {
        let Question { statement, values } = question;
        let query = values.into_iter().fold(sqlx::query_as(statement), sqlx::query::QueryAs::bind);
        Ok(query.fetch_all(&self.0).await?)
    }

    /// The connections are the store's, which closes them.
    pub(super) fn close(&self) {}
}
