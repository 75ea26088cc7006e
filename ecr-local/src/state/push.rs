//! Recording a manifest: with all that it refers to, and its tags, in one transaction.

use sqlx::sqlite::SqliteTransaction;

use super::{Result, State, now};
use crate::model::{Digest, Tag};

/// A manifest that was read and found valid.
#[derive(Debug)]
pub(crate) struct NewManifest {
    pub(crate) digest: Digest,
    pub(crate) media_type: String,
    /// Empty if there is none.
    pub(crate) artifact_type: String,
    pub(crate) subject: Option<Digest>,
    /// A JSON object.
    pub(crate) annotations: String,
    pub(crate) content: Vec<u8>,
    /// Blobs that must be there.
    pub(crate) blobs: Vec<Digest>,
    /// Blobs that may lie elsewhere.
    pub(crate) foreign_blobs: Vec<Digest>,
    /// Manifests that must be there.
    pub(crate) children: Vec<Digest>,
}

/// What became of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum PutOutcome {
    Recorded,
    /// Nothing was recorded, since this is not in the repository.
    Missing(Digest),
}

impl State {
    /// Records a manifest. Its tags point at it from then on.
    pub(crate) async fn put_manifest(
        &self,
        repository: i64,
        manifest: &NewManifest,
        tags: &[Tag],
    ) -> Result<PutOutcome> {
        let mut change = self.change().await?;
        insert(&mut change, repository, manifest).await?;
        let own = manifest.digest.to_string();
        for blob in &manifest.blobs {
            if !refer(&mut change, TO_BLOB, repository, &own, blob).await? {
                return Ok(PutOutcome::Missing(blob.clone()));
            }
        }
        for blob in &manifest.foreign_blobs {
            refer(&mut change, TO_BLOB, repository, &own, blob).await?;
        }
        for child in &manifest.children {
            if !refer(&mut change, TO_CHILD, repository, &own, child).await? {
                return Ok(PutOutcome::Missing(child.clone()));
            }
        }
        for tag in tags {
            point(&mut change, repository, tag, &own).await?;
        }
        change.commit().await?;
        Ok(PutOutcome::Recorded)
    }
}

/// The same bytes may be pushed again with another media type, as a client has it that left the type out of the document.
async fn insert(change: &mut SqliteTransaction<'_>, repository: i64, manifest: &NewManifest) -> Result<()> {
    let insert = "INSERT INTO manifests \
         (repository, digest, media_type, artifact_type, subject, annotations, pushed, content) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) \
         ON CONFLICT (repository, digest) DO UPDATE SET media_type = excluded.media_type";
    let subject = manifest.subject.as_ref().map(Digest::to_string);
    let query = sqlx::query(insert).bind(repository).bind(manifest.digest.to_string());
    let query = query.bind(&manifest.media_type).bind(&manifest.artifact_type).bind(subject);
    let query = query.bind(&manifest.annotations).bind(now()).bind(&manifest.content[..]);
    query.execute(&mut **change).await.map(drop)
}

const TO_BLOB: &str = "INSERT INTO manifest_blobs (repository, manifest, digest) \
     SELECT $1, $2, digest FROM repository_blobs WHERE repository = $1 AND digest = $3 \
     ON CONFLICT DO UPDATE SET digest = excluded.digest";
const TO_CHILD: &str = "INSERT INTO manifest_children (repository, manifest, child) \
     SELECT $1, $2, digest FROM manifests WHERE repository = $1 AND digest = $3 AND digest <> $2 \
     ON CONFLICT DO UPDATE SET child = excluded.child";

/// Whether what is referred to is there.
async fn refer(
    change: &mut SqliteTransaction<'_>,
    statement: &'static str,
    repository: i64,
    manifest: &str,
    target: &Digest,
) -> Result<bool> {
    let query = sqlx::query(statement).bind(repository).bind(manifest).bind(target.to_string());
    Ok(query.execute(&mut **change).await?.rows_affected() > 0)
}

async fn point(change: &mut SqliteTransaction<'_>, repository: i64, tag: &Tag, manifest: &str) -> Result<()> {
    let upsert = "INSERT INTO tags (repository, tag, manifest) VALUES ($1, $2, $3) \
         ON CONFLICT (repository, tag) DO UPDATE SET manifest = excluded.manifest";
    let query = sqlx::query(upsert).bind(repository).bind(tag.as_str()).bind(manifest);
    query.execute(&mut **change).await.map(drop)
}
