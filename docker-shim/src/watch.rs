//! A request as logs, traces and metrics see it.

use std::time::Instant;

use futures_util::StreamExt;
use http::{Method, StatusCode, request::Parts};
use telemetry::{Context, Ending, Held, Histogram, KeyValue, Span};

use crate::{
    answer::{Answer, Body},
    percent,
    router::{UNKNOWN_TEMPLATE, route},
};

static DURATION: Histogram =
    Histogram::new("http.server.request.duration", "How long Docker's clients wait for whole answers");

/// An answer whose rest, if it is streamed, belongs to the request as well.
pub(crate) fn belonging(context: Context, answer: Answer) -> Answer {
    held(context, answer, ())
}

/// As `belonging`; and the request is a span, and its duration measured up to the end of its answer.
pub(crate) async fn watched(context: Context, head: &Parts, serve: impl Future<Output = Answer>) -> Answer {
    let mut ends = Ends::new(head, &context);
    let context = ends.span.within(&context);
    let answer = context.clone().scope(serve).await;
    ends.status = Some(answer.status());
    held(context, answer, ends)
}

fn held(context: Context, answer: Answer, ending: impl Ending + Send + 'static) -> Answer {
    answer.map(|body| match body {
        Body::Stream(chunks) => Body::Stream(Held::new(chunks, context, ending).boxed()),
        whole => whole,
    })
}

/// Of a request that is under way. One that is dropped without a status was given up by its client.
struct Ends {
    span: Span,
    begun: Instant,
    method: &'static str,
    template: &'static str,
    status: Option<StatusCode>,
    broke: bool,
}

impl Ends {
    fn new(head: &Parts, context: &Context) -> Self {
        let (method, template) = (method(&head.method), template(head));
        let span = Span::server(format!("{method} {template}"), context)
            .with("http.request.method", method)
            .with("http.route", template);
        Self { span, begun: Instant::now(), method, template, status: None, broke: false }
    }
}

impl Ending for Ends {
    fn broke(&mut self) {
        self.broke = true;
    }
}

impl Drop for Ends {
    fn drop(&mut self) {
        let mut labels = vec![
            KeyValue::new("http.request.method", self.method),
            KeyValue::new("http.route", self.template),
        ];
        if let Some(status) = self.status {
            let status = i64::from(status.as_u16());
            labels.push(KeyValue::new("http.response.status_code", status));
            self.span.set("http.response.status_code", status);
        }
        let error = match self.status {
            None => Some("cancelled"),
            _ if self.broke => Some("broken_off"),
            Some(status) if status.is_server_error() => Some("server_error"),
            Some(_) => None,
        };
        if let Some(error) = error {
            self.span.fail(error);
            labels.push(KeyValue::new("error.type", error));
        }
        DURATION.record(self.begun.elapsed(), &labels);
    }
}

/// Clients may make methods up.
fn method(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "_OTHER",
    }
}

fn template(head: &Parts) -> &'static str {
    let path = percent::decode_path(head.uri.path()).unwrap_or_default();
    route(&head.method, &path).map_or(UNKNOWN_TEMPLATE, |route| route.call.template())
}
