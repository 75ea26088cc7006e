//! Both planes at one address: calls of AWS's interface go to the control plane, everything else to the data plane.
//!
//! Invariants: every request gets an answer, unless a fault that was set takes it. What a request has begun to change is carried to its
//! end, even if its client leaves.

use std::{net::IpAddr, sync::Arc, time::Instant};

use http::{Method, Request, Response, StatusCode, header};
use hyper::body::Incoming;
use tokio_util::task::TaskTracker;

use crate::{
    admin::Admin,
    control::ControlPlane,
    data::DataPlane,
    exchange::Exchange,
    faults::Reset,
    history::Entry,
    model::Plane,
    simulation::Simulation,
    wire::{Answer, Content, ErrorCode, RequestBody},
};

/// Answers requests.
pub(crate) struct Front {
    pub(crate) data: DataPlane,
    pub(crate) control: ControlPlane,
    /// Nothing if it is switched off.
    pub(crate) admin: Option<Admin>,
    pub(crate) simulation: Simulation,
    /// Requests that are being answered.
    pub(crate) running: TaskTracker,
}

impl Front {
    /// Answers one request, in a task of its own: a mistake costs the request only, and a client that leaves breaks nothing off half-way.
    pub(crate) async fn respond(
        self: Arc<Self>,
        peer: IpAddr,
        request: Request<Incoming>,
    ) -> Result<Answer, Reset> {
        let is_head = request.method() == Method::HEAD;
        let front = Arc::clone(&self);
        let answered = self.running.spawn(async move { front.handle(peer, request).await }).await;
        let answer = answered.unwrap_or_else(|panic| {
            tracing::error!(%panic, "request failed");
            let mut answer = Response::new(Content::Empty);
            *answer.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
            Ok(answer)
        });
        if is_head { answer.map(without_body) } else { answer }
    }

    async fn handle(&self, peer: IpAddr, request: Request<Incoming>) -> Result<Answer, Reset> {
        let (head, body) = request.into_parts();
        let mut body = RequestBody::new(body);
        let waits_for_leave = head.headers.contains_key(header::EXPECT);
        let answer = match &self.admin {
            Some(admin) if Admin::is_for(&head) => Ok(admin.respond(peer, &head, &mut body).await),
            _ => self.exchange(head, &mut body).await,
        };
        if answer.is_ok() {
            body.drain(waits_for_leave).await;
        }
        answer
    }

    /// A request of one of the planes, with the faults that meet it. It is noted before its answer leaves.
    async fn exchange(&self, head: http::request::Parts, body: &mut RequestBody) -> Result<Answer, Reset> {
        let (begun, time) = (Instant::now(), self.simulation.clock.now());
        let is_query = ControlPlane::is_query(&head);
        let is_call = is_query || ControlPlane::is_for(&head);
        let plane = if is_call { Plane::Control } else { Plane::Data };
        let mut exchange = Exchange::new(plane, &self.simulation.faults);
        let answer = match plane {
            Plane::Control if is_query => self.control.respond_to_query(&head, body, &mut exchange).await,
            Plane::Control => self.control.respond(&head, body, &mut exchange).await,
            Plane::Data => self.data.respond(head, body, &mut exchange).await,
        };
        let faulted = exchange.is_faulted();
        let answer = exchange.end(answer);
        if self.simulation.history.is_kept() {
            let told = answer.as_ref().ok();
            let registry = exchange.subject.registry;
            self.simulation.history.note(Entry {
                id: 0,
                plane,
                operation: exchange.subject.operation.into_owned(),
                account: registry.as_ref().map(|registry| registry.account.to_string()),
                region: registry.map(|registry| registry.region.into()),
                repository: exchange.subject.repository,
                principal: exchange.subject.principal,
                status: told.map(|answer| answer.status().as_u16()),
                code: told.and_then(code),
                faulted,
                time,
                duration: begun.elapsed(),
                received: body.received(),
                sent: told.and_then(|answer| http_body::Body::size_hint(answer.body()).exact()),
                request_id: told.and_then(request_id),
            });
        }
        answer
    }
}

fn code(answer: &Answer) -> Option<String> {
    answer.extensions().get::<ErrorCode>().map(|code| code.0.to_string())
}

fn request_id(answer: &Answer) -> Option<String> {
    answer.headers().get("x-amzn-requestid").and_then(|id| id.to_str().ok()).map(str::to_owned)
}

/// What a HEAD request gets: everything but the body, whose length is said.
fn without_body(mut answer: Answer) -> Answer {
    if let Some(length) = http_body::Body::size_hint(answer.body()).exact() {
        answer.headers_mut().entry(header::CONTENT_LENGTH).or_insert(length.into());
    }
    *answer.body_mut() = Content::Empty;
    answer
}
