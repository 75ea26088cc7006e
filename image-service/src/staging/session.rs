//! The layers of one archive on their way.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use futures_util::{
    FutureExt,
    future::{BoxFuture, Shared, ready},
};
use telemetry::Context;
use tokio::{
    runtime::Handle,
    sync::{Semaphore, watch},
};
use tokio_util::task::AbortOnDropHandle;

use super::{
    Yard,
    compress::{Codec, Feed, Outcome},
    given_up,
    intake::Intake,
    spool::{Ended, SpoolFile},
    tally,
    upload::Upload,
};
use crate::{
    error::{Error, Result},
    model::Digest,
    ports::{
        Access, ArchivedImage, Compression, LayerIntake, ReadLayer, StagedImage, StagedLayer, StagingSession,
    },
};

type Arrival = Shared<BoxFuture<'static, Result<StagedLayer, Arc<Error>>>>;

/// To drop it is to give up what has not arrived.
pub(super) struct Session(pub(super) Arc<Job>);

/// What a session and the sinks on the reading thread share.
pub(super) struct Job {
    pub(super) yard: Arc<Yard>,
    pub(super) access: Access,
    runtime: Handle,
    turns: Arc<Semaphore>,
    ended: Ended,
    failure: watch::Sender<Option<Arc<Error>>>,
    /// By the digest of what the archive holds.
    layers: Mutex<HashMap<Digest, Arrival>>,
}

impl Session {
    pub(super) fn new(yard: Arc<Yard>, access: Access) -> Self {
        let turns = Arc::new(Semaphore::new(yard.uploads_per_image));
        Self(Arc::new(Job {
            yard,
            access,
            runtime: Handle::current(),
            turns,
            ended: Ended::default(),
            failure: watch::Sender::new(None),
            layers: Mutex::default(),
        }))
    }
}

impl Job {
    /// Whether it is worth going on.
    pub(super) fn check(&self) -> Result<()> {
        self.ended.get().map_or(Ok(()), |why| Err(Error::Shared(Arc::clone(why))))
    }

    /// Waits on the reading thread for something that is done on the runtime.
    pub(super) fn wait<T>(&self, work: impl Future<Output = Result<T>>) -> Result<T> {
        self.runtime.block_on(work)
    }

    pub(super) fn feed(&self, codec: Codec) -> Result<(Feed, Outcome)> {
        let file = self.yard.spool.create(&self.ended)?;
        Ok(self.feed_into(file, codec))
    }

    /// For a layer that lies in the spool in another form.
    pub(super) fn feed_again(&self, stored: &SpoolFile, codec: Codec) -> Result<(Feed, Outcome)> {
        let file = self.yard.spool.create_heir(stored)?;
        Ok(self.feed_into(file, codec))
    }

    fn feed_into(&self, file: SpoolFile, codec: Codec) -> (Feed, Outcome) {
        Feed::new(Arc::clone(&self.yard.pool), codec, file, Arc::clone(&self.ended))
    }

    /// Whether the archive has brought these bytes before.
    pub(super) fn has(&self, digest: &Digest) -> bool {
        self.layers().contains_key(digest)
    }

    pub(super) fn take_known(&self, layer: &ReadLayer, staged: StagedLayer) -> Result<()> {
        tally::known_layer();
        self.take(layer, || ready(Ok(staged)).boxed().shared())
    }

    pub(super) fn upload(
        self: &Arc<Self>,
        layer: &ReadLayer,
        head: Digest,
        compression: Compression,
        outcome: Outcome,
    ) -> Result<()> {
        let upload = Upload {
            yard: Arc::clone(&self.yard),
            access: self.access.clone(),
            turns: Arc::clone(&self.turns),
            layer: layer.clone(),
            head,
            compression,
        };
        self.take(layer, || self.start(upload.run(outcome)))
    }

    fn start(&self, upload: impl Future<Output = Result<StagedLayer>> + Send + 'static) -> Arrival {
        let (failure, ended) = (self.failure.clone(), Arc::clone(&self.ended));
        let yard = Arc::clone(&self.yard);
        let task = AbortOnDropHandle::new(self.runtime.spawn(Context::current().scope(async move {
            let staged = upload.await.map_err(Arc::new);
            if let Err(error) = &staged {
                failure
                    .send_if_modified(|first| first.is_none() && first.replace(Arc::clone(error)).is_none());
                // The first end is the one that is told.
                let _ = ended.set(Arc::clone(error));
                yard.spool.budget.wake();
            }
            staged
        })));
        async move { task.await.unwrap_or_else(|fault| Err(Arc::new(Error::internal(fault)))) }
            .boxed()
            .shared()
    }

    /// Nothing is started for a session that has been given up.
    fn take(&self, layer: &ReadLayer, arrival: impl FnOnce() -> Arrival) -> Result<()> {
        let mut layers = self.layers();
        self.check()?;
        layers.entry(layer.digest.clone()).or_insert_with(arrival);
        Ok(())
    }

    fn layers(&self) -> MutexGuard<'_, HashMap<Digest, Arrival>> {
        self.layers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn arrived(&self, image: &ArchivedImage) -> Result<Vec<StagedLayer>> {
        let mut staged = Vec::with_capacity(image.layers.len());
        for layer in &image.layers {
            let arrival = self.layers().get(&layer.digest).cloned();
            let arrival = arrival.ok_or_else(|| Error::internal("an image has a layer that never came"))?;
            staged.push(arrival.await.map_err(Error::Shared)?);
        }
        Ok(staged)
    }
}

#[async_trait]
impl StagingSession for Session {
    fn intake(&self) -> Box<dyn LayerIntake> {
        Box::new(Intake(Arc::clone(&self.0)))
    }

    async fn stage(&self, image: &ArchivedImage) -> Result<StagedImage> {
        let layers = self.0.arrived(image).await?;
        self.0.yard.put_image(image, &layers, &self.0.access).await
    }

    async fn failed(&self) -> Error {
        let mut failure = self.0.failure.subscribe();
        // The sender lives as long as this session.
        match failure.wait_for(Option::is_some).await.ok().and_then(|failure| failure.clone()) {
            Some(failure) => Error::Shared(failure),
            None => given_up(),
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let _ = self.0.ended.set(Arc::new(given_up()));
        self.0.yard.spool.budget.wake();
        self.0.layers().clear();
    }
}
