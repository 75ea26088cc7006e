//! The end that answers.

use std::{
    collections::HashMap,
    sync::Arc,
    task::{Context as Polled, Poll},
};

use futures_util::future::{BoxFuture, Either, FutureExt as _};
use http::{Extensions, Request, Response};
use opentelemetry::StringValue;
use tokio::task::futures::TaskLocalFuture;
use tonic::body::Body;
use tower::{Layer, Service};

use super::{Ends, split};
use crate::{Context, Histogram, RequestIds, Span, held::Held, is_counting, is_tracing};

static DURATION: Histogram = Histogram::new("rpc.server.duration", "How long calls take to be answered");

/// What is called that does not exist.
const OTHER: &str = "_OTHER";

/// The calls that exist: anyone may send the name of one that does not, and only names from here become labels.
#[derive(Clone, Debug)]
pub struct Known(Arc<Server>);

#[derive(Debug)]
struct Server {
    calls: HashMap<String, (StringValue, StringValue)>,
    /// Answers that are over when their head is there, and that are asked for too often for a box each.
    short: &'static str,
    /// Whether a caller's trace is gone on with.
    is_known: fn(&Extensions) -> bool,
    ids: RequestIds,
}

impl Known {
    /// By path, `/package.Service/Method`. `short` is the one that is asked for most, and says nothing after its head. `is_known` tells of a
    /// request whether a layer before this one knows its caller: a stranger neither has traces sampled nor adds to any but its own.
    #[must_use]
    pub fn new(
        paths: impl Iterator<Item = String>,
        short: &'static str,
        is_known: fn(&Extensions) -> bool,
    ) -> Self {
        let calls = paths.filter_map(|path| {
            let (service, method) = split(&path)?;
            let names = (service.to_owned().into(), method.to_owned().into());
            Some((path, names))
        });
        Self(Arc::new(Server { calls: calls.collect(), short, is_known, ids: RequestIds::new() }))
    }
}

impl<S> Layer<S> for Known {
    type Service = Answering<S>;

    fn layer(&self, inner: S) -> Answering<S> {
        Answering { inner, server: Arc::clone(&self.0) }
    }
}

/// A service whose calls belong to the request that their metadata names.
#[derive(Clone, Debug)]
pub struct Answering<S> {
    inner: S,
    server: Arc<Server>,
}

impl<S> Service<Request<Body>> for Answering<S>
where
    S: Service<Request<Body>, Response = Response<Body>>,
    S::Future: Send + 'static,
    S::Error: Send + 'static,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future =
        Either<TaskLocalFuture<Context, S::Future>, BoxFuture<'static, Result<Response<Body>, S::Error>>>;

    fn poll_ready(&mut self, polled: &mut Polled<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(polled)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let context = self.server.context(&request);
        let watched = is_tracing() || is_counting();
        if !watched && request.uri().path() == self.server.short {
            let call = context.enter(|| self.inner.call(request));
            return Either::Left(context.scope(call));
        }
        let ends = watched.then(|| self.server.begin(request.uri().path(), &context));
        let context = ends.as_ref().map_or(context.clone(), |ends| ends.within(&context));
        let call = context.enter(|| self.inner.call(request));
        let answered = async move {
            let mut ends = ends;
            let answer = context.clone().scope(call).await?;
            ends.iter_mut().for_each(|ends| ends.head(&answer));
            Ok(answer.map(|body| Body::new(Held::new(body, context, ends))))
        };
        Either::Right(answered.boxed())
    }
}

impl Server {
    fn context(&self, request: &Request<Body>) -> Context {
        let sent = Context::from_headers(request.headers());
        let context = if (self.is_known)(request.extensions()) { sent } else { sent.without_span() };
        if context.has_request_id() { context } else { context.with_next_id(&self.ids) }
    }

    fn begin(&self, path: &str, context: &Context) -> Ends {
        let other = || (StringValue::from(OTHER), StringValue::from(OTHER));
        let (service, method) = self.calls.get(path).cloned().unwrap_or_else(other);
        let span = Span::server(format!("{service}/{method}"), context);
        Ends::new(span, &DURATION, service, method)
    }
}
