//! Which repositories have which blobs.

use super::{Result, State};
use crate::model::{Digest, RegistryId};

/// A blob that a repository has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct KnownBlob {
    /// In bytes.
    pub(crate) size: u64,
    /// For how many seconds no client has been told of it, if no manifest refers to it: it may be collected some day.
    pub(crate) unused: Option<u64>,
    /// Whether no manifest that refers to it can be pulled.
    pub(crate) is_archived: bool,
}

impl State {
    /// A blob of a repository.
    pub(crate) async fn blob(&self, repository: i64, digest: &Digest) -> Result<Option<KnownBlob>> {
        let select = "SELECT b.size, l.touched, \
             EXISTS (SELECT 1 FROM manifest_blobs m WHERE m.repository = l.repository AND m.digest = l.digest), \
             EXISTS (SELECT 1 FROM manifest_blobs m WHERE m.repository = l.repository AND m.digest = l.digest AND NOT EXISTS \
              (SELECT 1 FROM manifests i INDEXED BY manifests_once_archived \
               WHERE i.repository = m.repository AND i.digest = m.manifest \
               AND i.archived IS NOT NULL AND (i.is_archived OR i.activated > $3))) \
             FROM repository_blobs l JOIN blobs b ON b.digest = l.digest \
             WHERE l.repository = $1 AND l.digest = $2";
        let query = sqlx::query_as(select).bind(repository).bind(digest.to_string()).bind(self.now());
        let row: Option<(i64, i64, bool, bool)> = query.fetch_optional(&self.reader).await?;
        Ok(row.map(|(size, touched, is_used, is_at_hand)| KnownBlob {
            size: size.unsigned_abs(),
            unused: (!is_used).then(|| u64::try_from(self.now() - touched).unwrap_or(0)),
            is_archived: is_used && !is_at_hand,
        }))
    }

    /// Notes that a blob, whose file is in its place, belongs to a repository.
    pub(crate) async fn add_blob(&self, repository: i64, digest: &Digest, size: u64) -> Result<()> {
        let (digest, size) = (digest.to_string(), i64::try_from(size).unwrap_or(i64::MAX));
        let mut change = self.change().await?;
        let insert = "INSERT INTO blobs (digest, size) VALUES ($1, $2) ON CONFLICT (digest) DO NOTHING";
        sqlx::query(insert).bind(&digest).bind(size).execute(&mut *change).await?;
        let link = "INSERT INTO repository_blobs (repository, digest, touched) VALUES ($1, $2, $3) \
             ON CONFLICT (repository, digest) DO UPDATE SET touched = excluded.touched";
        sqlx::query(link).bind(repository).bind(&digest).bind(self.now()).execute(&mut *change).await?;
        change.commit().await
    }

    /// Notes that a client was told of a blob. Whether it is still there.
    pub(crate) async fn touch_blob(&self, repository: i64, digest: &Digest) -> Result<bool> {
        let update = "UPDATE repository_blobs SET touched = $3 WHERE repository = $1 AND digest = $2";
        let query = sqlx::query(update).bind(repository).bind(digest.to_string()).bind(self.now());
        Ok(self.writer.execute(query).await? > 0)
    }

    /// Gives a repository a blob that another one of the same registry has: `from`, or any. Whether there was one, and the registry lets
    /// blobs be mounted, as it does unless that was disabled.
    pub(crate) async fn mount_blob(
        &self,
        registry: &RegistryId,
        repository: i64,
        digest: &Digest,
        from: Option<&str>,
    ) -> Result<bool> {
        let insert = "INSERT INTO repository_blobs (repository, digest, touched) \
             SELECT $1, l.digest, $2 FROM repository_blobs l JOIN repositories r ON r.id = l.repository \
             WHERE l.digest = $3 AND r.account = $4 AND r.region = $5 AND ($6 IS NULL OR r.name = $6) \
             AND NOT EXISTS (SELECT 1 FROM registry_settings s WHERE s.account = $4 AND s.region = $5 \
              AND s.name = 'BLOB_MOUNTING' AND s.value = 'DISABLED') LIMIT 1 \
             ON CONFLICT (repository, digest) DO UPDATE SET touched = excluded.touched";
        let query = sqlx::query(insert).bind(repository).bind(self.now()).bind(digest.to_string());
        let query = query.bind(&*registry.account).bind(&*registry.region).bind(from);
        Ok(self.writer.execute(query).await? > 0)
    }

    /// Gives a repository a blob that another one has, of any registry. Whether there was one.
    pub(crate) async fn copy_blob(&self, from: i64, digest: &Digest, to: i64) -> Result<bool> {
        let insert = "INSERT INTO repository_blobs (repository, digest, touched) \
             SELECT $3, digest, $4 FROM repository_blobs WHERE repository = $1 AND digest = $2 \
             ON CONFLICT (repository, digest) DO UPDATE SET touched = excluded.touched";
        let query = sqlx::query(insert).bind(from).bind(digest.to_string()).bind(to).bind(self.now());
        Ok(self.writer.execute(query).await? > 0)
    }

    /// Takes a blob from a repository that has it, unless a manifest there refers to it. Whether it is gone.
    pub(crate) async fn remove_blob(&self, repository: i64, digest: &Digest) -> Result<bool> {
        let delete = "DELETE FROM repository_blobs WHERE repository = $1 AND digest = $2 \
             AND NOT EXISTS (SELECT 1 FROM manifest_blobs WHERE repository = $1 AND digest = $2)";
        let query = sqlx::query(delete).bind(repository).bind(digest.to_string());
        Ok(self.writer.execute(query).await? > 0)
    }
}
