//! Bytes on their way, told of at intervals.

use std::time::Duration;

use futures_util::StreamExt;
use tokio::{sync::mpsc, time::Instant};

use super::{LayerState, PushEvent};
use crate::{error::Result, model::Digest, ports::BlobStream};

/// As often as docker's clients can show it.
const INTERVAL: Duration = Duration::from_millis(100);

/// Tells of one layer.
pub(super) struct Progress {
    diff_id: Digest,
    total: u64,
    events: mpsc::Sender<Result<PushEvent>>,
}

impl Progress {
    pub(super) const fn new(diff_id: Digest, total: u64, events: mpsc::Sender<Result<PushEvent>>) -> Self {
        Self { diff_id, total, events }
    }

    /// The same stream, counted. What a slow client has no room for is not told.
    pub(super) fn follow(&self, stream: BlobStream) -> BlobStream {
        let (diff_id, total, events) = (self.diff_id.clone(), self.total, self.events.clone());
        let (mut sent, mut told) = (0, None::<Instant>);
        let counted = stream.inspect(move |piece| {
            let Ok(piece) = piece else { return };
            sent += piece.len() as u64;
            if sent < total && told.is_some_and(|told| told.elapsed() < INTERVAL) {
                return;
            }
            told = Some(Instant::now());
            let state = LayerState::Pushing(sent, total);
            let _ = events.try_send(Ok(PushEvent::Layer { diff_id: diff_id.clone(), state }));
        });
        counted.boxed()
    }
}
