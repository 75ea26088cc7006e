//! Look-ups of images: one statement each, on any free connection; on another one if that was lost while it lay idle.

use super::{
    Pool,
    portable::{ImageRow, Question},
};
use crate::{error::Result, store::error::is_lost};

/// Looks up images.
#[derive(Debug)]
pub(super) struct Finder(pub(super) Pool);

impl Finder {
    /// The rows of an answer.
    pub(super) async fn rows(&self, question: Question) -> Result<Vec<ImageRow>> {
        let mut lost = 0;
        loop {
            let mut connection = self.0.acquire().await?;
            match question.rows(&mut connection).await {
                Err(error) if is_lost(&error) && lost < self.0.options().get_max_connections() => lost += 1,
                done => return done,
            }
        }
    }

    /// The connections are the store's, which closes them.
    pub(super) fn close(&self) {}
}
