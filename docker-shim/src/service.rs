//! One request: find its call, answer it, and say so in the log if that failed.
//!
//! Invariant: every request gets an answer, whatever happens in a handler.

use std::{panic::AssertUnwindSafe, time::Duration};

use futures_util::FutureExt;
use http::{Request, StatusCode, header, request::Parts};
use hyper::body::Incoming;
use telemetry::{Context, RequestIds};
use tokio::sync::watch::Sender;

use crate::{
    answer::{self, Answer, Body},
    config::LoadAnswers,
    error::Failure,
    percent,
    render_cache::RenderCache,
    request_body::{self, RequestBody},
    router::{Call, Miss, Route, route},
    routes::{
        Asked, absent::absent, auth::auth, container_create::container_create, distribution::distribution,
        events::events, image_create::image_create, image_history::image_history,
        image_inspect::image_inspect, image_list::image_list, image_load::image_load, image_push::image_push,
        image_remove::image_remove, image_save::image_save, image_tag::image_tag, info::info, ping::ping,
        version::version,
    },
    upstream::Upstream,
    watch,
};

/// What all requests share.
#[derive(Debug)]
pub(crate) struct Shim {
    pub(crate) upstream: Upstream,
    pub(crate) loads: LoadAnswers,
    pub(crate) renders: RenderCache,
    /// For a body to go on.
    stall: Duration,
    ids: RequestIds,
    /// Whether the server ends.
    is_ending: Sender<bool>,
}

impl Shim {
    pub(crate) fn new(upstream: Upstream, loads: LoadAnswers, stall: Duration) -> Self {
        let (ids, is_ending) = (RequestIds::new(), Sender::new(false));
        Self { upstream, loads, renders: RenderCache::new(), stall, ids, is_ending }
    }

    /// Ends what would go on for as long as its client wants.
    pub(crate) fn end(&self) {
        self.is_ending.send_replace(true);
    }

    /// Ready when the server ends.
    pub(crate) fn ending(&self) -> impl Future<Output = ()> + Send + 'static {
        let mut is_ending = self.is_ending.subscribe();
        async move {
            // A server that is gone has ended as well.
            let _ = is_ending.wait_for(|is_ending| *is_ending).await;
        }
    }

    /// Answers one request, under an ID of its own.
    pub(crate) async fn respond(&self, request: Request<Incoming>) -> Answer {
        let (head, body) = request.into_parts();
        let context = Context::from_headers(&head.headers).with_next_id(&self.ids);
        if telemetry::is_tracing() || telemetry::is_counting() {
            return Box::pin(watch::watched(context, &head, self.serve(&head, body))).await;
        }
        watch::belonging(context.clone(), context.scope(self.serve(&head, body)).await)
    }

    async fn serve(&self, head: &Parts, body: Incoming) -> Answer {
        let mut body = RequestBody::new(body, self.stall);
        let answered = survive(self.answer(head, &mut body)).await;
        let answer = answered.unwrap_or_else(|failure| refuse(&failure, head));
        let waits_for_leave = head.headers.contains_key(header::EXPECT) && !body.has_begun();
        if !waits_for_leave && !matches!(answer.body(), Body::Stream(_)) {
            request_body::drain(&mut body).await;
        }
        answer
    }

    async fn answer(&self, head: &Parts, body: &mut RequestBody) -> Result<Answer, Failure> {
        let Ok(path) = percent::decode_path(head.uri.path()) else {
            return Err(Failure::invalid("invalid URL escape in path"));
        };
        match route(&head.method, &path) {
            Ok(Route { version, call }) => self.call(call, Asked { head, body, version }).await,
            Err(miss) => Ok(missed(miss, head)),
        }
    }

    /// All but inspect are in boxes: the room that they need would be cleared and moved for every inspect as well.
    async fn call(&self, call: Call<'_>, asked: Asked<'_>) -> Result<Answer, Failure> {
        match call {
            Call::ImageInspect { name } => image_inspect(self, asked, name).await,
            Call::Ping => Ok(ping(&asked.head.method)),
            Call::Version => version(),
            Call::Info => Box::pin(info(self)).await,
            Call::Auth => Box::pin(auth(self, asked)).await,
            Call::Events => Box::pin(events(self, asked)).await,
            Call::ImageList => Box::pin(image_list(self, asked)).await,
            Call::ImageHistory { name } => Box::pin(image_history(self, asked, name)).await,
            Call::ImageCreate => Box::pin(image_create(self, asked)).await,
            Call::ImageLoad => Box::pin(image_load(self, asked)).await,
            Call::ImageSave { name } => Box::pin(image_save(self, asked, name)).await,
            Call::ImagePush { name } => Box::pin(image_push(self, asked, name)).await,
            Call::Distribution { name } => Box::pin(distribution(self, asked, name)).await,
            Call::ImageTag { name } => Box::pin(image_tag(self, asked, name)).await,
            Call::ImageRemove { name } => Box::pin(image_remove(self, asked, name)).await,
            Call::ContainerCreate => Box::pin(container_create(self, asked)).await,
            other => absent(other, &asked.head.headers, asked.head.uri.query()),
        }
    }
}

fn missed(miss: Miss, head: &Parts) -> Answer {
    tracing::debug!(method = %head.method, path = head.uri.path(), ?miss, "no such call");
    answer::miss(miss, head.uri.query())
}

/// A mistake in a handler costs its request, not the connection.
fn survive<F>(answer: F) -> impl Future<Output = Result<Answer, Failure>>
where
    F: Future<Output = Result<Answer, Failure>>,
{
    let panicked = |_| {
        let text = "internal error in the Docker API server, see its log";
        Err(Failure { reason: "PANIC", ..Failure::new(StatusCode::INTERNAL_SERVER_ERROR, text) })
    };
    AssertUnwindSafe(answer).catch_unwind().map(move |answered| answered.unwrap_or_else(panicked))
}

fn refuse(failure: &Failure, head: &Parts) -> Answer {
    let (status, path) = (failure.status.as_u16(), head.uri.path());
    let (method, reason) = (&head.method, failure.reason);
    match failure.status {
        StatusCode::NOT_IMPLEMENTED => {
            tracing::warn!(%method, path, status, reason, "request not supported");
        }
        _ if failure.is_ours() => {
            tracing::error!(%method, path, status, reason, "request failed");
        }
        _ if status >= 500 => tracing::info!(%method, path, status, reason, "request failed"),
        _ => tracing::debug!(%method, path, status, reason, "request refused"),
    }
    answer::failure(failure)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_is_an_answer() {
        let failure = survive(async { panic!("a mistake") }).await.err().unwrap();
        assert_eq!((failure.status.as_u16(), failure.reason), (500, "PANIC"));
    }
}
