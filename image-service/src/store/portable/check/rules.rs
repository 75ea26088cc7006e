//! Invariants that a statement can tell: each names what breaks it.

use futures_util::TryStreamExt;

use super::{Connection, FETCH_AGAIN, Finding, MAKE_ANEW, Result, Tell};

const NAME_AGAIN: &str = "pull or load it again, or tag another image with it";

/// A statement, and what each of its rows is: the key of an object that should not be so.
pub(super) struct Rule {
    kind: &'static str,
    wrong: &'static str,
    remedy: &'static str,
    select: &'static str,
}

macro_rules! tag {
    ($rest:literal) => {
        concat!("SELECT n.namespace || ' ' || n.repository || ':' || n.tag FROM tags n ", $rest)
    };
}
macro_rules! repo_digest {
    ($rest:literal) => {
        concat!("SELECT n.namespace || ' ' || n.repository || '@' || n.digest FROM repo_digests n ", $rest)
    };
}
/// Rows of a table that have an image, by namespace and ID.
macro_rules! of_image {
    ($table:literal, $id:literal, $rest:literal) => {
        concat!("SELECT n.namespace || ' ' || n.", $id, " FROM ", $table, " n ", $rest)
    };
}

const fn rule(kind: &'static str, wrong: &'static str, remedy: &'static str, select: &'static str) -> Rule {
    Rule { kind, wrong, remedy, select }
}

pub(super) const RULES: &[Rule] = &[
    rule(
        "the store",
        "it has no name, or several",
        MAKE_ANEW,
        "SELECT '' AS every_object FROM (SELECT COUNT(*) AS names FROM store_identity) AS counted \
         WHERE names > 1 OR (names = 0 AND EXISTS (SELECT 1 FROM images))",
    ),
    rule(
        "tag",
        "its image is not there",
        NAME_AGAIN,
        tag!(
            "WHERE NOT EXISTS (SELECT 1 FROM images i WHERE i.namespace = n.namespace AND i.id = n.image_id)"
        ),
    ),
    rule(
        "repo digest",
        "its image is not there",
        NAME_AGAIN,
        repo_digest!(
            "WHERE NOT EXISTS (SELECT 1 FROM images i WHERE i.namespace = n.namespace AND i.id = n.image_id)"
        ),
    ),
    rule(
        "repo digest",
        "its manifest is not kept, so that it cannot be pulled from there",
        NAME_AGAIN,
        repo_digest!(
            "WHERE NOT EXISTS (SELECT 1 FROM image_manifests l \
             WHERE l.namespace = n.namespace AND l.image_id = n.image_id AND l.digest = n.digest)"
        ),
    ),
    rule(
        "image",
        "it has no config",
        FETCH_AGAIN,
        of_image!(
            "images",
            "id",
            "WHERE NOT EXISTS (SELECT 1 FROM image_configs c WHERE c.namespace = n.namespace AND c.id = n.id)"
        ),
    ),
    rule(
        "config",
        "its image is not there",
        MAKE_ANEW,
        of_image!(
            "image_configs",
            "id",
            "WHERE NOT EXISTS (SELECT 1 FROM images i WHERE i.namespace = n.namespace AND i.id = n.id)"
        ),
    ),
    rule(
        "image",
        "it has no place among those that are compared",
        MAKE_ANEW,
        of_image!(
            "images",
            "id",
            "WHERE NOT EXISTS (SELECT 1 FROM image_vectors v WHERE v.namespace = n.namespace AND v.image_id = n.id)"
        ),
    ),
    rule(
        "vector",
        "its image is not there",
        MAKE_ANEW,
        of_image!(
            "image_vectors",
            "image_id",
            "WHERE NOT EXISTS (SELECT 1 FROM images i WHERE i.namespace = n.namespace AND i.id = n.image_id)"
        ),
    ),
    rule(
        "manifest of image",
        "image or manifest is not there",
        FETCH_AGAIN,
        of_image!(
            "image_manifests",
            "image_id",
            "WHERE NOT EXISTS (SELECT 1 FROM images i WHERE i.namespace = n.namespace AND i.id = n.image_id) \
             OR NOT EXISTS (SELECT 1 FROM manifests m WHERE m.namespace = n.namespace AND m.digest = n.digest)"
        ),
    ),
    rule(
        "staged image",
        "its image or its manifest is not there",
        FETCH_AGAIN,
        of_image!(
            "staged_images",
            "image_id",
            "WHERE NOT EXISTS (SELECT 1 FROM images i WHERE i.namespace = n.namespace AND i.id = n.image_id) \
             OR NOT EXISTS (SELECT 1 FROM image_manifests l \
              WHERE l.namespace = n.namespace AND l.image_id = n.image_id AND l.digest = n.digest)"
        ),
    ),
    rule(
        "tag",
        "it does not lead to the row of its image",
        MAKE_ANEW,
        tag!(
            "JOIN image_configs c ON c.namespace = n.namespace AND c.id = n.image_id \
             WHERE n.config IS NULL OR n.config <> c.number"
        ),
    ),
    rule(
        "tag",
        "it is looked for among those that read like IDs although it does not, or the other way round",
        MAKE_ANEW,
        concat!(
            tag!("WHERE COALESCE(n.like_id, '') <> COALESCE("),
            like_id!("n.repository", "n.tag"),
            ", '')"
        ),
    ),
    rule(
        "repo digest",
        "it does not lead to the row of its image",
        MAKE_ANEW,
        repo_digest!(
            "JOIN image_configs c ON c.namespace = n.namespace AND c.id = n.image_id \
             WHERE n.config IS NULL OR n.config <> c.number"
        ),
    ),
];

/// Tells of everything that breaks a rule.
pub(super) async fn apply(connection: &mut Connection, rule: &Rule, tell: &mut Tell<'_>) -> Result<()> {
    let mut broken = sqlx::query_scalar::<_, String>(rule.select).fetch(connection);
    while let Some(key) = broken.try_next().await? {
        let object = format!("{} {key}", rule.kind).trim_end().to_owned();
        tell(Finding { object, wrong: rule.wrong.to_owned(), remedy: rule.remedy });
    }
    Ok(())
}
