//! Copies images to other registries, and repeats deletions there, as the rules of their registry say.
//!
//! Invariants: what is queued is in the database until it is done, so nothing that was acknowledged is forgotten by a restart or a failure. What arrives by replication is
//! queued for nowhere. Nothing crosses accounts that the policy of the other registry does not allow.

mod backfill;

use std::{sync::Arc, time::Duration};

use tokio::sync::Mutex;

use crate::{
    clock::Clock,
    model::{Purpose, RegistryId},
    policy,
    state::{CopyOutcome, POLICY, ReplicatedDeletion, Replication, Result, State},
    store::Store,
};

/// As many at once; others can write in between.
const BATCH: u32 = 100;
/// After an error of the database.
const PAUSE: Duration = Duration::from_secs(1);
/// Until a deletion is tried again that the database refused.
const AGAIN: Duration = Duration::from_secs(60);
/// What is told of an image that the other registry does not let in.
const DENIED: &str = "AccessDenied";
/// What is told of an image that the database could not copy.
const FAILED: &str = "InternalError";
/// What is told of an image that is in the archive, or on its way back: it cannot be read.
const ARCHIVED: &str = "ImageArchived";
/// What is told of an image that is gone.
const GONE: &str = "ImageNotFound";

/// Does what is queued when its time has come.
pub(crate) struct Replicator {
    store: Arc<Store>,
    clock: Clock,
    /// In seconds.
    delay: i64,
    alone: Mutex<()>,
}

impl Replicator {
    /// What is queued is done after a delay, in whole seconds.
    pub(crate) fn new(store: Arc<Store>, clock: Clock, delay: Duration) -> Self {
        let delay = i64::try_from(delay.as_secs()).unwrap_or(i64::MAX);
        Self { store, clock, delay, alone: Mutex::default() }
    }

    /// Waits for work and does it, for ever.
    pub(crate) async fn run(&self) {
        loop {
            if let Err(error) = self.work().await {
                tracing::error!(%error, "cannot replicate");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }

    /// Does everything whose time has come.
    pub(crate) async fn settle(&self) -> Result<()> {
        let _alone = self.alone.lock().await;
        while self.step().await? {}
        Ok(())
    }

    async fn work(&self) -> Result<()> {
        self.settle().await?;
        match self.state().next_queued().await? {
            Some(queued) => {
                let due = u64::try_from(queued.saturating_add(self.delay)).unwrap_or_default();
                tokio::select! {
                    () = self.clock.wait_until(Duration::from_secs(due)) => {}
                    () = self.state().queue.notified() => {}
                }
            }
            None => self.state().queue.notified().await,
        }
        Ok(())
    }

    /// Whether there was anything to do. Deletions come first: a push looks at what is there now, so it is right behind any of them.
    async fn step(&self) -> Result<bool> {
        let until = self.state().now().saturating_sub(self.delay);
        let deletions = self.state().queued_deletions(until, BATCH).await?;
        for deletion in &deletions {
            match self.repeat(deletion).await {
                Ok(()) => self.state().forget_deletion(deletion).await?,
                // It must not hold up those behind it.
                Err(error) => {
                    tracing::error!(%error, repository = %deletion.repository, "a deletion is not repeated yet");
                    self.state().postpone_deletion(deletion, AGAIN).await?;
                }
            }
        }
        let images = self.state().queued_replications(until, BATCH).await?;
        for image in &images {
            let failure = self.replicate(image).await;
            self.state().note_replication(image, failure).await?;
        }
        let backfills = self.state().running_backfills(until).await?;
        for backfill in &backfills {
            self.advance(backfill).await?;
        }
        Ok(!(deletions.is_empty() && images.is_empty() && backfills.is_empty()))
    }

    /// Copies an image. Why it could not be, if it could not: one that fails must not hold up those behind it.
    async fn replicate(&self, image: &Replication) -> Option<&'static str> {
        self.copy_image(image).await.unwrap_or_else(|error| {
            tracing::error!(%error, repository = %image.name, digest = %image.digest, "an image is not replicated");
            Some(FAILED)
        })
    }

    async fn copy_image(&self, image: &Replication) -> Result<Option<&'static str>> {
        let Some(repository) = self.repository_at(&image.source, &image.to, &image.name).await? else {
            return Ok(Some(DENIED));
        };
        let tag = image.tag.parse().ok();
        let copied = self.state().copy_image(image.repository, &image.digest, tag.as_ref(), repository);
        Ok(match copied.await? {
            CopyOutcome::Copied => None,
            CopyOutcome::Archived => Some(ARCHIVED),
            CopyOutcome::Gone => Some(GONE),
        })
    }

    async fn repeat(&self, deletion: &ReplicatedDeletion) -> Result<()> {
        if let Ok(name) = deletion.repository.parse()
            && let Some(repository) = self.state().repository(&deletion.to, &name).await?
            && self.may(&deletion.source, &deletion.to, &deletion.repository, policy::REPLICATE).await?
        {
            let source = self.state().repository(&deletion.source, &name).await?;
            self.state().repeat_deletion(deletion, source, repository).await?;
        }
        Ok(())
    }

    /// The repository of the same name in another registry, which is made if it is missing. Nothing if that is not allowed.
    async fn repository_at(&self, source: &RegistryId, to: &RegistryId, name: &str) -> Result<Option<i64>> {
        let Ok(parsed) = name.parse() else { return Ok(None) };
        if !self.may(source, to, name, policy::REPLICATE).await? {
            return Ok(None);
        }
        if let Some(found) = self.state().repository(to, &parsed).await? {
            return Ok(Some(found));
        }
        match self.may(source, to, name, policy::CREATE).await? {
            true => self.state().repository_for(to, &parsed, Purpose::Replication).await.map(Some),
            false => Ok(None),
        }
    }

    /// Within an account everything is allowed.
    async fn may(&self, source: &RegistryId, to: &RegistryId, name: &str, action: &str) -> Result<bool> {
        if source.account == to.account {
            return Ok(true);
        }
        let policy = self.state().registry_setting(to, POLICY).await?;
        Ok(policy.is_some_and(|policy| policy::allows(&policy, &source.account, action, &to.arn(name))))
    }

    fn state(&self) -> &State {
        &self.store.state
    }
}
