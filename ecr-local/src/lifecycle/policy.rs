//! Policies as documents (ECR user guide, "Lifecycle policy properties").

use std::collections::BTreeSet;

use serde::Deserialize;

use crate::model::{ImageStatus, wildcard_matches};

const MOST_RULES: usize = 50;
const MOST_WILDCARDS: usize = 4;
/// Days that an image stays in the archive at least.
const LEAST_ARCHIVED: u32 = 90;

/// Rules, those that go first in front.
#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub(crate) struct Policy {
    pub(super) rules: Vec<Rule>,
}

#[derive(Deserialize, Debug)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Rule {
    pub(super) rule_priority: u32,
    #[serde(default, rename = "description")]
    _description: String,
    pub(super) selection: Selection,
    pub(super) action: Action,
}

#[derive(Deserialize, Debug)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Selection {
    tag_status: TagStatus,
    storage_class: Option<StorageClass>,
    #[serde(default)]
    tag_pattern_list: Vec<String>,
    #[serde(default)]
    tag_prefix_list: Vec<String>,
    pub(super) count_type: CountType,
    count_unit: Option<String>,
    pub(super) count_number: u32,
}

#[derive(Deserialize, PartialEq, Eq, Clone, Copy, Debug)]
#[serde(rename_all = "lowercase")]
enum TagStatus {
    Tagged,
    Untagged,
    Any,
}

#[derive(Deserialize, PartialEq, Eq, Clone, Copy, Debug)]
#[serde(rename_all = "camelCase")]
pub(super) enum CountType {
    ImageCountMoreThan,
    SinceImagePushed,
    SinceImagePulled,
    SinceImageTransitioned,
}

#[derive(Deserialize, PartialEq, Eq, Clone, Copy, Debug)]
#[serde(rename_all = "lowercase")]
enum StorageClass {
    Standard,
    Archive,
}

/// What becomes of an image.
#[derive(Deserialize, PartialEq, Eq, Clone, Copy, Debug)]
#[serde(try_from = "ActionText")]
pub(crate) enum Action {
    Expire,
    /// It moves to the archive.
    Transition,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ActionText {
    r#type: String,
    #[serde(default)]
    target_storage_class: serde_json::Value,
}

impl TryFrom<ActionText> for Action {
    type Error = &'static str;

    fn try_from(text: ActionText) -> Result<Self, Self::Error> {
        match (text.r#type.as_str(), text.target_storage_class.as_str()) {
            ("expire", None) if text.target_storage_class.is_null() => Ok(Self::Expire),
            ("transition", Some("archive")) => Ok(Self::Transition),
            _ => Err("an action is expire, or transition with the targetStorageClass archive"),
        }
    }
}

impl Policy {
    /// Reads a policy. What is wrong with it, if it is none.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut policy: Self = serde_json::from_str(text).map_err(|error| error.to_string())?;
        policy.rules.sort_by_key(|rule| rule.rule_priority);
        policy.check()?;
        Ok(policy)
    }

    fn check(&self) -> Result<(), String> {
        let refuse = |is_wrong: bool, why: &str| if is_wrong { Err(why.to_owned()) } else { Ok(()) };
        let priorities: BTreeSet<_> = self.rules.iter().map(|rule| rule.rule_priority).collect();
        let count = self.rules.len();
        refuse(count == 0 || count > MOST_RULES, "a policy has 1 to 50 rules")?;
        refuse(
            priorities.len() < count || priorities.contains(&0),
            "rulePriority is unique, and 1 at least",
        )?;
        for class in [StorageClass::Standard, StorageClass::Archive] {
            let rules = self.rules.iter().rev().filter(|rule| rule.selection.storage_class() == class);
            let mut others = rules.skip(1).map(|rule| rule.selection.tag_status);
            refuse(
                others.any(|status| status == TagStatus::Any),
                "a rule for any image has the highest rulePriority",
            )?;
        }
        self.rules.iter().try_for_each(|rule| {
            rule.selection.check(refuse)?;
            let (pulled, transitioned) = (CountType::SinceImagePulled, CountType::SinceImageTransitioned);
            let selection = &rule.selection;
            let (action, counts) = (rule.action, selection.count_type);
            refuse(
                counts == pulled && action == Action::Expire,
                "sinceImagePulled goes with transition alone",
            )?;
            refuse(
                counts == transitioned && action == Action::Transition,
                "sinceImageTransitioned goes with expire alone",
            )?;
            refuse(
                counts == transitioned && selection.count_number < LEAST_ARCHIVED,
                "an image stays in the archive for 90 days",
            )
        })
    }
}

impl Selection {
    fn check(&self, refuse: impl Fn(bool, &str) -> Result<(), String>) -> Result<(), String> {
        let (patterns, prefixes) = (&self.tag_pattern_list, &self.tag_prefix_list);
        let listed = patterns.len() + prefixes.len();
        let both = !patterns.is_empty() && !prefixes.is_empty();
        let is_tagged = self.tag_status == TagStatus::Tagged;
        refuse(both, "tagPatternList and tagPrefixList exclude each other")?;
        refuse(is_tagged && listed == 0, "tagged needs tagPatternList or tagPrefixList")?;
        refuse(!is_tagged && listed > 0, "tagPatternList and tagPrefixList are for tagged alone")?;
        let wild = |pattern: &String| pattern.matches('*').count() > MOST_WILDCARDS;
        refuse(patterns.iter().any(wild), "a pattern has at most four wildcards")?;
        let needs_unit = self.count_type != CountType::ImageCountMoreThan;
        let unit = self.count_unit.as_deref();
        refuse(needs_unit && unit != Some("days"), "countUnit must be days")?;
        refuse(!needs_unit && unit.is_some(), "countUnit is for ages alone")?;
        refuse(self.count_number == 0, "countNumber is 1 at least")?;
        let is_of_archive = self.count_type == CountType::SinceImageTransitioned;
        refuse(
            is_of_archive != (self.storage_class() == StorageClass::Archive),
            "storageClass is archive with sinceImageTransitioned, and standard with all else",
        )
    }

    fn storage_class(&self) -> StorageClass {
        self.storage_class.unwrap_or(StorageClass::Standard)
    }

    /// Whether an image of this status with these tags is meant: every entry of a list must take one of them.
    pub(super) fn takes(&self, status: ImageStatus, tags: &[String]) -> bool {
        let kept = match self.storage_class() {
            StorageClass::Standard => ImageStatus::Active,
            StorageClass::Archive => ImageStatus::Archived,
        };
        kept == status && self.takes_tags(tags)
    }

    fn takes_tags(&self, tags: &[String]) -> bool {
        match self.tag_status {
            TagStatus::Any => true,
            TagStatus::Untagged => tags.is_empty(),
            TagStatus::Tagged => {
                let patterns = &self.tag_pattern_list;
                let prefixes = &self.tag_prefix_list;
                patterns.iter().all(|pattern| tags.iter().any(|tag| wildcard_matches(pattern, tag)))
                    && prefixes.iter().all(|prefix| tags.iter().any(|tag| tag.starts_with(prefix)))
            }
        }
    }
}
