//! Backfills: one step after another, each of which takes as long as a replication.

use super::{BATCH, GONE, Replicator};
use crate::{
    model::BackfillStatus,
    state::{Backfill, BackfillImage, Replication, Result},
};

/// What is told of a backfill whose destination no rule names any more.
const NO_RULE: &str = "DestinationNotConfigured";

impl Replicator {
    /// Ends the step that a backfill is at, whose time is over, and begins the next one.
    pub(super) async fn advance(&self, backfill: &Backfill) -> Result<()> {
        let mut next = Backfill { stepped: backfill.stepped.saturating_add(self.delay), ..backfill.clone() };
        match backfill.status {
            BackfillStatus::Preparing => self.prepare(&mut next).await?,
            BackfillStatus::InProgress => {
                self.copy_batch(backfill).await?;
                if self.state().next_backfill_images(backfill.seq, 1).await?.is_empty() {
                    end(&mut next, BackfillStatus::Complete);
                }
            }
            BackfillStatus::Stopping => {
                self.copy_batch(backfill).await?;
                end(&mut next, BackfillStatus::Stopped);
            }
            BackfillStatus::Complete | BackfillStatus::Failed | BackfillStatus::Stopped => {}
        }
        self.state().step_backfill(backfill, &next).await?;
        self.state().forget_old_backfills().await
    }

    /// Stops a backfill: what is being copied is copied to its end. The backfill as it is then; nothing if it has ended, or is stopping.
    pub(crate) async fn stop(&self, backfill: &Backfill) -> Result<Option<Backfill>> {
        let _alone = self.alone.lock().await;
        let Some(now) = self.state().backfill(&backfill.source, &backfill.id).await? else { return Ok(None) };
        let mut next = now.clone();
        match now.status {
            BackfillStatus::Preparing => {
                next.stepped = self.state().now();
                end(&mut next, BackfillStatus::Stopped);
            }
            BackfillStatus::InProgress => next.status = BackfillStatus::Stopping,
            _ => return Ok(None),
        }
        Ok(self.state().step_backfill(&now, &next).await?.then_some(next))
    }

    async fn prepare(&self, next: &mut Backfill) -> Result<()> {
        let rules = self.state().replication(&next.source).await?;
        if !rules.destinations().contains(&next.to) {
            next.failure = Some(NO_RULE.to_owned());
            end(next, BackfillStatus::Failed);
            return Ok(());
        }
        let mut names = self.state().repository_names(&next.source, "", u32::MAX).await?;
        names.retain(|name| rules.destinations_of(name).contains(&next.to));
        self.state().prepare_backfill(next, &names).await?;
        next.is_prepared = true;
        next.status = BackfillStatus::InProgress;
        Ok(())
    }

    async fn copy_batch(&self, backfill: &Backfill) -> Result<()> {
        let mut images = self.state().next_backfill_images(backfill.seq, BATCH).await?;
        for image in &mut images {
            image.failure = self.copy(backfill, image).await?.map(str::to_owned);
        }
        self.state().note_backfill_images(backfill.seq, &images).await
    }

    async fn copy(&self, backfill: &Backfill, image: &BackfillImage) -> Result<Option<&'static str>> {
        let Ok(name) = image.repository.parse() else { return Ok(Some(GONE)) };
        let Some(repository) = self.state().repository(&backfill.source, &name).await? else {
            return Ok(Some(GONE));
        };
        let replication = Replication {
            repository,
            source: backfill.source.clone(),
            name: image.repository.clone(),
            digest: image.digest.clone(),
            tag: image.tag.clone().unwrap_or_default(),
            to: backfill.to.clone(),
        };
        let failure = self.replicate(&replication).await;
        self.state().note_replication(&replication, failure).await?;
        Ok(failure)
    }
}

fn end(backfill: &mut Backfill, status: BackfillStatus) {
    backfill.status = status;
    backfill.ended = Some(backfill.stepped);
}
