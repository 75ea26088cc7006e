//! Taking in what a client streams: the bytes go to a reading thread, the layers it finds go to staging, both while they come.
//!
//! Invariants: a stream that breaks off is never taken for one that ends. A failure of staging stops the reading. Nothing is recorded here.

mod body;
mod layers;

use std::{io::Read, sync::Arc, time::Duration};

use bytes::Bytes;
use futures_util::stream::BoxStream;
use telemetry::{Context, Counter, KeyValue, Span};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, mpsc},
    time::timeout,
};
use tokio_util::task::AbortOnDropHandle;

use super::{LoadEvent, Loading, Operations};
use crate::{
    error::{Error, Result},
    model::Namespace,
    ports::{ArchivedImage, LayerIntake, StagedImage, StagingSession},
};

/// What a client sends, in pieces; an error is the last.
pub type Body = BoxStream<'static, Result<Bytes>>;

/// Events that wait for a client.
const AHEAD: usize = 64;
/// Archives that are read at once; others wait. Each has a thread.
pub(super) const READERS: usize = 32;

/// By kind, `load` or `import`, and by outcome, `ok` or `failed`.
static LOADS: Counter =
    Counter::new("image.loads", "{archive}", "Archives that were read to their end, or not");

/// What was read, and its layers on their way.
pub(super) struct TakenIn<T> {
    pub(super) content: T,
    /// Nothing without a staging registry.
    session: Option<Arc<dyn StagingSession>>,
}

impl<T> TakenIn<T> {
    /// Brings an image to the staging registry, if there is one.
    pub(super) async fn stage(&self, image: &ArchivedImage) -> Result<Option<StagedImage>> {
        match &self.session {
            Some(session) => session.stage(image).await.map(Some),
            None => Ok(None),
        }
    }
}

impl Operations {
    /// Has `read` read a body to its end on a thread of its own. Gives up when nobody listens any more.
    pub(super) async fn take_in<T, R>(
        &self,
        namespace: &Namespace,
        body: Body,
        events: mpsc::Sender<Result<LoadEvent>>,
        read: R,
    ) -> Result<TakenIn<T>>
    where
        T: Send + 'static,
        R: FnOnce(&mut (dyn Read + Send), &mut dyn LayerIntake) -> Result<T> + Send + 'static,
    {
        let turn = turn(&self.readers, self.wait, &events).await?;
        let session = self.staging_session(namespace).await?;
        let (mut input, feeding) = body::feed(body, self.stall, session.clone());
        let _feeding = AbortOnDropHandle::new(tokio::spawn(Context::current().scope(feeding)));
        let mut intake = layers::reported(session.as_deref(), events.clone());
        let context = Context::current();
        let reading = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            context.enter(|| read(&mut input, &mut *intake))
        });
        let content = tokio::select! {
            content = reading => content.map_err(Error::internal)??,
            () = events.closed() => return Err(left()),
        };
        // The end of a body that was called off looks like any other end.
        if events.is_closed() {
            return Err(left());
        }
        Ok(TakenIn { content, session })
    }

    async fn staging_session(&self, namespace: &Namespace) -> Result<Option<Arc<dyn StagingSession>>> {
        let Some(staging) = self.ports.staging.get(namespace) else { return Ok(None) };
        let access = self.access(namespace, staging.repository(), None).await?;
        Ok(Some(Arc::from(staging.begin(access))))
    }
}

/// A turn to be read, unless it takes too long or nobody listens any more.
async fn turn(
    readers: &Arc<Semaphore>,
    wait: Duration,
    events: &mpsc::Sender<Result<LoadEvent>>,
) -> Result<OwnedSemaphorePermit> {
    let late = |_| Error::Busy { what: "other archives to be read", waited: wait };
    tokio::select! {
        turn = timeout(wait, Arc::clone(readers).acquire_owned()) => turn.map_err(late)?.map_err(Error::internal),
        () = events.closed() => Err(left()),
    }
}

fn left() -> Error {
    Error::Cancelled("the caller has left".into())
}

/// A channel of events, and `work` that fills it and says in the end why it failed. It goes on when nobody listens.
pub(super) fn telling<F>(
    kind: &'static str,
    work: impl FnOnce(mpsc::Sender<Result<LoadEvent>>) -> F,
) -> Loading
where
    F: Future<Output = Result<()>> + Send + 'static,
{
    let (events, loading) = mpsc::channel(AHEAD);
    let work = Span::internal(kind).covers(work(events.clone()));
    let told = async move {
        let outcome = work.await;
        let labels = [("kind", kind), ("outcome", if outcome.is_ok() { "ok" } else { "failed" })];
        LOADS.add(1, &labels.map(|(key, value)| KeyValue::new(key, value)));
        if let Err(error) = outcome {
            let _ = events.send(Err(error)).await;
        }
    };
    tokio::spawn(Context::current().scope(told));
    loading
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_waits_too_long_for_a_turn_is_told_to_come_again() {
        let (events, _loading) = mpsc::channel(1);
        let readers = Arc::new(Semaphore::new(1));
        let first = turn(&readers, Duration::ZERO, &events).await.unwrap();
        let second = turn(&readers, Duration::ZERO, &events).await;
        assert!(matches!(second, Err(Error::Busy { .. })));
        drop(first);
        assert!(turn(&readers, Duration::ZERO, &events).await.is_ok());
    }

    #[tokio::test]
    async fn who_has_left_waits_for_no_turn() {
        let (events, loading) = mpsc::channel(1);
        drop(loading);
        let turn = turn(&Arc::new(Semaphore::new(0)), Duration::MAX, &events).await;
        assert!(matches!(turn, Err(Error::Cancelled(_))));
    }
}
