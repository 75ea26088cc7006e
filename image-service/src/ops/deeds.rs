//! What was done and changed nothing: written down behind the calls, many at a time.
//!
//! Whoever pulls what is up to date waits for no disk. What waits to be written is lost in a crash, or if the database is gone then: nobody was
//! promised it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use crate::ports::{Deed, EventStore};

/// What may wait. More are done than can be written then, and the rest is not told.
const MOST_WAITING: usize = 4096;

/// Writes deeds down.
#[derive(Clone, Debug)]
pub(super) struct Deeds(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    events: Arc<dyn EventStore>,
    waiting: Mutex<Vec<Deed>>,
    is_writing: watch::Sender<bool>,
}

impl Deeds {
    pub(super) fn new(events: Arc<dyn EventStore>) -> Self {
        let (waiting, is_writing) = (Mutex::default(), watch::Sender::new(false));
        Self(Arc::new(Shared { events, waiting, is_writing }))
    }

    /// Returns at once.
    pub(super) fn note(&self, deed: Deed) {
        let mut waiting = self.0.waiting();
        if waiting.len() == MOST_WAITING {
            tracing::debug!(action = %deed.action, "too much is done to write it down");
            return;
        }
        waiting.push(deed);
        if !self.0.is_writing.send_replace(true) {
            tokio::spawn(Arc::clone(&self.0).write());
        }
    }

    /// Waits until nothing is waiting to be written.
    pub(super) async fn written(&self) {
        // The sender is held here: it does not go.
        let _ = self.0.is_writing.subscribe().wait_for(|is_writing| !is_writing).await;
    }
}

impl Shared {
    fn waiting(&self) -> MutexGuard<'_, Vec<Deed>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What came while some was written is written next.
    async fn write(self: Arc<Self>) {
        while let Some(deeds) = self.take() {
            if let Err(error) = self.events.note(deeds).await {
                tracing::warn!("some of what was done is not among the events: {error}");
            }
        }
    }

    /// Nothing if nothing waits; then nobody is writing any more.
    fn take(&self) -> Option<Vec<Deed>> {
        let mut waiting = self.waiting();
        if waiting.is_empty() {
            self.is_writing.send_replace(false);
            return None;
        }
        Some(std::mem::take(&mut *waiting))
    }
}
