//! Pages as ECS has them: the bounds of their size are in no model.

use serde::Deserialize;

use crate::control::{errors::Error, page::PageInput};

/// What a call says of the page that it wants.
#[derive(Deserialize, Default, Debug)]
#[serde(rename_all = "camelCase")]
pub(super) struct AskedPage {
    next_token: Option<String>,
    max_results: Option<i64>,
}

impl AskedPage {
    pub(super) fn read(self) -> Result<PageInput, Error> {
        let count =
            self.max_results.map(|count| u32::try_from(count).ok().filter(|count| (1..=100).contains(count)));
        match count {
            Some(None) => Err(Error::parameter("maxResults", "must be between 1 and 100")),
            count => Ok(PageInput { next_token: self.next_token, max_results: count.flatten() }),
        }
    }
}
