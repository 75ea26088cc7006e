//! Finding an image in Docker's order: an ID is an ID only; a name is a digest or a tag of its repository first, and the beginning of an ID
//! second. One statement answers, a second one only for a prefix.

use super::Connection;
use crate::{
    error::{Error, Result},
    model::{Digest, IdPrefix, Image, ImageName, Namespace, Reference, Tag, Target},
    store::encoding::{read, read_digests, read_json, read_tags, read_time},
};

macro_rules! select_image {
    ($rest:literal) => {
        concat!(
            "SELECT i.id, i.layer_sizes, i.last_tagged, c.content, ",
            gathered_names!(),
            " FROM images i JOIN image_configs c ON c.namespace = i.namespace AND c.id = i.id ",
            $rest
        )
    };
}

const BY_ID: &str = select_image!("WHERE i.namespace = $1 AND i.id = $2");
const BY_TAG: &str = select_image!(
    "JOIN tags n ON n.namespace = i.namespace AND n.image_id = i.id \
     WHERE n.namespace = $1 AND n.repository = $2 AND n.tag = $3"
);
const BY_DIGEST: &str = select_image!(
    "JOIN repo_digests n ON n.namespace = i.namespace AND n.image_id = i.id \
     WHERE n.namespace = $1 AND n.repository = $2 AND n.digest = $3"
);
/// Two rows are enough to know that there is more than one.
const BY_PREFIX: &str = select_image!("WHERE i.namespace = $1 AND i.id >= $2 AND i.id < $3 LIMIT 2");

#[cfg(test)]
pub(in crate::store) const STATEMENTS: [&str; 4] = [BY_ID, BY_TAG, BY_DIGEST, BY_PREFIX];

/// ID, layer sizes, last tagged, config, tags, repo digests.
type ImageRow = (String, String, Option<String>, Vec<u8>, Option<String>, Option<String>);

/// The image of a name.
pub(super) async fn image(
    connection: &mut Connection,
    namespace: &Namespace,
    name: &ImageName,
) -> Result<Image> {
    let named = match name {
        ImageName::Id(id) => by_id(connection, namespace, id).await?,
        ImageName::Reference { reference, .. } => by_reference(connection, namespace, reference).await?,
    };
    match (named, name) {
        (Some(row), _) => read_image(row),
        (None, ImageName::Reference { prefix: Some(prefix), .. }) => {
            one_of(by_prefix(connection, namespace, prefix).await?, name, prefix)
        }
        (None, _) => Err(Error::ImageNotFound { name: name.to_string() }),
    }
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

async fn by_prefix(
    connection: &mut Connection,
    namespace: &Namespace,
    prefix: &IdPrefix,
) -> sqlx::Result<Vec<ImageRow>> {
    let first = format!("sha256:{}", prefix.hex());
    // No ID sorts between the last one with this prefix and the prefix with `g`, the letter after the last digit.
    let end = format!("{first}g");
    sqlx::query_as(BY_PREFIX).bind(namespace.as_str()).bind(first).bind(end).fetch_all(connection).await
}

fn one_of(mut rows: Vec<ImageRow>, name: &ImageName, prefix: &IdPrefix) -> Result<Image> {
    match (rows.pop(), rows.pop()) {
        (Some(row), None) => read_image(row),
        (Some(_), Some(_)) => Err(Error::AmbiguousId { name: prefix.hex().to_owned() }),
        (None, _) => Err(Error::ImageNotFound { name: name.to_string() }),
    }
}

fn read_image((id, layer_sizes, last_tagged, config, tags, digests): ImageRow) -> Result<Image> {
    Ok(Image {
        id: read(&id)?,
        config: config.into(),
        layer_sizes: read_json(&layer_sizes)?,
        tags: read_tags(tags.as_deref())?,
        digests: read_digests(digests.as_deref())?,
        last_tagged: last_tagged.as_deref().map(read_time).transpose()?,
    })
}
