//! What was done: read page by page, or watched while it is done.

use std::collections::VecDeque;

use time::OffsetDateTime;

use super::Operations;
use crate::{
    error::{Error, Result},
    model::{Event, EventAction, Namespace},
    ports::{Changes, EventPage, EventSpan},
};

/// Events that are read at once.
const PAGE: u32 = 256;
/// Events in one answer.
pub const MOST_EVENTS: usize = 1000;
/// Events that one call looks at in vain: whoever wants next to none of them asks again.
const MOST_LOOKED_AT: u64 = 20_000;

/// Which events are meant, of those that are kept.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct EventRequest {
    /// Those after this number. Nothing means: from the oldest if there is a time to begin at, else from now on.
    pub after: Option<u64>,
    /// Not older.
    pub since: Option<OffsetDateTime>,
    /// Not younger; a watch ends then.
    pub until: Option<OffsetDateTime>,
    /// What was done; anything if none is given.
    pub actions: Vec<EventAction>,
    /// What it was done to goes by one of these names; by any if none is given.
    pub names: Vec<String>,
}

/// Some events.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EventList {
    /// Oldest first.
    pub events: Vec<Event>,
    /// Where to go on.
    pub next: u64,
    /// Whether there may be more now.
    pub has_more: bool,
}

/// A watch. Dropping it ends it.
#[derive(Debug)]
pub struct Watching {
    operations: Operations,
    namespace: Namespace,
    request: EventRequest,
    changes: Changes,
    next: u64,
    ready: VecDeque<Event>,
    is_over: bool,
}

impl Operations {
    /// Up to `limit` events that are there. From the oldest that is kept, if not told otherwise.
    pub async fn list_events(
        &self,
        namespace: &Namespace,
        request: &EventRequest,
        limit: usize,
    ) -> Result<EventList> {
        let mut list = EventList { events: Vec::new(), next: request.after.unwrap_or(0), has_more: true };
        let first = list.next;
        while list.has_more && list.events.len() < limit && list.next - first < MOST_LOOKED_AT {
            let page = self.page(namespace, request, list.next).await?;
            (list.next, list.has_more) = (page.next, !page.is_last);
            list.events.extend(page.events.into_iter().filter(|event| request.wants(event)));
        }
        if list.events.len() > limit {
            list.events.truncate(limit);
            list.has_more = true;
            list.next = list.events.last().map_or(list.next, |event| event.sequence);
        }
        Ok(list)
    }

    /// Events as they are done. Whatever is done after this returns is among them.
    pub async fn watch_events(&self, namespace: Namespace, request: EventRequest) -> Result<Watching> {
        let changes = self.ports.events.changes();
        let next = match (request.after, request.since) {
            (Some(after), _) => after,
            (None, Some(_)) => 0,
            (None, None) => self.ports.events.events(&namespace, &EventSpan::default(), 0).await?.newest,
        };
        let mut watching = Watching {
            operations: self.clone(),
            namespace,
            request,
            changes,
            next,
            ready: VecDeque::new(),
            is_over: false,
        };
        watching.read().await?;
        Ok(watching)
    }

    /// A page of what is kept after a number. What is no longer kept is not left out in silence.
    async fn page(&self, namespace: &Namespace, request: &EventRequest, after: u64) -> Result<EventPage> {
        let span = EventSpan { after, since: request.since, until: request.until };
        let page = self.ports.events.events(namespace, &span, PAGE).await?;
        if after > page.newest || (after > 0 && after + 1 < page.oldest) {
            return Err(Error::EventsExpired { after, oldest: page.oldest, newest: page.newest });
        }
        Ok(page)
    }
}

impl EventRequest {
    fn wants(&self, event: &Event) -> bool {
        let is_done = self.actions.is_empty() || self.actions.contains(&event.action);
        is_done && (self.names.is_empty() || self.names.iter().any(|name| event.subject.is_called(name)))
    }

    /// Ready when no event can come any more.
    async fn is_over(&self) {
        let Some(until) = self.until else { return std::future::pending().await };
        // A span that is negative has passed.
        let left = until - OffsetDateTime::now_utc();
        tokio::time::sleep(left.try_into().unwrap_or_default()).await;
    }
}

impl Watching {
    /// Where another watch goes on after what this one has told.
    #[must_use]
    pub fn next_after(&self) -> u64 {
        self.ready.front().map_or(self.next, |event| event.sequence - 1)
    }

    /// The next event, as soon as it is there; nothing after the end.
    pub async fn next(&mut self) -> Result<Option<Event>> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Ok(Some(event));
            }
            if self.read().await? || !self.ready.is_empty() {
                continue;
            }
            if self.is_over {
                return Ok(None);
            }
            tokio::select! {
                () = self.changes.next() => {}
                () = self.request.is_over() => self.is_over = true,
            }
        }
    }

    /// Reads on; whether there may be more to read now.
    async fn read(&mut self) -> Result<bool> {
        let page = self.operations.page(&self.namespace, &self.request, self.next).await?;
        self.next = page.next;
        self.ready.extend(page.events.into_iter().filter(|event| self.request.wants(event)));
        Ok(!page.is_last)
    }
}
