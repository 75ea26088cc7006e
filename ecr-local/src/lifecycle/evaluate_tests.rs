use super::*;
use crate::model::ImageStatus;

fn image(digest: &str, pushed: i64, tags: &[&str]) -> ImageRow {
    ImageRow {
        digest: digest.to_owned(),
        media_type: String::new(),
        artifact_type: String::new(),
        subject: None,
        size: 0,
        pushed: pushed * DAY,
        pulled: None,
        status: ImageStatus::Active,
        archived: None,
        activated: None,
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

#[test]
fn an_image_that_nobody_pulls_moves_to_the_archive_and_expires_there() {
    let archive = r#"{"rulePriority":1,"selection":{"tagStatus":"any","countType":"sinceImagePulled","countUnit":"days","countNumber":5},"action":{"type":"transition","targetStorageClass":"archive"}}"#;
    let expire = r#"{"rulePriority":2,"selection":{"tagStatus":"any","storageClass":"archive","countType":"sinceImageTransitioned","countUnit":"days","countNumber":90},"action":{"type":"expire"}}"#;
    let mut images = ["never", "pulled", "back", "kept", "old", "moving"].map(|name| image(name, 1, &[]));
    images[1].pulled = Some(99 * DAY);
    images[2].activated = Some(99 * DAY);
    images[3].archived = Some(50 * DAY);
    images[4].archived = Some(9 * DAY);
    for archived in &mut images[3..5] {
        archived.status = ImageStatus::Archived;
    }
    images[5].status = ImageStatus::Activating;
    let policy = Policy::parse(&format!("{{\"rules\":[{archive},{expire}]}}")).unwrap();
    let due = evaluate(&policy, images.to_vec(), 100 * DAY + 1);
    let due: Vec<_> = due.into_iter().map(|one| (one.image.digest, one.priority, one.action)).collect();
    assert_eq!(due, [("never".to_owned(), 1, Action::Transition), ("old".to_owned(), 2, Action::Expire)]);
}
