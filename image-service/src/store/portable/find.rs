//! Finding an image in Docker's order: an ID is an ID only; a name is a digest or a tag of its repository first, and the beginning of an ID
//! second. One statement answers, whatever the name: on SQLite each statement is a hop to another thread and back.

use super::Connection;
use crate::{
    error::{Error, Result},
    model::{Digest, IdPrefix, Image, ImageName, Namespace, Reference, Tag, Target},
    store::encoding::{read, read_digests, read_json, read_tags, read_time},
};

macro_rules! select_image {
    ($how:literal, $rest:literal) => {
        concat!(
            "SELECT CAST(",
            $how,
            " AS BIGINT) AS how, i.id, i.layer_sizes, i.last_tagged, c.content, ",
            gathered_names!(),
            " FROM images i JOIN image_configs c ON c.namespace = i.namespace AND c.id = i.id ",
            $rest
        )
    };
}

macro_rules! select_by_tag {
    () => {
        select_image!(
            "0",
            "JOIN tags n ON n.namespace = i.namespace AND n.image_id = i.id \
             WHERE n.namespace = $1 AND n.repository = $2 AND n.tag = $3"
        )
    };
}

const BY_NAME: i64 = 0;

const BY_ID: &str = select_image!("0", "WHERE i.namespace = $1 AND i.id = $2");
const BY_TAG: &str = select_by_tag!();
const BY_DIGEST: &str = select_image!(
    "0",
    "JOIN repo_digests n ON n.namespace = i.namespace AND n.image_id = i.id \
     WHERE n.namespace = $1 AND n.repository = $2 AND n.digest = $3"
);
/// Of those with the prefix two are enough to know that there is more than one.
const BY_TAG_OR_PREFIX: &str = concat!(
    select_by_tag!(),
    " UNION ALL SELECT * FROM (",
    select_image!("1", "WHERE i.namespace = $1 AND i.id >= $4 AND i.id < $5 LIMIT 2"),
    ") AS beginning_alike"
);

#[cfg(test)]
pub(in crate::store) const STATEMENTS: [&str; 4] = [BY_ID, BY_TAG, BY_DIGEST, BY_TAG_OR_PREFIX];

/// How it was found, ID, layer sizes, last tagged, config, tags, repo digests.
type ImageRow = (i64, String, String, Option<String>, Vec<u8>, Option<String>, Option<String>);

/// The image of a name.
pub(super) async fn image(
    connection: &mut Connection,
    namespace: &Namespace,
    name: &ImageName,
) -> Result<Image> {
    let row = match name {
        ImageName::Id(id) => by_id(connection, namespace, id).await?,
        ImageName::Reference { reference, prefix: None } => {
            by_reference(connection, namespace, reference).await?
        }
        ImageName::Reference { reference, prefix: Some(prefix) } => {
            the_one(by_reference_or_prefix(connection, namespace, reference, prefix).await?, prefix)?
        }
    };
    row.map_or_else(|| Err(Error::ImageNotFound { name: name.to_string() }), read_image)
}

async fn by_id(
    connection: &mut Connection,
    namespace: &Namespace,
    id: &Digest,
) -> sqlx::Result<Option<ImageRow>> {
    let query = sqlx::query_as(BY_ID).bind(namespace.as_str()).bind(id.to_string());
    query.fetch_optional(connection).await
}

/// A digest decides; what is beside it is not looked at.
async fn by_reference(
    connection: &mut Connection,
    namespace: &Namespace,
    reference: &Reference,
) -> sqlx::Result<Option<ImageRow>> {
    let (statement, key) = match reference.target() {
        Some(Target::Digest(digest)) => (BY_DIGEST, digest.to_string()),
        Some(Target::Tag(tag)) => (BY_TAG, tag.to_string()),
        None => (BY_TAG, Tag::latest().to_string()),
    };
    let query = sqlx::query_as(statement).bind(namespace.as_str()).bind(reference.repository.to_string());
    query.bind(key).fetch_optional(connection).await
}

/// What reads like the beginning of an ID has a tag and no digest.
async fn by_reference_or_prefix(
    connection: &mut Connection,
    namespace: &Namespace,
    reference: &Reference,
    prefix: &IdPrefix,
) -> sqlx::Result<Vec<ImageRow>> {
    let tag = reference.tag.clone().unwrap_or_else(Tag::latest);
    let first = format!("sha256:{}", prefix.hex());
    // No ID sorts between the last one with this prefix and the prefix with `g`, the letter after the last digit.
    let end = format!("{first}g");
    let query = sqlx::query_as(BY_TAG_OR_PREFIX).bind(namespace.as_str());
    let query = query.bind(reference.repository.to_string()).bind(tag.to_string());
    query.bind(first).bind(end).fetch_all(connection).await
}

/// The image with that name, or else the only one with that prefix.
fn the_one(mut rows: Vec<ImageRow>, prefix: &IdPrefix) -> Result<Option<ImageRow>> {
    rows.sort_by_key(|row| row.0);
    let mut rows = rows.into_iter();
    match (rows.next(), rows.next()) {
        (Some(first), Some(_)) if first.0 != BY_NAME => {
            Err(Error::AmbiguousId { name: prefix.hex().to_owned() })
        }
        (first, _) => Ok(first),
    }
}

fn read_image((_, id, layer_sizes, last_tagged, config, tags, digests): ImageRow) -> Result<Image> {
    Ok(Image {
        id: read(&id)?,
        config: config.into(),
        layer_sizes: read_json(&layer_sizes)?,
        tags: read_tags(tags.as_deref())?,
        digests: read_digests(digests.as_deref())?,
        last_tagged: last_tagged.as_deref().map(read_time).transpose()?,
    })
}
