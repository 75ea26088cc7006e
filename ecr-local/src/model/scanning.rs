//! Which repositories of a registry are scanned, and when (ECR user guide, "Filters to choose which repositories are scanned").

use serde::{Deserialize, Serialize};

use super::wildcard;

/// Artifact types of what a scanner can read: configs of images.
pub(crate) const SCANNABLE: [&str; 2] =
    ["application/vnd.docker.container.image.v1+json", "application/vnd.oci.image.config.v1+json"];

/// Who scans.
#[derive(Deserialize, Serialize, Clone, Copy, PartialEq, Eq, Default, Debug)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum ScanKind {
    #[default]
    Basic,
    Enhanced,
}

/// When an image is scanned.
#[derive(Deserialize, Serialize, Clone, Copy, PartialEq, Eq, Debug)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum ScanFrequency {
    ScanOnPush,
    ContinuousScan,
    /// By a call, or never.
    Manual,
}

/// The configuration of a registry, as the interface has it.
#[derive(Deserialize, Serialize, Clone, Default, Debug)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct ScanningConfiguration {
    pub(crate) scan_type: ScanKind,
    pub(crate) rules: Vec<ScanRule>,
}

/// A frequency, and for which repositories.
#[derive(Deserialize, Serialize, Clone, Debug)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ScanRule {
    pub(crate) scan_frequency: ScanFrequency,
    pub(crate) repository_filters: Vec<ScanFilter>,
}

/// A pattern of names.
#[derive(Deserialize, Serialize, Clone, Debug)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ScanFilter {
    filter: String,
    filter_type: String,
}

impl ScanKind {
    /// What the interface calls it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Basic => "BASIC",
            Self::Enhanced => "ENHANCED",
        }
    }
}

impl ScanningConfiguration {
    /// What is wrong with it, if anything is.
    pub(crate) fn mistake(&self) -> Option<&'static str> {
        let has = |frequency| self.rules.iter().any(|rule| rule.scan_frequency == frequency);
        let doubled = self.rules.iter().enumerate().any(|(number, rule)| {
            self.rules.iter().take(number).any(|other| other.scan_frequency == rule.scan_frequency)
        });
        match self.scan_type {
            _ if doubled => Some("a scan frequency has one rule"),
            ScanKind::Basic if has(ScanFrequency::ContinuousScan) => {
                Some("CONTINUOUS_SCAN is for the scan type ENHANCED alone")
            }
            ScanKind::Enhanced if has(ScanFrequency::Manual) => {
                Some("MANUAL is for the scan type BASIC alone")
            }
            _ => None,
        }
    }

    /// When images of a repository are scanned, and by which filters that is so. `on_push` is what was set for the repository alone, which
    /// counts with basic scanning. Continuous scanning goes before any other.
    pub(crate) fn for_repository(&self, name: &str, on_push: bool) -> (ScanFrequency, Vec<&ScanFilter>) {
        for frequency in [ScanFrequency::ContinuousScan, ScanFrequency::ScanOnPush] {
            let rules = self.rules.iter().filter(|rule| rule.scan_frequency == frequency);
            let filters: Vec<_> =
                rules.flat_map(|rule| &rule.repository_filters).filter(|filter| filter.takes(name)).collect();
            if !filters.is_empty() {
                return (frequency, filters);
            }
        }
        match self.scan_type {
            ScanKind::Basic if on_push => (ScanFrequency::ScanOnPush, Vec::new()),
            _ => (ScanFrequency::Manual, Vec::new()),
        }
    }
}

impl ScanFilter {
    /// Without a wildcard it takes what contains it.
    fn takes(&self, name: &str) -> bool {
        match self.filter.contains('*') {
            true => wildcard::matches(&self.filter, name),
            false => name.contains(&self.filter),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_without_a_wildcard_takes_every_name_that_contains_it() {
        let takes = |filter: &str| {
            let filter = ScanFilter { filter: filter.to_owned(), filter_type: "WILDCARD".to_owned() };
            ["prod", "repo-prod", "prod-repo", "repo-prod-repo", "prodrepo"].map(|name| filter.takes(name))
        };
        assert_eq!(takes("prod"), [true; 5]);
        assert_eq!(takes("*prod"), [true, true, false, false, false]);
        assert_eq!(takes("prod*"), [true, false, true, false, true]);
        assert_eq!(takes("prod*repo"), [false, false, true, false, true]);
    }
}
