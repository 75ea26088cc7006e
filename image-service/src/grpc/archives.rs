//! The messages of loading and importing, in both directions.

use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream};
use imageservice_proto::v1::{self, import_request, load_request};
use tokio::sync::mpsc;
use tonic::{Status, Streaming};

use super::convert::size;
use crate::{
    error::{Error, Result},
    model::{Platform, Reference},
    ops::{Body, ImportRequest, LoadEvent},
    ports::Location,
};

/// What a message after the first is.
enum Part {
    Chunk(Bytes),
    End,
    Misplaced,
}

/// The options of a load, and what comes after them.
pub(super) async fn load_request(mut parts: Streaming<v1::LoadRequest>) -> Result<(Option<Platform>, Body)> {
    use load_request::Part as Sent;
    let Some(Sent::Options(options)) = first(&mut parts).await?.part else {
        return Err(options_first());
    };
    let body = body(parts, |message| match message.part {
        Some(Sent::Chunk(bytes)) => Part::Chunk(bytes),
        Some(Sent::End(_)) => Part::End,
        Some(Sent::Options(_)) | None => Part::Misplaced,
    });
    Ok((platform(&options.platform)?, body))
}

/// The options of an import, and what comes after them.
pub(super) async fn import_request(mut parts: Streaming<v1::ImportRequest>) -> Result<(ImportRequest, Body)> {
    use import_request::Part as Sent;
    let Some(Sent::Options(options)) = first(&mut parts).await?.part else {
        return Err(options_first());
    };
    let body = body(parts, |message| match message.part {
        Some(Sent::Chunk(bytes)) => Part::Chunk(bytes),
        Some(Sent::End(_)) => Part::End,
        Some(Sent::Options(_)) | None => Part::Misplaced,
    });
    let v1::ImportOptions { repository, tag, platform: wanted, message, changes } = options;
    let platform = platform(&wanted)?;
    Ok((ImportRequest { repository, tag, platform, message, changes }, body))
}

/// The chunks up to the end, which is said: a call that is cancelled looks like one whose stream was closed.
fn body<T: Send + 'static>(parts: Streaming<T>, read: fn(T) -> Part) -> Body {
    let next = move |parts: Option<Streaming<T>>| async move {
        let mut parts = parts?;
        let fault = match parts.message().await {
            Ok(Some(message)) => match read(message) {
                Part::Chunk(bytes) => return Some((Ok(bytes), Some(parts))),
                Part::End => return None,
                Part::Misplaced => options_first(),
            },
            Ok(None) => Error::Cancelled("the stream ended before the archive".into()),
            Err(status) => broken(status),
        };
        Some((Err(fault), None))
    };
    stream::unfold(Some(parts), next).boxed()
}

async fn first<T: Default>(parts: &mut Streaming<T>) -> Result<T> {
    Ok(parts.message().await.map_err(broken)?.unwrap_or_default())
}

fn options_first() -> Error {
    Error::Argument("the first message, and only the first, holds the options".into())
}

/// The caller has left, or what came was no message.
fn broken(status: Status) -> Error {
    Error::Cancelled(status.into())
}

fn platform(text: &str) -> Result<Option<Platform>> {
    Ok(if text.is_empty() { None } else { Some(text.parse()?) })
}

/// What an operation tells, as `encode` writes it.
pub(super) fn events<E: Send + 'static, T>(
    operation: impl Fn(Error) -> Status + Send + 'static,
    events: mpsc::Receiver<Result<E>>,
    encode: impl Fn(E) -> T + Send + 'static,
) -> impl Stream<Item = Result<T, Status>> + Send {
    let events = stream::unfold(events, |mut events| async { Some((events.recv().await?, events)) });
    events.map(move |event| event.map(&encode).map_err(&operation))
}

pub(super) fn load_event(event: LoadEvent) -> v1::LoadEvent {
    use v1::load_event::Event;
    let event = match event {
        LoadEvent::Layer { layer, known } => Event::Layer(v1::LayerRead {
            diff_id: layer.diff_id.to_string(),
            size: size(layer.uncompressed_size),
            known,
        }),
        LoadEvent::Renamed(renamed) => Event::Renamed(v1::ImageRenamed {
            reference: renamed.reference.familiar(),
            previous_image_id: renamed.previous.to_string(),
        }),
        LoadEvent::Loaded { image, names, location } => Event::Loaded(v1::ImageLoaded {
            image_id: image.to_string(),
            references: names.iter().map(Reference::familiar).collect(),
            pullable_reference: location.as_ref().map(Location::pullable).unwrap_or_default(),
        }),
        LoadEvent::Warning(message) => Event::Warning(v1::LoadWarning { message }),
    };
    v1::LoadEvent { event: Some(event) }
}

/// A name that moves is not told of by an import.
pub(super) fn import_event(event: LoadEvent) -> v1::ImportEvent {
    use v1::{import_event::Event, load_event::Event as Loaded};
    let event = match load_event(event).event {
        Some(Loaded::Layer(layer)) => Some(Event::Layer(layer)),
        Some(Loaded::Loaded(loaded)) => Some(Event::Loaded(loaded)),
        Some(Loaded::Warning(warning)) => Some(Event::Warning(warning)),
        Some(Loaded::Renamed(_)) | None => None,
    };
    v1::ImportEvent { event }
}
