//! A client of upstream registries (distribution-spec, "Pull").
//!
//! Invariants: every read has an end. A credential goes to the registry and to the server of its tokens; a redirect gets none.

mod access;
mod challenge;
mod paced;
mod reach;

use std::{
    sync::{Mutex, MutexGuard, OnceLock, PoisonError},
    time::Duration,
};

use bytes::{Bytes, BytesMut};
use http::{HeaderValue, StatusCode, header};
use reqwest::{Response, redirect::Policy};
use url::Url;

use self::{paced::Paced, reach::Reach};
use super::{Credentials, Endpoints, UpstreamError};
use crate::{
    manifest::media_type,
    model::{Digest, Reference},
    state::PullThroughRule,
};

const LARGEST_MANIFEST: usize = 4 * 1024 * 1024;
const MOST_REDIRECTS: usize = 5;
const CONNECT: Duration = Duration::from_secs(10);
/// Without a header, or the next piece of a body, for so long, it has gone.
const STALL: Duration = Duration::from_secs(60);
const MANIFESTS: &str = "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json, \
     application/vnd.docker.distribution.manifest.list.v2+json, application/vnd.docker.distribution.manifest.v2+json";
const ANYTHING: &str = "*/*";

/// The connections to all upstream registries. Made when they are needed: to read the system's certificates takes its time.
#[derive(Default)]
pub(super) struct Client {
    public: OnceLock<reqwest::Client>,
    anywhere: OnceLock<reqwest::Client>,
}

/// An upstream registry, as a rule lets us in.
pub(super) struct Upstream {
    client: reqwest::Client,
    reach: Reach,
    base: Url,
    /// As the rule calls it.
    host: String,
    /// Who else may have the credentials.
    token_host: Option<&'static str>,
    endpoints: Endpoints,
    credentials: Option<Credentials>,
    /// What it wanted to see the last time.
    authorization: Mutex<Option<HeaderValue>>,
}

/// A manifest as it came.
pub(super) struct Fetched {
    pub(super) digest: Digest,
    pub(super) content_type: String,
    pub(super) content: Bytes,
}

impl Client {
    pub(super) fn open(
        &self,
        rule: &PullThroughRule,
        endpoints: &Endpoints,
        credentials: Option<Credentials>,
    ) -> Result<Upstream, UpstreamError> {
        let (reach, base) = match endpoints.of(&rule.url) {
            Some(given) => (Reach::Anywhere, Ok(given.clone())),
            None => (Reach::Public, Url::parse(&format!("https://{}/", rule.url))),
        };
        Ok(Upstream {
            client: self.of(reach).map_err(|error| unavailable(&error.to_string()))?,
            reach,
            base: base.map_err(|error| unavailable(&error.to_string()))?,
            host: rule.url.clone(),
            token_host: rule.kind.token_host(),
            endpoints: endpoints.clone(),
            credentials,
            authorization: Mutex::default(),
        })
    }

    /// Fails without the system's certificates.
    fn of(&self, reach: Reach) -> reqwest::Result<reqwest::Client> {
        let made = match reach {
            Reach::Public => &self.public,
            Reach::Anywhere => &self.anywhere,
        };
        if let Some(made) = made.get() {
            return Ok(made.clone());
        }
        let builder = reqwest::Client::builder().redirect(Policy::none()).referer(false);
        let builder = builder.retry(reqwest::retry::never()).no_proxy().dns_resolver(reach);
        let client = builder.connect_timeout(CONNECT).read_timeout(STALL).user_agent("ecr-local").build()?;
        Ok(made.get_or_init(|| client).clone())
    }
}

impl Upstream {
    /// Whether it lets us in at all.
    pub(super) async fn check(&self) -> Result<(), UpstreamError> {
        self.get("/v2/", ANYTHING).await.map(drop)
    }

    /// A manifest, verified if its digest is known.
    pub(super) async fn manifest(
        &self,
        repository: &str,
        reference: &Reference,
    ) -> Result<Fetched, UpstreamError> {
        let answer = self.get(&format!("/v2/{repository}/manifests/{reference}"), MANIFESTS).await?;
        let text = |name| answer.headers().get(name).and_then(|value: &HeaderValue| value.to_str().ok());
        let content_type = media_type::essence(text(header::CONTENT_TYPE.as_str()).unwrap_or_default());
        let told = text("docker-content-digest").and_then(|digest| digest.parse::<Digest>().ok());
        let content = read(answer, LARGEST_MANIFEST).await?;
        let is_of = |digest: &Digest| *digest == Digest::by(digest.algorithm(), &content);
        let digest = match (reference, told) {
            (Reference::Digest(wanted), _) if is_of(wanted) => wanted.clone(),
            (Reference::Tag(_), told) if told.as_ref().is_none_or(is_of) => Digest::of(&content),
            _ => return Err(unavailable("a manifest has another digest than it should have")),
        };
        Ok(Fetched { digest, content_type, content })
    }

    /// The content of a blob, which is still to be verified.
    pub(super) async fn blob(
        &self,
        repository: &str,
        digest: &Digest,
    ) -> Result<reqwest::Body, UpstreamError> {
        let answer = self.get(&format!("/v2/{repository}/blobs/{digest}"), ANYTHING).await?;
        Ok(reqwest::Body::wrap_stream(Paced::new(answer).pieces()))
    }

    async fn get(&self, path: &str, accept: &'static str) -> Result<Response, UpstreamError> {
        let mut url = self.base.clone();
        url.set_path(path);
        let mut answer = self.send(&url, accept, true).await?;
        if answer.status() == StatusCode::UNAUTHORIZED {
            let authorization = self.authorize(answer.headers()).await?;
            *self.authorization() = Some(authorization);
            answer = self.send(&url, accept, true).await?;
        }
        for _ in 0..MOST_REDIRECTS {
            let Some(target) = redirect(&url, &answer) else { return judge(answer) };
            url = self.endpoints.resolve(target);
            answer = self.send(&url, accept, false).await?;
        }
        Err(unavailable("it redirects without end"))
    }

    /// `is_own`: to the registry itself, not where it redirects to.
    async fn send(&self, url: &Url, accept: &'static str, is_own: bool) -> Result<Response, UpstreamError> {
        if !self.reach.admits(url) {
            return Err(unavailable("it sends us to an address that is not for us"));
        }
        let mut request = self.client.get(url.clone()).header(header::ACCEPT, accept);
        if is_own {
            if self.reach == Reach::Anywhere {
                request = request.header(header::HOST, &self.host);
            }
            if let Some(known) = self.authorization().clone() {
                request = request.header(header::AUTHORIZATION, known);
            }
        }
        request.send().await.map_err(|error| unavailable(&error.without_url().to_string()))
    }

    fn authorization(&self) -> MutexGuard<'_, Option<HeaderValue>> {
        self.authorization.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn redirect(from: &Url, answer: &Response) -> Option<Url> {
    if !answer.status().is_redirection() {
        return None;
    }
    let location = answer.headers().get(header::LOCATION)?.to_str().ok()?;
    from.join(location).ok()
}

fn judge(answer: Response) -> Result<Response, UpstreamError> {
    match answer.status() {
        StatusCode::OK => Ok(answer),
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Err(UpstreamError::AccessDenied),
        StatusCode::NOT_FOUND => Err(UpstreamError::NotFound),
        StatusCode::TOO_MANY_REQUESTS => Err(UpstreamError::TooManyRequests),
        other => Err(unavailable(&format!("it answers {other}"))),
    }
}

async fn read(answer: Response, limit: usize) -> Result<Bytes, UpstreamError> {
    let (mut answer, mut whole) = (Paced::new(answer), BytesMut::new());
    while let Some(piece) = answer.piece().await? {
        if whole.len() + piece.len() > limit {
            return Err(unavailable("a document is too large"));
        }
        whole.extend_from_slice(&piece);
    }
    Ok(whole.freeze())
}

fn unavailable(why: &str) -> UpstreamError {
    UpstreamError::Unavailable(why.to_owned())
}
