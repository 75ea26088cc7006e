//! Listing: a page at a time, newest first, without a look at the configs.

use super::Connection;
use crate::{
    error::Result,
    model::{Digest, ImageSummary, Namespace},
    ports::ListCursor,
    store::encoding::{read, read_digests, read_json, read_optional_time, read_tags, time_text},
};

pub(in crate::store) const PAGE: &str = concat!(
    "SELECT i.id, i.created, i.size, i.labels, ",
    gathered_names!(),
    " FROM images i WHERE i.namespace = $1 AND (i.created, i.id) < ($2, $3) \
     ORDER BY i.created DESC, i.id DESC LIMIT $4"
);

/// Sorts behind every date.
const BEFORE_THE_FIRST: &str = "~";

/// ID, created, size, labels, tags, repo digests.
type SummaryRow = (String, String, i64, String, Option<String>, Option<String>);

/// The images after the cursor. Those of one date come by descending ID, those without a date last.
pub(super) async fn page(
    connection: &mut Connection,
    namespace: &Namespace,
    after: Option<&ListCursor>,
    limit: u32,
) -> Result<Vec<ImageSummary>> {
    let created = |cursor: &ListCursor| cursor.created.and_then(time_text).unwrap_or_default();
    let id = after.and_then(|cursor| cursor.id.as_ref()).map(Digest::to_string).unwrap_or_default();
    let created = after.map_or_else(|| BEFORE_THE_FIRST.to_owned(), created);
    let query = sqlx::query_as(PAGE).bind(namespace.as_str()).bind(created).bind(id);
    let rows: Vec<SummaryRow> = query.bind(i64::from(limit)).fetch_all(connection).await?;
    rows.into_iter().map(read_summary).collect()
}

/// How many images a namespace has.
pub(super) async fn count(connection: &mut Connection, namespace: &Namespace) -> Result<u64> {
    let query = sqlx::query_scalar("SELECT COUNT(*) FROM images WHERE namespace = $1");
    let count: i64 = query.bind(namespace.as_str()).fetch_one(connection).await?;
    Ok(count.unsigned_abs())
}

fn read_summary((id, created, size, labels, tags, digests): SummaryRow) -> Result<ImageSummary> {
    Ok(ImageSummary {
        id: read(&id)?,
        created: read_optional_time(&created)?,
        size: size.unsigned_abs(),
        labels: read_json(&labels)?,
        tags: read_tags(tags.as_deref())?,
        digests: read_digests(digests.as_deref())?,
    })
}
