//! Which requests somebody wants to see.

use serde::Deserialize;

use super::Entry;
use crate::model::{Plane, wildcard_matches};

/// All that is set must be so of an entry. In operations and repositories `*` stands for any run of characters.
#[derive(Clone, PartialEq, Eq, Default, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Filter {
    /// One interface.
    pub plane: Option<Plane>,
    /// A pattern.
    pub operation: Option<String>,
    /// Twelve digits.
    pub account: Option<String>,
    /// As it is written.
    pub region: Option<String>,
    /// A pattern.
    pub repository: Option<String>,
    /// As it is written.
    pub principal: Option<String>,
    /// An HTTP status.
    pub status: Option<u16>,
    /// An exception, or OCI's code.
    pub code: Option<String>,
    /// Whether a fault met it.
    pub faulted: Option<bool>,
}

impl Filter {
    /// One operation, or those that a pattern takes.
    pub fn operation(pattern: impl Into<String>) -> Self {
        Self { operation: Some(pattern.into()), ..Self::default() }
    }

    /// Whether it takes an entry.
    pub(super) fn takes(&self, entry: &Entry) -> bool {
        let is = |wanted: &Option<String>, found: &Option<String>| wanted.is_none() || wanted == found;
        let matches = |pattern: &Option<String>, text: Option<&str>| {
            pattern.as_ref().is_none_or(|pattern| text.is_some_and(|text| wildcard_matches(pattern, text)))
        };
        self.plane.is_none_or(|plane| plane == entry.plane)
            && matches(&self.operation, Some(&entry.operation))
            && matches(&self.repository, entry.repository.as_deref())
            && is(&self.account, &entry.account)
            && is(&self.region, &entry.region)
            && is(&self.principal, &entry.principal)
            && is(&self.code, &entry.code)
            && (self.status.is_none() || self.status == entry.status)
            && self.faulted.is_none_or(|faulted| faulted == entry.faulted)
    }
}
