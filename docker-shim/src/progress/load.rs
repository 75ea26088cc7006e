//! Events of a load as progress lines, and when the first of them may leave.
//!
//! Invariant: no line leaves before something verified has come and a while has passed, or the end is reached. Up to there an error is
//! an HTTP error, as one line of a broken archive would be a success to clients that look at the status only.

use std::{pin::pin, time::Duration};

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use imageservice_proto::v1::{ImageLoaded, ImageRenamed, LayerRead, LoadEvent, load_event::Event};
use tokio::time::sleep;

use super::{Lines, error_line, layer, line, warning};
use crate::{dto::progress::StreamLine, error::Failure, transfer::Transfer};

/// What the lines of a load tell.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LoadLines {
    /// Nothing of layers.
    pub(crate) quiet: bool,
    /// Nothing of the IDs of images that have names.
    pub(crate) names_only: bool,
}

/// The lines up to the moment when they may leave, the first of which decides on the status.
pub(crate) async fn hold(
    transfer: &mut Transfer<LoadEvent>,
    lines: LoadLines,
    held_for: Duration,
) -> Result<Vec<Bytes>, Failure> {
    let (mut held, mut verified) = (Vec::new(), false);
    let mut while_held = pin!(sleep(held_for));
    loop {
        tokio::select! {
            biased;
            event = transfer.next() => {
                let Some(event) = event? else { return Ok(held) };
                verified |= is_verified(&event);
                held.extend(lines.of(event));
            }
            () = &mut while_held, if verified => return Ok(held),
        }
    }
}

/// All lines, the held ones first. What `describe` makes of an error becomes the last one.
pub(crate) fn follow<D>(
    transfer: Transfer<LoadEvent>,
    held: Vec<Bytes>,
    lines: LoadLines,
    describe: D,
) -> Lines
where
    D: FnOnce(Failure) -> String + Send + 'static,
{
    let rest = stream::unfold((transfer, Some(describe)), move |(mut transfer, mut describe)| async move {
        let next = match transfer.next().await {
            Ok(Some(event)) => lines.of(event),
            Ok(None) => {
                transfer.drain().await;
                return None;
            }
            Err(failure) => {
                describe.take().map(|describe| error_line(&describe(failure))).into_iter().collect()
            }
        };
        Some((next, (transfer, describe)))
    });
    stream::iter(held).chain(rest.flat_map(stream::iter)).map(Ok).boxed()
}

/// A warning may come before anything was read.
fn is_verified(event: &LoadEvent) -> bool {
    matches!(event.event, Some(Event::Layer(_) | Event::Loaded(_)))
}

impl LoadLines {
    fn of(self, event: LoadEvent) -> Vec<Bytes> {
        match event.event {
            Some(Event::Layer(read)) if !self.quiet && !read.known => layer_lines(&read),
            Some(Event::Renamed(renamed)) => vec![renamed_line(&renamed)],
            Some(Event::Loaded(loaded)) => self.loaded_lines(&loaded),
            Some(Event::Warning(event)) => vec![warning(&event.message)],
            Some(Event::Layer(_)) | None => Vec::new(),
        }
    }

    /// CI runners take the first line for the image's name and hang up; packaging scripts look for an ID.
    fn loaded_lines(self, loaded: &ImageLoaded) -> Vec<Bytes> {
        let names = loaded.references.iter().map(|reference| text(&format!("Loaded image: {reference}")));
        let wanted = !self.names_only || loaded.references.is_empty();
        let id = wanted.then(|| text(&format!("Loaded image ID: {}", loaded.image_id)));
        names.chain(id).collect()
    }
}

/// Docker says twice that a layer is at its end.
fn layer_lines(read: &LayerRead) -> Vec<Bytes> {
    vec![layer("Loading layer", &read.diff_id, read.size, read.size); 2]
}

fn renamed_line(renamed: &ImageRenamed) -> Bytes {
    text(&format!(
        "The image {} already exists, renaming the old one with ID {} to empty string",
        renamed.reference, renamed.previous_image_id
    ))
}

fn text(stream: &str) -> Bytes {
    line(&StreamLine { stream: &format!("{stream}\n") })
}
