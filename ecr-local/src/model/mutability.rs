//! Whether a tag of a repository may move.

use serde::{Deserialize, Serialize};

use super::wildcard;

/// What is so of all tags but those that a filter takes.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Debug)]
enum MutabilityMode {
    Mutable,
    Immutable,
}

/// The rule of a repository.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Debug)]
pub(crate) struct Mutability {
    mode: MutabilityMode,
    /// Patterns of the tags for which the opposite is so.
    pub(crate) exclusions: Vec<String>,
}

impl Mutability {
    /// Reads what the interface calls it: a mode, `_WITH_EXCLUSION` if there are patterns. Nothing for a name without its patterns, or
    /// patterns without that name.
    pub(crate) fn parse(name: &str, exclusions: Vec<String>) -> Option<Self> {
        let (mode, excludes) = match name {
            "MUTABLE" => (MutabilityMode::Mutable, false),
            "IMMUTABLE" => (MutabilityMode::Immutable, false),
            "MUTABLE_WITH_EXCLUSION" => (MutabilityMode::Mutable, true),
            "IMMUTABLE_WITH_EXCLUSION" => (MutabilityMode::Immutable, true),
            _ => return None,
        };
        (excludes != exclusions.is_empty()).then_some(Self { mode, exclusions })
    }

    /// What the interface calls it.
    pub(crate) fn name(&self) -> &'static str {
        match (self.mode, self.exclusions.is_empty()) {
            (MutabilityMode::Mutable, true) => "MUTABLE",
            (MutabilityMode::Immutable, true) => "IMMUTABLE",
            (MutabilityMode::Mutable, false) => "MUTABLE_WITH_EXCLUSION",
            (MutabilityMode::Immutable, false) => "IMMUTABLE_WITH_EXCLUSION",
        }
    }

    /// Whether a tag may come to point at another image.
    pub(crate) fn lets_move(&self, tag: &str) -> bool {
        let is_excluded = self.exclusions.iter().any(|pattern| wildcard::matches(pattern, tag));
        (self.mode == MutabilityMode::Mutable) != is_excluded
    }
}
