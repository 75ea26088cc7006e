//! What public registries have beside their repositories: aliases, catalogue data, tags with dates.

use sqlx::{FromRow, Row, sqlite::SqliteRow};

use super::{Change, Result, State};
use crate::model::Digest;

/// An alias has eight characters, unless another account has that one.
const SHORTEST: usize = 7;

/// A tag, and the image that it points at.
#[derive(Clone, Debug)]
pub(crate) struct ImageTag {
    pub(crate) tag: String,
    /// When it came to point there, in seconds since 1970.
    pub(crate) created: i64,
    pub(crate) digest: String,
    pub(crate) media_type: String,
    /// Empty if there is none.
    pub(crate) artifact_type: String,
    /// Compressed bytes.
    pub(crate) size: i64,
    /// Seconds since 1970.
    pub(crate) pushed: i64,
}

impl FromRow<'_, SqliteRow> for ImageTag {
    fn from_row(row: &SqliteRow) -> Result<Self> {
        Ok(Self {
            tag: row.try_get("tag")?,
            created: row.try_get("created")?,
            digest: row.try_get("digest")?,
            media_type: row.try_get("media_type")?,
            artifact_type: row.try_get("artifact_type")?,
            size: row.try_get("size")?,
            pushed: row.try_get("pushed")?,
        })
    }
}

impl State {
    /// The aliases of an account's public registry and whether each is the default one. The first is the one to be shown.
    pub(crate) async fn aliases(&self, account: &str) -> Result<Vec<(String, bool)>> {
        let select =
            "SELECT alias, is_default FROM public_aliases WHERE account = $1 ORDER BY is_default, alias";
        sqlx::query_as(select).bind(account).fetch_all(&self.reader).await
    }

    /// The account whose public registry has an alias.
    pub(crate) async fn account_of_alias(&self, alias: &str) -> Result<Option<String>> {
        let select = "SELECT account FROM public_aliases WHERE alias = $1";
        sqlx::query_scalar(select).bind(alias).fetch_optional(&self.reader).await
    }

    /// Gives an account's public registry an alias beside the default one. Whether it has it now: another account may.
    pub(crate) async fn give_alias(&self, account: &str, alias: &str) -> Result<bool> {
        let insert = "INSERT INTO public_aliases (alias, account, is_default) VALUES ($1, $2, FALSE) \
             ON CONFLICT (alias) DO NOTHING";
        self.writer.execute(sqlx::query(insert).bind(alias).bind(account)).await?;
        Ok(self.account_of_alias(alias).await?.as_deref() == Some(account))
    }

    /// What a repository is listed with: a JSON object.
    pub(crate) async fn catalog(&self, repository: i64) -> Result<Option<String>> {
        let select = "SELECT catalog FROM repositories WHERE id = $1";
        let found = sqlx::query_scalar(select).bind(repository).fetch_optional(&self.reader).await?;
        Ok(found.flatten())
    }

    /// Sets what a repository is listed with.
    pub(crate) async fn set_catalog(&self, repository: i64, catalog: &str) -> Result<()> {
        let update = "UPDATE repositories SET catalog = $2 WHERE id = $1";
        self.writer.execute(sqlx::query(update).bind(repository).bind(catalog)).await.map(drop)
    }

    /// The tags behind `last` with their images, at most `count`, sorted by tag.
    pub(crate) async fn image_tags(&self, repository: i64, last: &str, count: u32) -> Result<Vec<ImageTag>> {
        let select = "SELECT t.tag, t.created, m.digest, m.media_type, m.artifact_type, m.size, m.pushed FROM tags t \
             JOIN manifests m ON m.repository = t.repository AND m.digest = t.manifest \
             WHERE t.repository = $1 AND t.tag > $2 ORDER BY t.tag LIMIT $3";
        let query = sqlx::query_as(select).bind(repository).bind(last).bind(count);
        query.fetch_all(&self.reader).await
    }
}

/// Gives an account's public registry the default alias, if it has none yet: the same one wherever the account is.
pub(super) async fn give_default_alias(change: &mut Change, account: &str) -> Result<()> {
    let select = "SELECT EXISTS (SELECT 1 FROM public_aliases WHERE account = $1 AND is_default)";
    if sqlx::query_scalar(select).bind(account).fetch_one(&mut **change).await? {
        return Ok(());
    }
    let digest = Digest::of(account.as_bytes());
    let insert = "INSERT INTO public_aliases (alias, account, is_default) VALUES ($1, $2, TRUE) ON CONFLICT (alias) DO NOTHING";
    for length in SHORTEST..digest.hex().len() {
        let alias: String = std::iter::once('r').chain(digest.hex().chars().take(length)).collect();
        let query = sqlx::query(insert).bind(alias).bind(account);
        if query.execute(&mut **change).await?.rows_affected() > 0 {
            break;
        }
    }
    Ok(())
}
