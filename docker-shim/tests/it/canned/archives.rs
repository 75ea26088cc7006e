//! Saves, pushes and looks into a registry, as the names say.

use std::sync::Arc;

use imageservice_proto::v1::*;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Response, Status};

use super::{Answer, Canned, Events, Witness, failing, failure};

pub(crate) const DIGEST: &str = "sha256:ee51822a749a703e4873deb601cab4544d229fed40fc268c6429d5e4dd1743df";

/// `endless` never ends.
pub(super) fn save(canned: &Arc<Canned>, request: SaveRequest) -> Answer<Events<SaveChunk>> {
    let SaveRequest { names } = request;
    let name = names.first().cloned().unwrap_or_default();
    failing(&name)?;
    let (sender, chunks) = mpsc::channel(1);
    let (witness, canned) = (Witness(Arc::clone(canned)), Arc::clone(canned));
    tokio::spawn(async move {
        let _witness = witness;
        if name == "endless" {
            let chunk = SaveChunk { data: vec![7; 256 * 1024].into() };
            while sender.send(Ok(chunk.clone())).await.is_ok() {
                canned.saved.send_modify(|saved| *saved += 1);
            }
        } else {
            let _ = sender
                .send(Ok(SaveChunk { data: format!("archive of {}", names.join(" and ")).into() }))
                .await;
            let _ = sender
                .send(name.strip_prefix("late/").map_or(Ok(end()), |reason| Err(failure(reason))))
                .await;
        }
    });
    Ok(Response::new(Box::pin(ReceiverStream::new(chunks))))
}

fn end() -> SaveChunk {
    SaveChunk { data: " and its end".into() }
}

/// `stall` never goes on.
pub(super) fn push(canned: &Arc<Canned>, request: PushRequest) -> Answer<Events<PushEvent>> {
    canned.pushed.lock().unwrap().push(request.clone());
    failing(&request.repository)?;
    let (sender, events) = mpsc::channel(16);
    let (witness, canned) = (Witness(Arc::clone(canned)), Arc::clone(canned));
    tokio::spawn(async move {
        let _witness = witness;
        let _ = sender.send(Ok(started(&request.repository))).await;
        if request.repository == "stall" {
            canned.hanging.notify_one();
            return sender.closed().await;
        }
        for event in ending(&request) {
            let _ = sender.send(event).await;
        }
    });
    Ok(Response::new(Box::pin(ReceiverStream::new(events))))
}

fn ending(request: &PushRequest) -> Vec<Result<PushEvent, Status>> {
    use layer_push::State;
    if let Some((_, reason)) = request.repository.split_once("late/") {
        return vec![Err(failure(&reason.to_uppercase()))];
    }
    let layer = |id: &str, state: State, current, mounted_from: &str| {
        let total = if state == State::Pushing { 405_270 } else { 0 };
        let (diff_id, mounted_from) = (format!("sha256:{id}ffff"), mounted_from.to_owned());
        event(push_event::Event::Layer(LayerPush {
            diff_id,
            state: state.into(),
            current,
            total,
            mounted_from,
        }))
    };
    let tag = TagPushed { tag: request.tag.clone(), digest: DIGEST.to_owned(), size: 526 };
    [
        layer("9fd1caa1fb41", State::Preparing, 0, ""),
        layer("c209fe17fd12", State::Waiting, 0, ""),
        layer("9fd1caa1fb41", State::Pushing, 35_328, ""),
        layer("9fd1caa1fb41", State::Pushing, 409_600, ""),
        layer("9fd1caa1fb41", State::Pushed, 0, ""),
        layer("c209fe17fd12", State::AlreadyExists, 0, ""),
        layer("208d750d8885", State::Mounted, 0, "team/app"),
        event(push_event::Event::Tag(tag)),
    ]
    .map(Ok)
    .into()
}

/// `oci` does not say its platform.
pub(super) fn distribution(
    canned: &Canned,
    request: DistributionInspectRequest,
) -> Answer<DistributionInspectResponse> {
    canned.looked_up.lock().unwrap().push(request.clone());
    failing(&request.reference)?;
    let platform = |architecture: &str, variant: &str| Platform {
        os: "linux".to_owned(),
        architecture: architecture.to_owned(),
        variant: variant.to_owned(),
        ..Platform::default()
    };
    let (media_type, platforms) = match request.reference.as_str() {
        "oci" => ("application/vnd.oci.image.manifest.v1+json", vec![]),
        _ => (
            "application/vnd.docker.distribution.manifest.list.v2+json",
            vec![platform("amd64", ""), platform("arm64", "v8")],
        ),
    };
    let (media_type, digest) = (media_type.to_owned(), DIGEST.to_owned());
    Ok(Response::new(DistributionInspectResponse { media_type, digest, size: 526, platforms }))
}

fn started(repository: &str) -> PushEvent {
    event(push_event::Event::Started(PushStarted { repository: repository.to_owned() }))
}

fn event(event: push_event::Event) -> PushEvent {
    PushEvent { event: Some(event) }
}
