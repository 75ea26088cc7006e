//! Finding an image in Docker's order: an ID is an ID only; a name is a digest or a tag of its repository first, and the beginning of an ID
//! second. One statement answers, whatever the name: on SQLite each statement is a hop to another thread and back.

use super::Connection;
use crate::{
    error::{Error, Result},
    model::{IdPrefix, Image, ImageName, Namespace, Reference, Tag, Target},
    store::encoding::{read, read_digests, read_json, read_tags, read_time},
};

macro_rules! select_image {
    ($how:literal, $rest:literal) => {
        concat!(
            "SELECT CAST(",
            $how,
            " AS BIGINT) AS how, i.id, i.layer_sizes, i.last_tagged, i.content, i.tags, i.repo_digests \
              FROM image_configs i ",
            $rest
        )
    };
}

const BY_NAME: i64 = 0;

const BY_ID: &str = select_image!("0", "WHERE i.namespace = $1 AND i.id = $2");
const BY_TAG: &str = select_image!(
    "0",
    "JOIN tags n ON n.config = i.number \
     WHERE n.namespace = $1 AND n.repository = $2 AND n.tag = $3"
);
const BY_DIGEST: &str = select_image!(
    "0",
    "JOIN repo_digests n ON n.config = i.number \
     WHERE n.namespace = $1 AND n.repository = $2 AND n.digest = $3"
);
/// The tag is looked for where nothing but names that read like IDs are. Of those with the prefix two are enough to know that there is more
/// than one.
const BY_TAG_OR_PREFIX: &str = concat!(
    select_image!(
        "0",
        "JOIN tags n ON n.config = i.number \
         WHERE n.namespace = $1 AND n.like_id = $2"
    ),
    " UNION ALL SELECT * FROM (",
    select_image!("1", "WHERE i.namespace = $1 AND i.id >= $3 AND i.id < $4 LIMIT 2"),
    ") AS beginning_alike"
);

#[cfg(test)]
pub(in crate::store) const STATEMENTS: [&str; 4] = [BY_ID, BY_TAG, BY_DIGEST, BY_TAG_OR_PREFIX];

/// How it was found, ID, layer sizes, last tagged, config, tags, repo digests.
pub(in crate::store) type ImageRow =
    (i64, String, String, Option<String>, Vec<u8>, Option<String>, Option<String>);

/// What an engine is asked for the image of a name: a statement, and its values in order. The answer has two rows at most that count.
#[derive(Debug)]
pub(in crate::store) struct Question {
    pub(in crate::store) statement: &'static str,
    pub(in crate::store) values: Vec<String>,
}

impl Question {
    /// A digest decides; what is beside it is not looked at. What reads like the beginning of an ID has a tag and no digest.
    pub(super) fn of(namespace: &Namespace, name: &ImageName) -> Self {
        let (statement, keys) = match name {
            ImageName::Id(id) => (BY_ID, vec![id.to_string()]),
            ImageName::Reference { reference, prefix } => by_reference(reference, prefix.as_ref()),
        };
        let values = [namespace.to_string()].into_iter().chain(keys).collect();
        Self { statement, values }
    }

    /// The rows of the answer.
    pub(in crate::store) async fn rows(&self, connection: &mut Connection) -> Result<Vec<ImageRow>> {
        let query = self.values.iter().fold(sqlx::query_as(self.statement), sqlx::query::QueryAs::bind);
        Ok(query.fetch_all(connection).await?)
    }
}

fn by_reference(reference: &Reference, prefix: Option<&IdPrefix>) -> (&'static str, Vec<String>) {
    let repository = reference.repository.to_string();
    let tag = match reference.target() {
        Some(Target::Digest(digest)) => return (BY_DIGEST, vec![repository, digest.to_string()]),
        Some(Target::Tag(tag)) => tag.to_string(),
        None => Tag::latest().to_string(),
    };
    let Some(prefix) = prefix else { return (BY_TAG, vec![repository, tag]) };
    let first = format!("sha256:{}", prefix.hex());
    // No ID sorts between the last one with this prefix and the prefix with `g`, the letter after the last digit.
    let end = format!("{first}g");
    (BY_TAG_OR_PREFIX, vec![format!("{repository}:{tag}"), first, end])
}

/// The image of a name, as a transaction sees it.
pub(super) async fn image(
    connection: &mut Connection,
    namespace: &Namespace,
    name: &ImageName,
) -> Result<Image> {
    the_one(Question::of(namespace, name).rows(connection).await?, name)
}

/// Of the rows of an answer, the image with that name, or else the only one with that prefix.
pub(super) fn the_one(mut rows: Vec<ImageRow>, name: &ImageName) -> Result<Image> {
    rows.sort_by_key(|row| row.0);
    let mut rows = rows.into_iter();
    match (rows.next(), rows.next(), name) {
        (Some(first), Some(_), ImageName::Reference { prefix: Some(prefix), .. }) if first.0 != BY_NAME => {
            Err(Error::AmbiguousId { name: prefix.hex().to_owned() })
        }
        (Some(first), ..) => read_image(first),
        (None, ..) => Err(Error::ImageNotFound { name: name.to_string() }),
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
