//! Both planes at one address: calls of AWS's interface go to the control plane, everything else to the data plane.
//!
//! Invariants: every request gets an answer. What a request has begun to change is carried to its end, even if its client leaves.

use std::sync::Arc;

use http::{Method, Request, Response, StatusCode, header};
use hyper::body::Incoming;
use tokio_util::task::TaskTracker;

use crate::{
    control::ControlPlane,
    data::DataPlane,
    wire::{Answer, Content, RequestBody},
};

/// Answers requests.
pub(crate) struct Front {
    pub(crate) data: DataPlane,
    pub(crate) control: ControlPlane,
    /// Requests that are being answered.
    pub(crate) running: TaskTracker,
}

impl Front {
    /// Answers one request, in a task of its own: a mistake costs the request only, and a client that leaves breaks nothing off half-way.
    pub(crate) async fn respond(self: Arc<Self>, request: Request<Incoming>) -> Answer {
        let is_head = request.method() == Method::HEAD;
        let front = Arc::clone(&self);
        let answered = self.running.spawn(async move { front.handle(request).await }).await;
        let answer = answered.unwrap_or_else(|panic| {
            tracing::error!(%panic, "request failed");
            let mut answer = Response::new(Content::Empty);
            *answer.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
            answer
        });
        if is_head { without_body(answer) } else { answer }
    }

    async fn handle(&self, request: Request<Incoming>) -> Answer {
        let (head, body) = request.into_parts();
        let mut body = RequestBody::new(body);
        let waits_for_leave = head.headers.contains_key(header::EXPECT);
        let answer = if ControlPlane::is_for(&head) {
            self.control.respond(&head, &mut body).await
        } else if ControlPlane::is_query(&head) {
            self.control.respond_to_query(&head, &mut body).await
        } else {
            self.data.respond(head, &mut body).await
        };
        body.drain(waits_for_leave).await;
        answer
    }
}

/// What a HEAD request gets: everything but the body, whose length is said.
fn without_body(mut answer: Answer) -> Answer {
    if let Some(length) = http_body::Body::size_hint(answer.body()).exact() {
        answer.headers_mut().entry(header::CONTENT_LENGTH).or_insert(length.into());
    }
    *answer.body_mut() = Content::Empty;
    answer
}
