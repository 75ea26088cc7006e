//! The port for events.

use std::sync::atomic::Ordering::Relaxed;

use async_trait::async_trait;
use time::OffsetDateTime;

use super::{
    Store, events,
    events::{NoteDeeds, SweepEvents},
};
use crate::{
    error::Result,
    model::Namespace,
    ports::{Changes, Deed, EventPage, EventSpan, EventStore},
};

#[async_trait]
impl EventStore for Store {
    async fn events(&self, namespace: &Namespace, span: &EventSpan, limit: u32) -> Result<EventPage> {
        read!(self, "events", events::page, namespace, span, limit)
    }

    async fn note(&self, deeds: Vec<Deed>) -> Result<()> {
        self.commit("note", NoteDeeds(deeds)).await
    }

    async fn sweep_events(&self, keep: u64, before: OffsetDateTime) -> Result<u64> {
        self.commit("sweep_events", SweepEvents { keep, before }).await
    }

    fn changes(&self) -> Changes {
        Changes::of(self.changes.subscribe())
    }

    /// Every change that others may wait for writes an event.
    async fn listen(&self) -> Result<()> {
        let newest = read!(self, "listen", events::newest)?;
        if self.heard.swap(newest, Relaxed) != newest {
            self.changes.send_modify(|count| *count += 1);
        }
        Ok(())
    }
}
