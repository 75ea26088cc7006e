//! Events: where they are kept, and how it is heard that there are more.

use async_trait::async_trait;
use time::OffsetDateTime;
use tokio::sync::watch;

use crate::{
    error::Result,
    model::{Digest, Event, EventAction, Namespace, Reference},
};

/// Which events are meant.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct EventSpan {
    /// Those with a higher number.
    pub after: u64,
    /// Not older.
    pub since: Option<OffsetDateTime>,
    /// Not younger.
    pub until: Option<OffsetDateTime>,
}

/// Some events of a span, oldest first.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EventPage {
    /// In order.
    pub events: Vec<Event>,
    /// Where to go on: no event of the span up to this number is missing, as far as they are still kept.
    pub next: u64,
    /// Whether these were all there are by now.
    pub is_last: bool,
    /// The number of the oldest event that is kept, of any namespace; 0 if there is none.
    pub oldest: u64,
    /// The number of the newest event, of any namespace; 0 if there never was one.
    pub newest: u64,
}

/// Something that was done to an image and changed nothing, so that no change tells of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Deed {
    /// Whose image.
    pub namespace: Namespace,
    /// What was done.
    pub action: EventAction,
    /// To which image.
    pub image: Digest,
    /// By which name.
    pub reference: Option<Reference>,
}

/// Hears that something has changed. Changes before it was made do not count, later ones are not missed.
#[derive(Clone, Debug)]
pub struct Changes(watch::Receiver<u64>);

impl Changes {
    /// Of a count of changes.
    #[must_use]
    pub fn of(count: watch::Receiver<u64>) -> Self {
        Self(count)
    }

    /// Waits until something has changed since this was last waited for. Never ends if nothing can change any more.
    pub async fn next(&mut self) {
        if self.0.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

/// The log of events. Every change of images and credentials writes its own, in its transaction, so that an event is there if and only if its
/// change is. Events have the order of the changes, whichever of several services made them: one with a lower number never comes late.
#[async_trait]
pub trait EventStore: Send + Sync + std::fmt::Debug {
    /// Up to `limit` events of a namespace.
    async fn events(&self, namespace: &Namespace, span: &EventSpan, limit: u32) -> Result<EventPage>;

    /// Writes down what changed nothing.
    async fn note(&self, deeds: Vec<Deed>) -> Result<()>;

    /// Takes away some of the oldest events, beyond the newest `keep` or older than `before`; never the newest. Answers how many: fewer than
    /// there are, so that no one call takes long.
    async fn sweep_events(&self, keep: u64, before: OffsetDateTime) -> Result<u64>;

    /// Hears changes of this process, and those that `listen` finds.
    fn changes(&self) -> Changes;

    /// Looks once whether another service has changed something.
    async fn listen(&self) -> Result<()>;
}
