//! Events of a push as progress lines.

use bytes::Bytes;
use imageservice_proto::v1::{LayerPush, PushEvent, TagPushed, layer_push::State, push_event::Event};

use super::{layer, line, status};
use crate::dto::progress::{ProgressDetail, PushedLine, PushedTag};

/// Nothing for an event or a state that is newer than this shim.
pub(crate) fn lines_of(event: PushEvent) -> Vec<Bytes> {
    match event.event {
        Some(Event::Started(started)) => {
            vec![status(&format!("The push refers to repository [{}]", started.repository))]
        }
        Some(Event::Layer(push)) => layer_line(&push).into_iter().collect(),
        Some(Event::Tag(pushed)) => tag_lines(&pushed),
        None => Vec::new(),
    }
}

fn layer_line(push: &LayerPush) -> Option<Bytes> {
    let state = match push.state() {
        State::Unspecified => return None,
        State::Preparing => "Preparing",
        State::Waiting => "Waiting",
        State::Pushing => return Some(layer("Pushing", &push.diff_id, push.current, push.total)),
        State::Pushed => "Pushed",
        State::AlreadyExists => "Layer already exists",
        State::Mounted => {
            return Some(layer(&format!("Mounted from {}", push.mounted_from), &push.diff_id, 0, 0));
        }
    };
    Some(layer(state, &push.diff_id, 0, 0))
}

/// One line to read and one for machines.
fn tag_lines(pushed: &TagPushed) -> Vec<Bytes> {
    let TagPushed { tag, digest, size } = pushed;
    let aux = PushedTag { tag, digest, size: *size };
    vec![
        status(&format!("{tag}: digest: {digest} size: {size}")),
        line(&PushedLine { progress_detail: ProgressDetail::default(), aux }),
    ]
}
