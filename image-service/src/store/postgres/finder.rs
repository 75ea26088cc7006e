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
        question.rows(&mut *self.0.acquire().await?).await
    }

    /// The connections are the store's, which closes them.
    pub(super) fn close(&self) {}
}
