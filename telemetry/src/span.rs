//! Spans: what was done, for how long, as part of what.

use std::{borrow::Cow, sync::OnceLock};

use futures_util::future::Either;
use opentelemetry::{
    Context as Parents, KeyValue, Value,
    trace::{Span as _, SpanKind, Status, TraceContextExt as _, Tracer as _},
};
use opentelemetry_sdk::trace::{SdkTracer, Span as Recorded};

use crate::Context;

static TRACER: OnceLock<SdkTracer> = OnceLock::new();

/// Whether spans are made. Where making one would cost more than this question, ask first.
#[must_use]
pub fn is_tracing() -> bool {
    TRACER.get().is_some()
}

pub(crate) fn trace_with(tracer: SdkTracer) {
    // There is one in a process; the first stays.
    let _ = TRACER.set(tracer);
}

/// Something that is being done. It ends when this is dropped. Without a collector it is nothing and costs nothing.
#[derive(Debug)]
#[must_use]
pub struct Span(Option<Box<Recorded>>);

impl Span {
    /// The answer to a request from elsewhere.
    pub fn server(name: impl Into<Cow<'static, str>>, caller: &Context) -> Self {
        Self::begin(SpanKind::Server, name, caller)
    }

    /// A request to somebody else.
    pub fn client(name: impl Into<Cow<'static, str>>) -> Self {
        Self::begin(SpanKind::Client, name, &Context::current())
    }

    /// As `client`, but never the first span of a trace: what looks after something all the time would fill a collector with traces of one span.
    pub fn client_within(name: impl Into<Cow<'static, str>>) -> Self {
        let within = Context::current();
        match within.span {
            Some(_) => Self::begin(SpanKind::Client, name, &within),
            None => Self(None),
        }
    }

    /// A piece of work in this process.
    pub fn internal(name: impl Into<Cow<'static, str>>) -> Self {
        Self::begin(SpanKind::Internal, name, &Context::current())
    }

    fn begin(kind: SpanKind, name: impl Into<Cow<'static, str>>, within: &Context) -> Self {
        let Some(tracer) = TRACER.get() else { return Self(None) };
        let parents = match &within.span {
            Some(span) => Parents::new().with_remote_span_context(span.clone()),
            None => Parents::new(),
        };
        let span = tracer.build_with_context(tracer.span_builder(name).with_kind(kind), &parents);
        Self(Some(Box::new(span)))
    }

    /// With an attribute. What it says leaves the process: never a secret, a query or what a caller wrote at length.
    pub fn with(mut self, key: &'static str, value: impl Into<Value>) -> Self {
        self.set(key, value);
        self
    }

    /// Adds an attribute. As `with`.
    pub fn set(&mut self, key: &'static str, value: impl Into<Value>) {
        if let Some(span) = &mut self.0 {
            span.set_attribute(KeyValue::new(key, value));
        }
    }

    /// It did not succeed: `why` in a word.
    pub fn fail(&mut self, why: impl Into<Cow<'static, str>>) {
        if let Some(span) = &mut self.0 {
            let why = why.into();
            span.set_attribute(KeyValue::new("error.type", why.clone()));
            span.set_status(Status::error(why));
        }
    }

    /// The context of what is done within it, as part of the request that `around` is of.
    #[must_use]
    pub fn within(&self, around: &Context) -> Context {
        let span = self.0.as_ref().map(|span| span.span_context().clone());
        Context { span: span.or_else(|| around.span.clone()), ..around.clone() }
    }

    /// Work that it ends with, and fails with.
    pub fn covers<T, E, F>(self, work: F) -> impl Future<Output = Result<T, E>> + use<T, E, F>
    where
        F: Future<Output = Result<T, E>>,
    {
        let mut span = self;
        match span.0 {
            Some(_) => {
                let work = span.around(work);
                Either::Left(async move { work.await.inspect_err(|_| span.fail("failed")) })
            }
            None => Either::Right(work),
        }
    }

    /// Work that is done within it.
    pub fn around<F: Future>(&self, work: F) -> impl Future<Output = F::Output> + use<F> {
        match &self.0 {
            Some(_) => Either::Left(self.within(&Context::current()).scope(work)),
            None => Either::Right(work),
        }
    }
}
