//! What a push tells, as messages.

use imageservice_proto::v1::{self, layer_push::State, push_event::Event};

use super::convert::size;
use crate::{
    model::Digest,
    ops::{LayerState, PushEvent},
    ports::Placed,
};

pub(super) fn event(event: PushEvent) -> v1::PushEvent {
    let event = match event {
        PushEvent::Started(repository) => {
            Event::Started(v1::PushStarted { repository: repository.to_string() })
        }
        PushEvent::Layer { diff_id, state } => Event::Layer(layer(&diff_id, state)),
        PushEvent::Tag { tag, digest, size: bytes } => {
            Event::Tag(v1::TagPushed { tag: tag.to_string(), digest: digest.to_string(), size: size(bytes) })
        }
    };
    v1::PushEvent { event: Some(event) }
}

fn layer(diff_id: &Digest, state: LayerState) -> v1::LayerPush {
    let layer = v1::LayerPush { diff_id: diff_id.to_string(), ..v1::LayerPush::default() };
    let of = |state: State| v1::LayerPush { state: state.into(), ..layer.clone() };
    match state {
        LayerState::Preparing => of(State::Preparing),
        LayerState::Waiting => of(State::Waiting),
        LayerState::Pushing(current, total) => {
            v1::LayerPush { current: size(current), total: size(total), ..of(State::Pushing) }
        }
        LayerState::Placed(Placed::Existed) => of(State::AlreadyExists),
        LayerState::Placed(Placed::Uploaded) => of(State::Pushed),
        LayerState::Placed(Placed::Mounted(from)) => {
            v1::LayerPush { mounted_from: from.path().to_owned(), ..of(State::Mounted) }
        }
    }
}
