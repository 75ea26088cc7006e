//! Recording a push: the registry now has the image under this manifest.

use super::{
    Connection,
    change::Change,
    events,
    rows::{ManifestRow, insert_manifest},
};
use crate::{
    error::{Error, Result},
    model::{Digest, EventAction, Manifest, Namespace, Reference},
};

/// A push as rows.
pub(super) struct RecordPush {
    namespace: String,
    image: String,
    repository: String,
    name: String,
    manifest: ManifestRow,
}

impl RecordPush {
    pub(super) fn new(namespace: &Namespace, image: &Digest, name: &Reference, manifest: &Manifest) -> Self {
        Self {
            namespace: namespace.to_string(),
            image: image.to_string(),
            repository: name.repository.to_string(),
            name: name.to_string(),
            manifest: ManifestRow::from(manifest),
        }
    }
}

impl Change for RecordPush {
    type Answer = ();

    /// The image may have been removed while it was pushed; then there is nothing to record it for.
    async fn apply(&self, connection: &mut Connection) -> Result<()> {
        let select = "SELECT os || '/' || architecture || CASE variant WHEN '' THEN '' ELSE '/' || variant END \
             FROM images WHERE namespace = $1 AND id = $2";
        let query = sqlx::query_scalar(select).bind(&self.namespace).bind(&self.image);
        let platform: Option<String> = query.fetch_optional(&mut *connection).await?;
        let name = || self.image.clone();
        let platform = platform.ok_or_else(|| Error::ImageNotFound { name: name() })?;

        insert_manifest(connection, &self.namespace, &self.image, &self.manifest).await?;
        let upsert = "INSERT INTO repo_digests (namespace, repository, digest, image_id, platform, origin) \
             VALUES ($1, $2, $3, $4, $5, 'pushed') ON CONFLICT (namespace, repository, digest) \
             DO UPDATE SET image_id = excluded.image_id, platform = excluded.platform";
        let query = sqlx::query(upsert).bind(&self.namespace).bind(&self.repository);
        let query = query.bind(&self.manifest.digest).bind(&self.image).bind(platform);
        query.execute(&mut *connection).await?;
        events::note(connection, &self.namespace, EventAction::Push, &self.image, &self.name).await?;
        Ok(())
    }
}
