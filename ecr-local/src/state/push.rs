//! Recording a manifest: with all that it refers to, and its tags, in one transaction.

use sqlx::sqlite::SqliteTransaction;

use super::{
    Result, State,
    absent_children::{fill_in, note_absent},
    replications::queue_push,
    repository::read_mutability,
};
use crate::model::{Digest, Mutability, Tag};

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
    /// It was here before, with this tag, and that was to be said.
    Known,
    /// Nothing was recorded, since this is not in the repository.
    Missing(Digest),
    /// Nothing was recorded, since this tag points elsewhere and must not move.
    TagImmutable(String),
}

/// How a manifest came, which decides what is said of one that changes nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Pushed {
    /// Nothing: pushing again is as good as pushing (distribution-spec).
    Again,
    /// That it is known (PutImage).
    Once,
    /// Nothing: it was fetched from upstream, where what an index refers to may still be. Other registries get nothing of it.
    Imported,
}

impl State {
    /// Records a manifest. Its tags point at it from then on.
    pub(crate) async fn put_manifest(
        &self,
        repository: i64,
        manifest: &NewManifest,
        tags: &[Tag],
        pushed: Pushed,
    ) -> Result<PutOutcome> {
        let mut change = self.change().await?;
        let own = manifest.digest.to_string();
        let mutability = mutability(&mut change, repository).await?;
        let mut changed = Vec::new();
        for tag in tags {
            let old = pointed(&mut change, repository, tag).await?;
            changed.extend((old.as_deref() != Some(&own)).then_some(tag.as_str()));
            if old.is_some_and(|old| old != own) && !mutability.lets_move(tag.as_str()) {
                return Ok(PutOutcome::TagImmutable(tag.to_string()));
            }
        }
        let is_new = !is_known(&mut change, repository, &own).await?;
        // What is pushed again is back from the archive.
        let is_back = super::storage::bring_back(&mut change, repository, &own, self.now()).await?;
        if pushed == Pushed::Once && !is_new && changed.is_empty() && !is_back {
            return Ok(PutOutcome::Known);
        }
        insert(&mut change, repository, manifest, self.now()).await?;
        if let Some(missing) = refer_to_all(&mut change, repository, manifest, pushed).await? {
            return Ok(PutOutcome::Missing(missing));
        }
        if is_new {
            measure(&mut change, repository, &own).await?;
            fill_in(&mut change, repository, &own).await?;
        }
        for tag in tags {
            point(&mut change, repository, tag, &own, self.now()).await?;
        }
        if is_new || is_back {
            self.begin_on_push(&mut change, repository, &own, self.now()).await?;
        }
        if is_new && changed.is_empty() {
            changed.push("");
        }
        let goes_on = pushed != Pushed::Imported
            && queue_push(&mut change, repository, &own, changed.into_iter(), self.now()).await?;
        change.commit().await?;
        if goes_on {
            self.queue.notify_one();
        }
        Ok(PutOutcome::Recorded)
    }
}

pub(super) async fn mutability(change: &mut SqliteTransaction<'_>, repository: i64) -> Result<Mutability> {
    let select = "SELECT mutability, mutability_filters FROM repositories WHERE id = $1";
    let query = sqlx::query_as(select).bind(repository);
    let (name, filters): (String, String) = query.fetch_one(&mut **change).await?;
    read_mutability(&name, &filters)
}

pub(super) async fn pointed(
    change: &mut SqliteTransaction<'_>,
    repository: i64,
    tag: &Tag,
) -> Result<Option<String>> {
    let select = "SELECT manifest FROM tags WHERE repository = $1 AND tag = $2";
    sqlx::query_scalar(select).bind(repository).bind(tag.as_str()).fetch_optional(&mut **change).await
}

async fn is_known(change: &mut SqliteTransaction<'_>, repository: i64, digest: &str) -> Result<bool> {
    let select = "SELECT EXISTS (SELECT 1 FROM manifests WHERE repository = $1 AND digest = $2)";
    sqlx::query_scalar(select).bind(repository).bind(digest).fetch_one(&mut **change).await
}

/// The first blob or manifest that is missing, if one is.
async fn refer_to_all(
    change: &mut SqliteTransaction<'_>,
    repository: i64,
    manifest: &NewManifest,
    pushed: Pushed,
) -> Result<Option<Digest>> {
    let own = manifest.digest.to_string();
    for blob in &manifest.blobs {
        if !refer(change, TO_BLOB, repository, &own, blob).await? {
            return Ok(Some(blob.clone()));
        }
    }
    for blob in &manifest.foreign_blobs {
        refer(change, TO_BLOB, repository, &own, blob).await?;
    }
    for child in &manifest.children {
        if refer(change, TO_CHILD, repository, &own, child).await? {
            continue;
        }
        if pushed != Pushed::Imported {
            return Ok(Some(child.clone()));
        }
        note_absent(change, repository, &own, child).await?;
    }
    Ok(None)
}

/// An image counts its blobs, an index its largest child.
pub(super) async fn measure(change: &mut SqliteTransaction<'_>, repository: i64, digest: &str) -> Result<()> {
    let update = "UPDATE manifests SET size = coalesce( \
         (SELECT sum(b.size) FROM manifest_blobs l JOIN blobs b ON b.digest = l.digest \
          WHERE l.repository = $1 AND l.manifest = $2), \
         (SELECT max(c.size) FROM manifest_children l JOIN manifests c \
          ON c.repository = l.repository AND c.digest = l.child WHERE l.repository = $1 AND l.manifest = $2), 0) \
         WHERE repository = $1 AND digest = $2";
    sqlx::query(update).bind(repository).bind(digest).execute(&mut **change).await.map(drop)
}

/// The same bytes may be pushed again with another media type, as a client has it that left the type out of the document.
async fn insert(
    change: &mut SqliteTransaction<'_>,
    repository: i64,
    manifest: &NewManifest,
    now: i64,
) -> Result<()> {
    let insert = "INSERT INTO manifests \
         (repository, digest, media_type, artifact_type, subject, annotations, pushed, content) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) \
         ON CONFLICT (repository, digest) DO UPDATE SET media_type = excluded.media_type";
    let subject = manifest.subject.as_ref().map(Digest::to_string);
    let query = sqlx::query(insert).bind(repository).bind(manifest.digest.to_string());
    let query = query.bind(&manifest.media_type).bind(&manifest.artifact_type).bind(subject);
    let query = query.bind(&manifest.annotations).bind(now).bind(&manifest.content[..]);
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

/// A tag that points there already stays as it is.
pub(super) async fn point(
    change: &mut SqliteTransaction<'_>,
    repository: i64,
    tag: &Tag,
    manifest: &str,
    now: i64,
) -> Result<()> {
    let upsert = "INSERT INTO tags (repository, tag, manifest, created) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (repository, tag) DO UPDATE SET manifest = excluded.manifest, created = excluded.created \
         WHERE manifest <> excluded.manifest";
    let query = sqlx::query(upsert).bind(repository).bind(tag.as_str()).bind(manifest).bind(now);
    query.execute(&mut **change).await.map(drop)
}
