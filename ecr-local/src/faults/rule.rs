//! A rule: which requests it is about, which of them it meets, and what becomes of those.

use serde::{Deserialize, Serialize};

use super::Effect;
use crate::model::Plane;

/// What goes wrong, and when. In JSON:
/// `{"plane": "control", "operation": "PutImage", "repository": "team/*", "when": {"first": 2}, "effect": {"error": {"code": "ServerException"}}}`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Rule {
    /// Both, if it is not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plane: Option<Plane>,
    /// AWS's name of a call, or that of an endpoint (`GetManifest`, `PatchUpload`); `*` stands for any run of characters. All, if it is
    /// not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// A repository, with `*` as above. Requests about no repository are taken only if it is not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repository: Option<String>,
    /// Which of the requests.
    #[serde(default)]
    pub when: When,
    /// What becomes of them.
    pub effect: Effect,
    /// Whether an error or a reset comes after the operation was done, so that only the answer is lost.
    #[serde(default)]
    pub after_effect: bool,
}

/// Which of the requests that a rule is about it meets, counted from 1 since it was set.
#[derive(Clone, Copy, PartialEq, Default, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum When {
    /// All.
    #[default]
    Always,
    /// As many at the beginning.
    First(u64),
    /// This one alone.
    Nth(u64),
    /// One in so many: the third, the sixth, and so on.
    Every(u64),
    /// All behind so many.
    After(u64),
    /// Some, by a die that falls the same way for the same seed.
    Chance {
        /// From 0 to 1.
        probability: f64,
        /// Any number.
        #[serde(default)]
        seed: u64,
    },
}

impl Rule {
    /// A rule for all requests.
    #[must_use]
    pub fn new(effect: Effect) -> Self {
        let when = When::default();
        Self { plane: None, operation: None, repository: None, when, effect, after_effect: false }
    }

    /// On one plane only.
    #[must_use]
    pub fn plane(mut self, plane: Plane) -> Self {
        self.plane = Some(plane);
        self
    }

    /// For one operation, or those that a pattern takes.
    #[must_use]
    pub fn operation(mut self, pattern: impl Into<String>) -> Self {
        self.operation = Some(pattern.into());
        self
    }

    /// For one repository, or those that a pattern takes.
    #[must_use]
    pub fn repository(mut self, pattern: impl Into<String>) -> Self {
        self.repository = Some(pattern.into());
        self
    }

    /// For some of the requests.
    #[must_use]
    pub fn when(mut self, when: When) -> Self {
        self.when = when;
        self
    }

    /// After the operation was done.
    #[must_use]
    pub fn after_effect(mut self) -> Self {
        self.after_effect = true;
        self
    }
}

impl When {
    /// Whether the request with this number, from 1, is met.
    pub(super) fn meets(self, number: u64) -> bool {
        match self {
            Self::Always => true,
            Self::First(count) => number <= count,
            Self::Nth(wanted) => number == wanted,
            Self::Every(step) => step > 0 && number.is_multiple_of(step),
            Self::After(count) => number > count,
            Self::Chance { probability, seed } => fraction(seed, number) < probability,
        }
    }
}

/// From 0 to 1, evenly: the high bits of a SplitMix64 sequence, which fit into a float.
fn fraction(seed: u64, number: u64) -> f64 {
    let mut bits = seed.wrapping_add(number.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^= bits >> 31;
    f64::from(u32::try_from(bits >> 32).unwrap_or_default()) / (f64::from(u32::MAX) + 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_meets_the_requests_that_it_counts_to() {
        let met = |when: When| (1..=6).filter(|number| when.meets(*number)).collect::<Vec<_>>();
        assert_eq!(met(When::Always), [1, 2, 3, 4, 5, 6]);
        assert_eq!(met(When::First(2)), [1, 2]);
        assert_eq!(met(When::Nth(3)), [3]);
        assert_eq!(met(When::Every(3)), [3, 6]);
        assert!(met(When::Every(0)).is_empty());
        assert_eq!(met(When::After(4)), [5, 6]);
    }

    #[test]
    fn a_die_falls_the_same_way_for_the_same_seed_and_as_often_as_it_should() {
        let met = |probability, seed| {
            (1..=10_000)
                .filter(|number| When::Chance { probability, seed }.meets(*number))
                .collect::<Vec<_>>()
        };
        assert_eq!(met(0.25, 7), met(0.25, 7));
        assert_ne!(met(0.25, 7), met(0.25, 8));
        assert!((2_300..2_700).contains(&met(0.25, 7).len()));
        assert_eq!((met(0.0, 1).len(), met(1.0, 1).len()), (0, 10_000));
    }
}
