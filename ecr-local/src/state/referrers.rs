//! Manifests that name another one as their subject (distribution-spec, "Listing referrers").

use futures_util::TryStreamExt;
use sqlx::Row;

use super::{Result, State};
use crate::model::{Digest, ImageStatus};

/// As much as one page may hold of annotations, in bytes.
const PAGE_BYTES: usize = 1024 * 1024;
/// As many as one page may hold.
const PAGE_ROWS: usize = 1000;

/// What a list of referrers says of one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Referrer {
    pub(crate) digest: String,
    pub(crate) media_type: String,
    /// Empty if there is none.
    pub(crate) artifact_type: String,
    /// In bytes.
    pub(crate) size: i64,
    /// A JSON object.
    pub(crate) annotations: String,
    pub(crate) status: ImageStatus,
}

impl State {
    /// One page of the manifests behind `last` that have this subject, of one type if `artifact_type` is not empty. And whether there are more.
    pub(crate) async fn referrers(
        &self,
        repository: i64,
        subject: &Digest,
        artifact_type: &str,
        last: &str,
    ) -> Result<(Vec<Referrer>, bool)> {
        let select = "SELECT digest, media_type, artifact_type, length(content), annotations, is_archived, activated \
             FROM manifests \
             WHERE repository = $1 AND subject = $2 AND digest > $3 AND ($4 = '' OR artifact_type = $4) \
             ORDER BY digest";
        let query = sqlx::query(select).bind(repository).bind(subject.to_string()).bind(last);
        let mut rows = query.bind(artifact_type).fetch(&self.reader);
        let (mut page, mut bytes) = (Vec::new(), 0);
        while let Some(row) = rows.try_next().await? {
            let referrer = Referrer {
                digest: row.try_get(0)?,
                media_type: row.try_get(1)?,
                artifact_type: row.try_get(2)?,
                size: row.try_get(3)?,
                annotations: row.try_get(4)?,
                status: ImageStatus::of(row.try_get(5)?, row.try_get(6)?, self.now()),
            };
            bytes += referrer.annotations.len();
            if !page.is_empty() && (bytes > PAGE_BYTES || page.len() == PAGE_ROWS) {
                return Ok((page, true));
            }
            page.push(referrer);
        }
        Ok((page, false))
    }
}
