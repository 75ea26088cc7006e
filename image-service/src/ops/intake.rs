//! Taking in what a client streams: the bytes go to a reading thread, the layers it finds go to staging, both while they come.
//!
//! Invariants: a stream that breaks off is never taken for one that ends. A failure of staging stops the reading. Nothing is recorded here.

mod body;
mod layers;

use std::{io::Read, sync::Arc};

use bytes::Bytes;
use futures_util::stream::BoxStream;
use tokio::sync::mpsc;
use tokio_util::task::AbortOnDropHandle;
use tracing::Span;

use super::{LoadEvent, Operations};
use crate::{
    error::{Error, Result},
    model::{Namespace, RegistryHost},
    ports::{ArchivedImage, LayerIntake, StagedImage, StagingSession},
};

/// What a client sends, in pieces; an error is the last.
pub type Body = BoxStream<'static, Result<Bytes>>;

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
    /// Has `read` read a body to its end on a thread of its own.
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
        let session = self.staging_session(namespace).await?;
        let (mut input, feeding) = body::feed(body, session.clone());
        let feeding = AbortOnDropHandle::new(tokio::spawn(feeding));
        let mut intake = layers::reported(session.as_deref(), events.clone());
        let span = Span::current();
        let reading = tokio::task::spawn_blocking(move || span.in_scope(|| read(&mut input, &mut *intake)));
        let content = reading.await.map_err(Error::internal)??;
        drop(feeding);
        // The end of a body that was called off looks like any other end; but then nobody listens any more.
        if events.is_closed() {
            return Err(Error::Cancelled("the caller has left".into()));
        }
        Ok(TakenIn { content, session })
    }

    async fn staging_session(&self, namespace: &Namespace) -> Result<Option<Arc<dyn StagingSession>>> {
        let Some(staging) = &self.ports.staging else { return Ok(None) };
        let host = RegistryHost::from(staging.repository());
        let access = self.access(namespace, &host, None).await?;
        Ok(Some(Arc::from(staging.begin(access))))
    }
}
