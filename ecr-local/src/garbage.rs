//! Taking away what nobody needs: images that expire by a lifecycle policy, blobs that no manifest refers to, uploads that were given up, files that no row knows.
//!
//! Invariant: what a client was told of lately stays, and so does everything that a manifest refers to.

use std::io;

use crate::{
    blobs::{BlobFolder, on_disk},
    lifecycle::{Action, Policy, evaluate},
    model::Digest,
    state,
    store::Store,
};

/// What a collection took away.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Collected {
    /// Blobs whose files are gone.
    pub blobs: usize,
    /// Uploads that were given up.
    pub uploads: usize,
}

impl Store {
    /// One collection. Pushes may go on meanwhile.
    pub(crate) async fn collect_garbage(&self) -> io::Result<Collected> {
        self.apply_policies().await.map_err(io::Error::other)?;
        let mut collected = Collected::default();
        loop {
            let _alone = self.removal.write().await;
            let forgotten = self.state.forget_unused_blobs(self.lifetimes.unused_blob).await;
            let Some(digests) = forgotten.map_err(io::Error::other)? else { break };
            collected.blobs += digests.len();
            self.remove_files(digests).await?;
        }
        for key in self.uploads.stale(self.lifetimes.idle_upload).await? {
            self.end_upload(&key).await?;
            collected.uploads += 1;
        }
        Ok(collected)
    }

    /// Takes away files without a row: a crash may leave one between the two. How many there were.
    pub(crate) async fn remove_orphans(&self) -> io::Result<usize> {
        let blobs = self.blobs.clone();
        let mut removed = 0;
        for shard in on_disk(move || blobs.shards()).await? {
            let _alone = self.removal.write().await;
            let mut orphans = on_disk(move || BlobFolder::blobs_in(&shard)).await?;
            let mut kept = Vec::new();
            for digest in &orphans {
                kept.push(self.state.knows_blob(digest).await.map_err(io::Error::other)?);
            }
            let mut kept = kept.into_iter();
            orphans.retain(|_| !kept.next().unwrap_or(true));
            removed += orphans.len();
            self.remove_files(orphans).await?;
        }
        Ok(removed)
    }

    /// Applies all lifecycle policies. One that cannot be read any more is passed over.
    async fn apply_policies(&self) -> state::Result<()> {
        for (repository, policy) in self.state.lifecycle_policies().await? {
            let Ok(policy) = Policy::parse(&policy) else { continue };
            let images = self.state.expirable_images(repository).await?;
            for due in evaluate(&policy, images, self.state.now()) {
                match due.action {
                    Action::Expire => {
                        if let Ok(digest) = due.image.digest.parse() {
                            self.state.remove_image(repository, &digest).await?;
                        }
                    }
                    Action::Transition => {
                        self.state.archive(repository, &due.image.digest).await?;
                    }
                }
            }
            self.state.note_evaluation(repository).await?;
        }
        Ok(())
    }

    async fn remove_files(&self, digests: Vec<Digest>) -> io::Result<()> {
        let blobs = self.blobs.clone();
        on_disk(move || digests.iter().try_for_each(|digest| blobs.remove(digest))).await
    }
}
