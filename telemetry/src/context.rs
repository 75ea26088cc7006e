//! What a piece of work belongs to: the request that wants it, and the span that it is in.

use http::{HeaderMap, HeaderValue};
use opentelemetry::trace::SpanContext;
use tokio::task::futures::TaskLocalFuture;

use crate::{RequestIds, headers};

tokio::task_local! {
    static CURRENT: Context;
}

/// The request and the span that work belongs to. Cheap to clone.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Context {
    pub(crate) request_id: Option<HeaderValue>,
    pub(crate) span: Option<SpanContext>,
}

impl Context {
    /// Of the work that asks. Empty outside of requests.
    #[must_use]
    pub fn current() -> Self {
        CURRENT.try_with(Clone::clone).unwrap_or_default()
    }

    /// As a caller sent it: `x-request-id` and `traceparent` (W3C Trace Context). What is not well-formed counts as not sent.
    #[must_use]
    pub fn from_headers(headers: &HeaderMap) -> Self {
        Self { request_id: headers::request_id(headers), span: headers::traceparent(headers) }
    }

    /// The same for another request, the next one.
    #[must_use]
    pub fn with_next_id(self, ids: &RequestIds) -> Self {
        Self { request_id: ids.next(), ..self }
    }

    /// The same request, in no trace.
    #[must_use]
    pub fn without_span(self) -> Self {
        Self { span: None, ..self }
    }

    /// Whether it says which request.
    #[must_use]
    pub fn has_request_id(&self) -> bool {
        self.request_id.is_some()
    }

    /// The request's ID; empty if there is none.
    #[must_use]
    pub fn request_id(&self) -> &str {
        self.request_id.as_ref().and_then(|id| id.to_str().ok()).unwrap_or_default()
    }

    /// The trace and the span in it, as hexadecimal digits.
    #[must_use]
    pub fn trace(&self) -> Option<(String, String)> {
        self.span.as_ref().map(|span| (span.trace_id().to_string(), span.span_id().to_string()))
    }

    /// For a program of ours that is asked in turn. To nobody else: who asks whom is not their affair.
    pub fn write(&self, headers: &mut HeaderMap) {
        headers::write(self.request_id.as_ref(), self.span.as_ref(), headers);
    }

    /// Work that belongs to this.
    pub fn scope<F: Future>(self, work: F) -> TaskLocalFuture<Self, F> {
        CURRENT.scope(self, work)
    }

    /// Work that is done at once.
    pub fn enter<T>(&self, work: impl FnOnce() -> T) -> T {
        CURRENT.sync_scope(self.clone(), work)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_spawned_with_the_context_belongs_to_the_same_request() {
        let context = Context::default().with_next_id(&RequestIds::new());
        let id = context.request_id().to_owned();
        let seen = context.scope(async {
            let carried = tokio::spawn(Context::current().scope(async { Context::current() }));
            let lost = tokio::spawn(async { Context::current() });
            (carried.await.unwrap(), lost.await.unwrap())
        });
        let (carried, lost) = seen.await;
        assert_eq!((carried.request_id(), lost.request_id()), (id.as_str(), ""));
    }

    #[test]
    fn outside_of_requests_there_is_no_context() {
        assert_eq!(Context::current(), Context::default());
    }
}
