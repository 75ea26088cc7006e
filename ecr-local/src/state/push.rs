//! Recording a manifest: with all that it refers to, and its tags, in one transaction.

use super::{
    Change, Result, State,
    absent_children::{fill_in, note_absent},
    prospect::{Prospect, list},
    replications::queue_push,
    storage::bring_back,
};
use crate::model::{Digest, Tag};

/// Sets the size of a manifest, `$2` of the repository `$1`.
macro_rules! measured {
    () => {
        "UPDATE manifests SET size = coalesce( \
         (SELECT sum(b.size) FROM manifest_blobs l JOIN blobs b ON b.digest = l.digest \
          WHERE l.repository = $1 AND l.manifest = $2), \
         (SELECT max(c.size) FROM manifest_children l JOIN manifests c \
          ON c.repository = l.repository AND c.digest = l.child WHERE l.repository = $1 AND l.manifest = $2), 0) \
         WHERE repository = $1 AND digest = $2"
    };
}

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
    /// Nothing, and nothing begins with it: it is a part of a state, whose index may wait for what is upstream.
    Seeded { may_wait: bool },
}

impl Pushed {
    fn may_wait(self) -> bool {
        matches!(self, Self::Imported | Self::Seeded { may_wait: true })
    }
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
        let (mut change, now) = (self.change().await?, self.now());
        let own = manifest.digest.to_string();
        let prospect = Prospect::find(&mut change, repository, manifest, tags, now).await?;
        let moved = prospect.moved(tags, &own);
        if let Some(fixed) = prospect.fixed(&moved) {
            return Ok(PutOutcome::TagImmutable(fixed.to_owned()));
        }
        if pushed == Pushed::Once && prospect.is_at_hand() && moved.is_empty() {
            return Ok(PutOutcome::Known);
        }
        let absent: &[String] = if pushed.may_wait() { &prospect.absent_children } else { &[] };
        let missing = prospect.missing(manifest).filter(|missing| !absent.contains(&missing.to_string()));
        if let Some(missing) = missing {
            return Ok(PutOutcome::Missing(missing.clone()));
        }
        if prospect.is_away {
            // What is pushed again is back from the archive.
            bring_back(&mut change, repository, &own, now).await?;
        }
        record(&mut change, repository, manifest, tags, now).await?;
        for child in absent {
            note_absent(&mut change, repository, &own, child).await?;
        }
        if prospect.is_awaited {
            fill_in(&mut change, repository, &own).await?;
        }
        if prospect.sets_off && !prospect.is_at_hand() && !matches!(pushed, Pushed::Seeded { .. }) {
            self.begin_on_push(&mut change, repository, &own, now).await?;
        }
        let goes_on = prospect.is_replicated
            && matches!(pushed, Pushed::Again | Pushed::Once)
            && queue_push(&mut change, repository, &own, told(&moved, prospect.is_known), now).await?;
        change.commit().await?;
        if goes_on {
            self.queue.notify_one();
        }
        Ok(PutOutcome::Recorded)
    }
}

/// By which tags other registries are told of a push: those that moved, or none if a new image came without.
fn told<'t>(moved: &'t [&str], is_known: bool) -> impl Iterator<Item = &'t str> + Clone {
    let without = moved.is_empty() && !is_known;
    moved.iter().copied().chain(without.then_some(""))
}

/// The same bytes may be pushed again with another media type, as a client has it that left the type out of the document. A tag that points
/// there already stays as it is.
const RECORD: &str = concat!(
    "INSERT INTO manifests (repository, digest, media_type, artifact_type, subject, annotations, pushed, content) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8) \
     ON CONFLICT (repository, digest) DO UPDATE SET media_type = excluded.media_type; \
     INSERT INTO manifest_blobs (repository, manifest, digest) \
     SELECT $1, $2, l.digest FROM json_each($9) b CROSS JOIN repository_blobs l ON l.repository = $1 AND l.digest = b.value \
     WHERE true ON CONFLICT DO NOTHING; \
     INSERT INTO manifest_children (repository, manifest, child) \
     SELECT $1, $2, m.digest FROM json_each($10) c CROSS JOIN manifests m ON m.repository = $1 AND m.digest = c.value AND m.digest <> $2 \
     WHERE true ON CONFLICT DO NOTHING; ",
    measured!(),
    "; INSERT INTO tags (repository, tag, manifest, created) SELECT $1, value, $2, $7 FROM json_each($11) WHERE true \
     ON CONFLICT (repository, tag) DO UPDATE SET manifest = excluded.manifest, created = excluded.created \
     WHERE manifest <> excluded.manifest"
);

/// Writes the rows, all in one go.
async fn record(
    change: &mut Change,
    repository: i64,
    manifest: &NewManifest,
    tags: &[Tag],
    now: i64,
) -> Result<()> {
    let subject = manifest.subject.as_ref().map(Digest::to_string);
    let query = sqlx::query(RECORD).bind(repository).bind(manifest.digest.to_string());
    let query = query.bind(&manifest.media_type).bind(&manifest.artifact_type).bind(subject);
    let query = query.bind(&manifest.annotations).bind(now).bind(&manifest.content[..]);
    let query = query.bind(list(manifest.blobs.iter().chain(&manifest.foreign_blobs)));
    let query = query.bind(list(&manifest.children)).bind(list(tags));
    query.execute(&mut **change).await.map(drop)
}

/// An image counts its blobs, an index its largest child.
pub(super) async fn measure(change: &mut Change, repository: i64, digest: &str) -> Result<()> {
    sqlx::query(measured!()).bind(repository).bind(digest).execute(&mut **change).await.map(drop)
}

#[cfg(test)]
#[path = "push_tests.rs"]
mod tests;
