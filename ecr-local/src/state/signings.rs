//! Signatures that were asked for when an image was pushed.

use super::{Change, Result, State};

impl State {
    /// The profiles that an image was to be signed with, and since when, in seconds since 1970.
    pub(crate) async fn signings(&self, repository: i64, digest: &str) -> Result<Vec<(String, i64)>> {
        let select =
            "SELECT profile, started FROM signings WHERE repository = $1 AND manifest = $2 ORDER BY profile";
        sqlx::query_as(select).bind(repository).bind(digest).fetch_all(&self.reader).await
    }
}

/// Asks for a signature, anew if there was one.
pub(super) async fn begin_in(
    change: &mut Change,
    repository: i64,
    digest: &str,
    profile: &str,
    at: i64,
) -> Result<()> {
    let upsert = "INSERT INTO signings (repository, manifest, profile, started) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (repository, manifest, profile) DO UPDATE SET started = excluded.started";
    let query = sqlx::query(upsert).bind(repository).bind(digest).bind(profile).bind(at);
    query.execute(&mut **change).await.map(drop)
}
