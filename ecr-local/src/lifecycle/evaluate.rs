//! Applying a policy to images.

use std::cmp::Reverse;

use super::policy::{CountType, Policy, Rule};
use crate::state::ImageRow;

const DAY: i64 = 24 * 60 * 60;

/// An image that expires.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Expiring {
    pub(crate) image: ImageRow,
    /// Of the rule by which it does.
    pub(crate) priority: u32,
}

/// The images that expire now (seconds since 1970), oldest first.
pub(crate) fn evaluate(policy: &Policy, images: Vec<ImageRow>, now: i64) -> Vec<Expiring> {
    // Whose image it is; a rule that comes later counts it and leaves it alone.
    let mut claimed: Vec<Option<Option<u32>>> = vec![None; images.len()];
    for rule in &policy.rules {
        let mut meant: Vec<_> =
            images.iter().enumerate().filter(|(_, image)| rule.selection.takes(&image.tags)).collect();
        meant.sort_by_key(|(_, image)| Reverse((image.pushed, image.digest.clone())));
        for (rank, (number, image)) in meant.into_iter().enumerate() {
            let expires = is_over(rule, rank, image, now).then_some(rule.rule_priority);
            if let Some(claim) = claimed.get_mut(number) {
                claim.get_or_insert(expires);
            }
        }
    }
    let expiring = images
        .into_iter()
        .zip(claimed)
        .filter_map(|(image, claim)| claim.flatten().map(|priority| Expiring { image, priority }));
    expiring.collect()
}

/// `rank` counts from the newest image, which has 0.
fn is_over(rule: &Rule, rank: usize, image: &ImageRow, now: i64) -> bool {
    let number = rule.selection.count_number;
    let older = |time: i64| now - time > i64::from(number) * DAY;
    match rule.selection.count_type {
        CountType::ImageCountMoreThan => rank >= number as usize,
        CountType::SinceImagePushed => older(image.pushed),
        CountType::SinceImagePulled => older(image.pulled.unwrap_or(image.pushed)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(digest: &str, pushed: i64, tags: &[&str]) -> ImageRow {
        ImageRow {
            digest: digest.to_owned(),
            media_type: String::new(),
            artifact_type: String::new(),
            subject: None,
            size: 0,
            pushed: pushed * DAY,
            pulled: None,
            tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
        }
    }

    fn expired(rules: &str, images: Vec<ImageRow>) -> Vec<(String, u32)> {
        let policy = Policy::parse(&format!("{{\"rules\":[{rules}]}}")).unwrap();
        let expiring = evaluate(&policy, images, 100 * DAY + 1);
        expiring.into_iter().map(|one| (one.image.digest, one.priority)).collect()
    }

    #[test]
    fn the_oldest_beyond_a_count_expire_and_an_age_counts_in_days() {
        let count = r#"{"rulePriority":1,"selection":{"tagStatus":"any","countType":"imageCountMoreThan","countNumber":2},"action":{"type":"expire"}}"#;
        let images = || vec![image("a", 90, &["x"]), image("b", 95, &[]), image("c", 99, &["y"])];
        assert_eq!(expired(count, images()), [("a".to_owned(), 1)]);
        let age = r#"{"rulePriority":1,"selection":{"tagStatus":"any","countType":"sinceImagePushed","countUnit":"days","countNumber":5},"action":{"type":"expire"}}"#;
        assert_eq!(expired(age, images()), [("a".to_owned(), 1), ("b".to_owned(), 1)]);
    }

    #[test]
    fn what_one_rule_has_claimed_no_later_one_takes_and_all_entries_must_match() {
        let keep = r#"{"rulePriority":1,"selection":{"tagStatus":"tagged","tagPatternList":["prod*","v*"],"countType":"imageCountMoreThan","countNumber":9},"action":{"type":"expire"}}"#;
        let rest = r#"{"rulePriority":2,"selection":{"tagStatus":"any","countType":"imageCountMoreThan","countNumber":1},"action":{"type":"expire"}}"#;
        let images = vec![image("a", 1, &["prod", "v1"]), image("b", 2, &["v2"]), image("c", 3, &["x"])];
        assert_eq!(expired(&format!("{rest},{keep}"), images), [("b".to_owned(), 2)]);
    }
}
