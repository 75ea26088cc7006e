//! Which images of a registry are to be signed, and by whom.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::wildcard;

/// The configuration of a registry, as the interface has it.
#[derive(Deserialize, Serialize, Clone, Debug)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SigningConfiguration {
    rules: Vec<SigningRule>,
}

#[derive(Deserialize, Serialize, Clone, Debug)]
#[serde(rename_all = "camelCase")]
struct SigningRule {
    signing_profile_arn: String,
    /// All repositories, if there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    repository_filters: Option<Vec<SigningFilter>>,
}

#[derive(Deserialize, Serialize, Clone, Debug)]
#[serde(rename_all = "camelCase")]
struct SigningFilter {
    filter: String,
    filter_type: String,
}

impl SigningConfiguration {
    /// The profiles that sign images of a repository, each once.
    pub(crate) fn profiles(&self, name: &str) -> BTreeSet<&str> {
        let takes = |filters: &Vec<SigningFilter>| {
            filters.iter().any(|filter| wildcard::matches(&filter.filter, name))
        };
        let rules = self.rules.iter().filter(|rule| rule.repository_filters.as_ref().is_none_or(takes));
        rules.map(|rule| rule.signing_profile_arn.as_str()).collect()
    }
}
