//! An image service whose answers are written into the names that it is asked for.
//!
//! `fail/REASON` is an error with that reason; `late/REASON` is one after a first event; `hang` never answers and `stall` never goes on.

mod archives;
mod uploads;

use std::{
    collections::HashMap,
    pin::Pin,
    sync::{Arc, Mutex},
};

use imageservice_proto::{ERROR_DOMAIN, v1::*};
use tokio::sync::{Notify, mpsc, watch};
use tokio_stream::{Stream, wrappers::ReceiverStream};
use tonic::{Code, Request, Response, Status};
use tonic_types::{ErrorDetails, StatusExt};

pub(crate) use self::archives::DIGEST;
use self::uploads::Uploads;

type Answer<T> = Result<Response<T>, Status>;
type Events<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

/// What a test sets up and looks at.
#[derive(Default)]
pub(crate) struct Canned {
    /// By name, with a version.
    pub(crate) images: Mutex<HashMap<String, (String, Image)>>,
    pub(crate) inspected: Mutex<Vec<InspectRequest>>,
    pub(crate) pulled: Mutex<Vec<PullRequest>>,
    pub(crate) checked: Mutex<Vec<CheckRequest>>,
    pub(crate) pushed: Mutex<Vec<PushRequest>>,
    pub(crate) looked_up: Mutex<Vec<DistributionInspectRequest>>,
    /// Chunks of the archive without end.
    pub(crate) saved: watch::Sender<usize>,
    pub(crate) load: Arc<Uploads<LoadOptions, LoadEvent>>,
    pub(crate) import: Arc<Uploads<ImportOptions, ImportEvent>>,
    /// A call has begun that will not end by itself.
    pub(crate) hanging: Notify,
    /// Such a call was dropped.
    pub(crate) dropped: Notify,
    /// Lets such an inspect go on.
    pub(crate) release: Notify,
}

impl Canned {
    pub(crate) fn put(&self, name: &str, version: &str, image: Image) {
        self.images.lock().unwrap().insert(name.to_owned(), (version.to_owned(), image));
    }
}

/// A minimal image.
pub(crate) fn image(config: &str) -> Image {
    Image {
        id: "sha256:aa".to_owned(),
        repo_tags: vec!["a:1".to_owned()],
        config: config.to_owned().into(),
        ..Image::default()
    }
}

pub(crate) fn failure(reason: &str) -> Status {
    let details = ErrorDetails::with_error_info(reason, ERROR_DOMAIN, HashMap::new());
    Status::with_error_details(Code::Unknown, format!("text of {reason}"), details)
}

fn failing(name: &str) -> Result<(), Status> {
    name.strip_prefix("fail/").map_or(Ok(()), |reason| Err(failure(reason)))
}

/// Tells the test when the call that holds it is gone.
struct Witness(Arc<Canned>);

impl Drop for Witness {
    fn drop(&mut self) {
        self.0.dropped.notify_one();
    }
}

pub(crate) struct Service(pub(crate) Arc<Canned>);

#[tonic::async_trait]
impl images_server::Images for Service {
    type PullStream = Events<PullEvent>;
    type ListStream = Events<ImageSummary>;
    type LoadStream = Events<LoadEvent>;
    type ImportStream = Events<ImportEvent>;
    type SaveStream = Events<SaveChunk>;
    type PushStream = Events<PushEvent>;

    async fn load(&self, request: Request<tonic::Streaming<LoadRequest>>) -> Answer<Self::LoadStream> {
        self.0.load.serve(uploads::load_parts(request.into_inner())).await
    }

    async fn import(&self, request: Request<tonic::Streaming<ImportRequest>>) -> Answer<Self::ImportStream> {
        self.0.import.serve(uploads::import_parts(request.into_inner())).await
    }

    async fn save(&self, request: Request<SaveRequest>) -> Answer<Self::SaveStream> {
        archives::save(&self.0, request.into_inner())
    }

    async fn push(&self, request: Request<PushRequest>) -> Answer<Self::PushStream> {
        archives::push(&self.0, request.into_inner())
    }

    async fn resolve(&self, _: Request<ResolveRequest>) -> Answer<ResolveResponse> {
        Err(Status::unimplemented("resolve"))
    }

    async fn distribution_inspect(
        &self,
        request: Request<DistributionInspectRequest>,
    ) -> Answer<DistributionInspectResponse> {
        archives::distribution(&self.0, request.into_inner())
    }

    async fn pull(&self, request: Request<PullRequest>) -> Answer<Self::PullStream> {
        let request = request.into_inner();
        self.0.pulled.lock().unwrap().push(request.clone());
        failing(&request.reference)?;
        let witness = Witness(Arc::clone(&self.0));
        if request.reference == "hang" {
            self.0.hanging.notify_one();
            std::future::pending::<()>().await;
        }
        let (sender, events) = mpsc::channel(8);
        let canned = Arc::clone(&self.0);
        tokio::spawn(async move {
            let _witness = witness;
            let _ = sender.send(Ok(started())).await;
            if let Some(reason) = request.reference.strip_prefix("late/") {
                let _ = sender.send(Err(failure(reason))).await;
            } else if request.reference == "stall" {
                canned.hanging.notify_one();
                sender.closed().await;
            } else {
                let _ = sender.send(Ok(completed())).await;
                let _ = sender.send(Ok(finished(&request.reference))).await;
            }
        });
        Ok(Response::new(Box::pin(ReceiverStream::new(events))))
    }

    async fn inspect(&self, request: Request<InspectRequest>) -> Answer<InspectResponse> {
        let request = request.into_inner();
        self.0.inspected.lock().unwrap().push(request.clone());
        failing(&request.name)?;
        if request.name == "slow" {
            self.0.hanging.notify_one();
            self.0.release.notified().await;
        }
        let found = self.0.images.lock().unwrap().get(&request.name).cloned();
        let (version, image) = found.ok_or_else(|| failure("IMAGE_NOT_FOUND"))?;
        let image = (version != request.known_version).then_some(image);
        Ok(Response::new(InspectResponse { version, image }))
    }

    async fn list(&self, request: Request<ListRequest>) -> Answer<Self::ListStream> {
        let filters = request.into_inner().filters.unwrap_or_default();
        let summary = ImageSummary { id: "sha256:aa".to_owned(), size: 7, ..ImageSummary::default() };
        let mut items = vec![Ok(summary.clone()), Ok(summary)];
        if filters.references == ["broken"] {
            items.push(Err(failure("STORE_UNAVAILABLE")));
        }
        Ok(Response::new(Box::pin(tokio_stream::iter(items))))
    }

    async fn tag(&self, request: Request<TagRequest>) -> Answer<TagResponse> {
        failing(&request.into_inner().source)?;
        Ok(Response::new(TagResponse::default()))
    }

    async fn remove(&self, request: Request<RemoveRequest>) -> Answer<RemoveResponse> {
        let name = request.into_inner().name;
        failing(&name)?;
        let whats = [removed::What::Untagged(name), removed::What::Deleted("sha256:aa".to_owned())];
        let removed = whats.map(|what| Removed { what: Some(what) }).into();
        Ok(Response::new(RemoveResponse { removed }))
    }

    async fn history(&self, request: Request<HistoryRequest>) -> Answer<HistoryResponse> {
        failing(&request.into_inner().name)?;
        Ok(Response::new(HistoryResponse::default()))
    }
}

#[tonic::async_trait]
impl credentials_server::Credentials for Service {
    async fn check(&self, request: Request<CheckRequest>) -> Answer<CheckResponse> {
        let request = request.into_inner();
        self.0.checked.lock().unwrap().push(request.clone());
        failing(&request.registry)?;
        Ok(Response::new(CheckResponse { registry: request.registry, ..CheckResponse::default() }))
    }

    async fn list(&self, _: Request<ListCredentialsRequest>) -> Answer<ListCredentialsResponse> {
        Err(Status::unimplemented("list"))
    }

    async fn forget(&self, _: Request<ForgetRequest>) -> Answer<ForgetResponse> {
        Err(Status::unimplemented("forget"))
    }
}

#[tonic::async_trait]
impl system_server::System for Service {
    async fn info(&self, _: Request<InfoRequest>) -> Answer<InfoResponse> {
        let platform = Platform { os: "linux".into(), architecture: "arm64".into(), ..Platform::default() };
        Ok(Response::new(InfoResponse {
            version: "0.1.0".to_owned(),
            id: "STORE".to_owned(),
            images: 3,
            default_platform: Some(platform),
            store: "sqlite".to_owned(),
            ..InfoResponse::default()
        }))
    }

    async fn drain(&self, _: Request<DrainRequest>) -> Answer<DrainResponse> {
        Err(Status::unimplemented("drain"))
    }

    async fn resume(&self, _: Request<ResumeRequest>) -> Answer<ResumeResponse> {
        Err(Status::unimplemented("resume"))
    }

    async fn rate_limits(&self, _: Request<RateLimitsRequest>) -> Answer<RateLimitsResponse> {
        Err(Status::unimplemented("rate limits"))
    }
}

fn event(event: pull_event::Event) -> PullEvent {
    PullEvent { event: Some(event) }
}

fn started() -> PullEvent {
    event(pull_event::Event::Started(PullStarted { repository: "library/a".to_owned(), id: "1".to_owned() }))
}

fn completed() -> PullEvent {
    event(pull_event::Event::Completed(PullCompleted {
        digest: "sha256:dd".to_owned(),
        ..PullCompleted::default()
    }))
}

fn finished(reference: &str) -> PullEvent {
    let reference = reference.to_owned();
    event(pull_event::Event::Finished(PullFinished { reference, newer: true }))
}
