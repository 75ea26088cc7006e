//! Pages of listings (distribution-spec, "Listing Tags").

use http::header;

use super::{answer, errors::Error, query::Query};
use crate::{
    quirks::{Quirk, Quirks},
    wire::Answer,
};

/// As many as a page may have, and has unless asked otherwise.
const MOST: u32 = 1000;

/// Which part of a listing is asked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Page {
    count: u32,
    /// The first entry is the one behind this.
    pub(crate) last: String,
}

impl Page {
    pub(crate) fn of(query: &Query, quirks: Quirks) -> Result<Self, Error> {
        let count = match query.first("n") {
            None | Some("") => MOST,
            Some(text) if text.bytes().all(|byte| byte.is_ascii_digit()) => {
                let count = text.parse().unwrap_or(u32::MAX);
                if count > MOST && quirks.has(Quirk::LargePagesRefused) {
                    return Err(Error::PageInvalid);
                }
                count.min(MOST)
            }
            Some(_) => return Err(Error::PageInvalid),
        };
        Ok(Self { count, last: query.first("last").unwrap_or_default().to_owned() })
    }

    /// How many to look for: one more shows whether there are more.
    pub(crate) fn sought(&self) -> u32 {
        self.count.saturating_add(1)
    }

    /// Cuts what was found to the page. What the next page begins behind, if there is one.
    pub(crate) fn cut(&self, found: &mut Vec<String>) -> Option<String> {
        let count = self.count as usize;
        let has_more = found.len() > count;
        found.truncate(count);
        found.last().filter(|_| has_more).cloned()
    }

    /// The query of the next page.
    pub(crate) fn next(&self, last: &str) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.append_pair("n", &self.count.to_string()).append_pair("last", last).finish()
    }
}

/// Says where the listing goes on (RFC 8288).
pub(crate) fn link(answer: &mut Answer, path: &str, query: &str) -> Result<(), Error> {
    answer::set(answer, header::LINK, &format!("<{path}?{query}>; rel=\"next\""))
}
