//! Uploads a blob: sessions are opened until one is closed with success, as often and in as many ways as may help.

use std::{sync::Arc, time::Duration};

use futures_util::TryStreamExt as _;
use http::StatusCode;
use tokio::sync::Semaphore;

use super::{
    super::{
        ask::Verb,
        error,
        error_body::ErrorBody,
        manifest::View,
        retry::{Tries, retry_after},
        transport::{Answer, Cursor, Failure},
    },
    Content,
    method::{Method, Methods},
    presence,
    session::Session,
    step,
};
use crate::error::{Error, Result};

const MAX_CANCELS: usize = 16;

/// What all uploads have in common.
#[derive(Debug)]
pub(in crate::registry) struct Uploads {
    methods: Methods,
    /// Sessions that may be cancelled at the same time.
    pub(super) cancels: Arc<Semaphore>,
}

impl Default for Uploads {
    fn default() -> Self {
        Self { methods: Methods::default(), cancels: Arc::new(Semaphore::new(MAX_CANCELS)) }
    }
}

/// What to do after a session that did not bring the blob in.
enum Next {
    AnotherMethod,
    AnotherSession(Duration),
    GiveUp,
}

/// What may be tried again, and was not yet.
struct Chances {
    tries: Tries,
    token: bool,
    digest: bool,
}

/// Uploads a blob; `session` is one that is open already.
pub(super) async fn upload<'a>(
    view: View<'a>,
    uploads: &Uploads,
    content: Content<'_>,
    mut session: Option<Session<'a>>,
) -> Result<()> {
    let endpoint = &view.site.origin;
    let mut methods = uploads.methods.first_choice(&endpoint.base).and_others();
    let mut method = methods.next().unwrap_or(Method::Whole);
    let mut chances = Chances { tries: Tries::several(), token: true, digest: true };
    loop {
        let mut open = match session.take() {
            Some(open) => open,
            None => Session::open(view, uploads, None).await?.ok_or_else(|| {
                error::broken(endpoint, "the registry has mounted what it was not asked to")
            })?,
        };
        let mut cursor = Cursor::new(content.source);
        let outcome = open.transfer(method, content.blob, &mut cursor).await;
        if let Ok(answer) = &outcome
            && answer.status.is_success()
        {
            confirm(view, content, answer).await?;
            open.kept();
            uploads.methods.remember(&endpoint.base, method);
            return Ok(());
        }
        let next = chances.after(method, &open, &outcome, cursor.position());
        match next {
            Next::AnotherMethod => match methods.next() {
                Some(other) => {
                    tracing::debug!(registry = %endpoint.registry, ?method, ?other, "an upload goes on in another way");
                    method = other;
                }
                None => return Err(refused(view, outcome)),
            },
            Next::AnotherSession(wait) => {
                if is_digest_invalid(&outcome) {
                    rehash(content).await?;
                }
                drop(open);
                view.fetcher.delivery.transport.network().timer.sleep(wait).await;
            }
            Next::GiveUp => return Err(refused(view, outcome)),
        }
    }
}

/// Anything but 201 may come from something that is no registry.
async fn confirm(view: View<'_>, content: Content<'_>, answer: &Answer) -> Result<()> {
    if answer.status == StatusCode::CREATED || presence::is_known_there(view, content.blob).await? {
        return Ok(());
    }
    Err(error::no_success(&view.site.origin, answer))
}

impl Chances {
    fn after(
        &mut self,
        method: Method,
        session: &Session<'_>,
        outcome: &Result<Answer, Failure>,
        sent: u64,
    ) -> Next {
        if session.renewed && std::mem::take(&mut self.token) {
            return Next::AnotherSession(Duration::ZERO);
        }
        if is_digest_invalid(outcome) && std::mem::take(&mut self.digest) {
            return Next::AnotherSession(Duration::ZERO);
        }
        if method.is_to_blame(outcome, sent) {
            return Next::AnotherMethod;
        }
        self.tries.wait_after(outcome).map_or(Next::GiveUp, Next::AnotherSession)
    }
}

fn is_digest_invalid(outcome: &Result<Answer, Failure>) -> bool {
    outcome.as_ref().is_ok_and(|answer| {
        answer.status == StatusCode::BAD_REQUEST && ErrorBody::read(&answer.body).code() == "DIGEST_INVALID"
    })
}

/// Whose fault it is that the registry computes another digest.
async fn rehash(content: Content<'_>) -> Result<()> {
    let Content { blob, source } = content;
    let mut hasher = blob.digest.hasher();
    let mut stream = source.open().await?;
    while let Some(piece) = stream.try_next().await? {
        hasher.update(&piece);
    }
    let found = hasher.finish();
    if found == blob.digest {
        return Ok(());
    }
    Err(Error::ContentMismatch { what: "blob", expected: blob.digest.to_string(), found: found.to_string() })
}

fn refused(view: View<'_>, outcome: Result<Answer, Failure>) -> Error {
    let (endpoint, ask) = (&view.site.origin, step::ask(&view, Verb::Put));
    match outcome {
        Ok(answer) if answer.status == StatusCode::TOO_MANY_REQUESTS => {
            error::rate_limited(endpoint, &answer, retry_after(&answer.headers))
        }
        Ok(answer) => error::refusal(endpoint, &ask, &answer, view.caller.credential.is_some()),
        Err(failure) => error::failure(endpoint, &ask, failure),
    }
}
