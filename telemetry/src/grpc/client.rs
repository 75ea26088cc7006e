//! The end that asks.

use std::task::{Context as Polled, Poll};

use futures_util::future::{BoxFuture, Either, FutureExt as _};
use http::{Request, Response};
use tonic::body::Body;
use tower::Service;

use super::{Ends, split};
use crate::{Context, Histogram, Span, held::Held, is_counting, is_tracing};

static DURATION: Histogram =
    Histogram::new("rpc.client.duration", "How long calls of the image service take");

/// A channel that tells the other end which request asks.
#[derive(Clone, Debug)]
pub struct Asking<S>(pub S);

impl<S> Service<Request<Body>> for Asking<S>
where
    S: Service<Request<Body>, Response = Response<Body>>,
    S::Future: Send + 'static,
    S::Error: Send + 'static,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = Either<S::Future, BoxFuture<'static, Result<Response<Body>, S::Error>>>;

    fn poll_ready(&mut self, polled: &mut Polled<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(polled)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        let context = Context::current();
        if !is_tracing() && !is_counting() {
            context.write(request.headers_mut());
            return Either::Left(self.0.call(request));
        }
        let (service, method) = split(request.uri().path()).unwrap_or_default();
        let span = Span::client(format!("{service}/{method}"));
        let within = span.within(&context);
        let mut ends = Ends::new(span, &DURATION, service.to_owned().into(), method.to_owned().into());
        within.write(request.headers_mut());
        let call = self.0.call(request);
        let watched = async move {
            let answer = call.await.inspect_err(|_| ends.unreached())?;
            ends.head(&answer);
            Ok(answer.map(|body| Body::new(Held::new(body, context, ends))))
        };
        Either::Right(watched.boxed())
    }
}
