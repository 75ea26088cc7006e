//! Applying a policy to images.

use std::cmp::Reverse;

use super::policy::{Action, CountType, Policy, Rule};
use crate::state::ImageRow;

const DAY: i64 = 24 * 60 * 60;

/// An image whose time has come.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Due {
    pub(crate) image: ImageRow,
    /// Of the rule by which it has.
    pub(crate) priority: u32,
    pub(crate) action: Action,
}

/// The images whose time has come now (seconds since 1970), oldest first.
pub(crate) fn evaluate(policy: &Policy, images: Vec<ImageRow>, now: i64) -> Vec<Due> {
    // Whose image it is; a rule that comes later counts it and leaves it alone.
    let mut claimed: Vec<Option<Option<&Rule>>> = vec![None; images.len()];
    for rule in &policy.rules {
        let takes = |image: &ImageRow| rule.selection.takes(image.status, &image.tags);
        let mut meant: Vec<_> = images.iter().enumerate().filter(|(_, image)| takes(image)).collect();
        meant.sort_by_key(|(_, image)| Reverse((image.pushed, image.digest.clone())));
        for (rank, (number, image)) in meant.into_iter().enumerate() {
            let due = is_over(rule, rank, image, now).then_some(rule);
            if let Some(claim) = claimed.get_mut(number) {
                claim.get_or_insert(due);
            }
        }
    }
    let due = images.into_iter().zip(claimed).filter_map(|(image, claim)| {
        let rule = claim.flatten()?;
        Some(Due { image, priority: rule.rule_priority, action: rule.action })
    });
    due.collect()
}

/// `rank` counts from the newest image, which has 0.
fn is_over(rule: &Rule, rank: usize, image: &ImageRow, now: i64) -> bool {
    let number = rule.selection.count_number;
    let back = image.activated.unwrap_or(i64::MIN);
    let older = |time: i64| now - time > i64::from(number) * DAY;
    match rule.selection.count_type {
        CountType::ImageCountMoreThan => rank >= number as usize,
        CountType::SinceImagePushed => older(image.pushed),
        // An image that is back from the archive begins anew.
        CountType::SinceImagePulled => older(image.pulled.unwrap_or(image.pushed).max(back)),
        CountType::SinceImageTransitioned => image.archived.is_some_and(older),
    }
}

#[cfg(test)]
#[path = "evaluate_tests.rs"]
mod tests;
