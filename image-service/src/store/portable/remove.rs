//! Removing: the plan sees the image as it is inside the transaction, and what it says is done.

use super::{Connection, change::Change, events, find};
use crate::{
    error::Result,
    model::{Digest, EventAction, Image, ImageName, Namespace, Reference, Removed, Tag, Target},
    ports::RemovalPlan,
    store::encoding::now_text,
};

const UNTAG: &str = "DELETE FROM tags WHERE namespace = $1 AND repository = $2 AND tag = $3";
const UNNAME: &str = "DELETE FROM repo_digests WHERE namespace = $1 AND repository = $2 AND digest = $3";
const DELETE: &str = "DELETE FROM images WHERE namespace = $1 AND id = $2";
/// What only this image's links keep.
const ORPHANS: &str = "DELETE FROM manifests WHERE namespace = $1 AND digest IN \
     (SELECT l.digest FROM image_manifests l WHERE l.namespace = $1 AND l.image_id = $2 AND NOT EXISTS \
      (SELECT 1 FROM image_manifests o \
       WHERE o.namespace = l.namespace AND o.digest = l.digest AND o.image_id <> l.image_id))";

/// What is staged for this image alone.
const UNSTAGED: &str = "INSERT INTO manifest_notes (repository, digest, noted) \
     SELECT s.repository, s.digest, $3 FROM staged_images s WHERE s.namespace = $1 AND s.image_id = $2 \
     AND NOT EXISTS (SELECT 1 FROM staged_images o WHERE o.repository = s.repository AND o.digest = s.digest \
      AND o.namespace <> s.namespace) ON CONFLICT (repository, digest) DO UPDATE SET noted = excluded.noted";

#[cfg(test)]
pub(in crate::store) const STATEMENTS: [&str; 5] = [UNTAG, UNNAME, DELETE, ORPHANS, UNSTAGED];

/// A removal.
pub(super) struct Remove {
    pub(super) namespace: Namespace,
    pub(super) name: ImageName,
    pub(super) plan: RemovalPlan,
}

impl Change for Remove {
    type Answer = Vec<Removed>;

    async fn apply(&self, connection: &mut Connection) -> Result<Vec<Removed>> {
        let image = find::image(connection, &self.namespace, &self.name).await?;
        let steps = (self.plan)(&image)?;
        let is_named = is_named(&image, &self.name);
        for (number, step) in steps.iter().enumerate() {
            if !(is_named && number > 0 && is_digest(step)) {
                note(connection, &self.namespace, &image.id, step).await?;
            }
            match step {
                Removed::Untagged(reference) => untag(connection, &self.namespace, reference).await?,
                Removed::Deleted(id) => delete(connection, &self.namespace, id).await?,
            }
        }
        Ok(steps)
    }
}

/// Whether the removal is of one of the image's names: dockerd says nothing of the repo digests that such a name takes along.
fn is_named(image: &Image, name: &ImageName) -> bool {
    let ImageName::Reference { reference, .. } = name else { return false };
    let is_meant =
        |held: &Reference| held.repository == reference.repository && held.target() == reference.target();
    image.references().iter().any(is_meant)
}

const fn is_digest(step: &Removed) -> bool {
    matches!(step, Removed::Untagged(reference) if reference.digest.is_some())
}

async fn note(
    connection: &mut Connection,
    namespace: &Namespace,
    image: &Digest,
    step: &Removed,
) -> sqlx::Result<()> {
    let (action, name) = match step {
        Removed::Untagged(reference) => (EventAction::Untag, reference.to_string()),
        Removed::Deleted(_) => (EventAction::Delete, String::new()),
    };
    events::note(connection, namespace.as_str(), action, &image.to_string(), &name).await
}

async fn untag(
    connection: &mut Connection,
    namespace: &Namespace,
    reference: &Reference,
) -> sqlx::Result<()> {
    let (delete, key) = match reference.target().unwrap_or_else(|| Target::Tag(Tag::latest())) {
        Target::Tag(tag) => (UNTAG, tag.to_string()),
        Target::Digest(digest) => (UNNAME, digest.to_string()),
    };
    let query = sqlx::query(delete).bind(namespace.as_str()).bind(reference.repository.to_string());
    query.bind(key).execute(connection).await.map(drop)
}

/// The image, its config, and the manifests that no other image has. A name that is left refuses it.
async fn delete(connection: &mut Connection, namespace: &Namespace, id: &Digest) -> sqlx::Result<()> {
    let query = sqlx::query(ORPHANS).bind(namespace.as_str()).bind(id.to_string());
    query.execute(&mut *connection).await?;
    let query = sqlx::query(UNSTAGED).bind(namespace.as_str()).bind(id.to_string());
    query.bind(now_text()).execute(&mut *connection).await?;

    let query = sqlx::query(DELETE).bind(namespace.as_str()).bind(id.to_string());
    query.execute(connection).await.map(drop)
}
