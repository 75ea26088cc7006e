//! Patience with clients that stall: one that does not send the rest of its request, and one that does not take its answer.
//!
//! Invariant: only a client's own delay counts. While the service does not ask for more of a request, or has no more of an answer, no time runs.

mod answer;
mod request;

use std::{
    collections::HashSet,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use futures_util::{FutureExt, TryFutureExt, future::BoxFuture};
use http::{Request, Response};
use imageservice_proto::FILE_DESCRIPTOR_SET;
use prost_types::FileDescriptorSet;
use tonic::body::Body;
use tower::{Layer, Service};

use answer::Taken;
use request::Sent;

/// Gives a server patience, and an end to it.
#[derive(Clone, Debug)]
pub(super) struct Patience {
    stall: Duration,
    /// Calls whose answers have many messages: one that has a single message needs no one who watches it, as it holds nothing else.
    streams: Arc<HashSet<String>>,
}

impl Patience {
    pub(super) fn new(stall: Duration) -> anyhow::Result<Self> {
        let descriptors: FileDescriptorSet = prost::Message::decode(FILE_DESCRIPTOR_SET)?;
        let streams = descriptors.file.iter().flat_map(|file| {
            file.service.iter().flat_map(move |service| {
                let streams = service.method.iter().filter(|method| method.server_streaming());
                streams.map(move |method| format!("/{}.{}/{}", file.package(), service.name(), method.name()))
            })
        });
        Ok(Self { stall, streams: Arc::new(streams.collect()) })
    }
}

impl<S> Layer<S> for Patience {
    type Service = Patient<S>;

    fn layer(&self, inner: S) -> Patient<S> {
        Patient { inner, patience: self.clone() }
    }
}

/// A service whose clients' stalls have an end.
#[derive(Clone, Debug)]
pub(super) struct Patient<S> {
    inner: S,
    patience: Patience,
}

impl<S> Service<Request<Body>> for Patient<S>
where
    S: Service<Request<Body>, Response = Response<Body>>,
    S::Future: Send + 'static,
    S::Error: 'static,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = BoxFuture<'static, Result<Response<Body>, S::Error>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let Patience { stall, streams } = &self.patience;
        let (stall, streams) = (*stall, streams.contains(request.uri().path()));
        let answered = self.inner.call(request.map(|body| Body::new(Sent::new(body, stall))));
        match streams {
            true => {
                answered.map_ok(move |answer| answer.map(|body| Body::new(Taken::new(body, stall)))).boxed()
            }
            false => answered.boxed(),
        }
    }
}
