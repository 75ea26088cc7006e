//! The data plane: OCI distribution v2 over HTTP. One file for each endpoint; `router` finds it, `errors` says what a refusal looks
//! like.
//!
//! Invariants: every request gets an answer. What a request has begun to change is carried to its end, even if its client leaves.

mod answer;
mod auth;
mod blobs;
mod catalog;
mod errors;
mod manifests;
mod page;
mod place;
mod query;
mod range;
mod referrers;
mod router;
mod subject;
mod tags;
mod token;
mod uploads;

pub(crate) use auth::DOWNLOAD;

use std::sync::Arc;

use http::{Method, StatusCode, request::Parts};

use self::{
    errors::Error,
    place::Place,
    query::Query,
    router::{Endpoint, Miss, Within},
};
use crate::wire::{Answer, RequestBody};
use crate::{
    auth::{Auth, Caller},
    exchange::Exchange,
    model::{Digest, Purpose, Reference, RegistryId, RepositoryName},
    pull_through::PullThrough,
    quirks::Quirks,
    store::Store,
};

/// Answers requests.
pub(crate) struct DataPlane {
    pub(crate) store: Arc<Store>,
    pub(crate) auth: Arc<Auth>,
    pub(crate) pull_through: Arc<PullThrough>,
    pub(crate) switches: Switches,
    pub(crate) quirks: Quirks,
}

/// What may be done here.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Switches {
    /// A push makes the repository that it is for.
    pub(crate) create_on_push: bool,
    /// Manifests, tags and blobs can be deleted.
    pub(crate) delete: bool,
}

/// A request of somebody who was let in.
struct Asked {
    head: Parts,
    query: Query,
    place: Place,
    registry: RegistryId,
    caller: Caller,
}

impl DataPlane {
    /// Answers one request.
    pub(crate) async fn respond(
        &self,
        head: Parts,
        body: &mut RequestBody,
        exchange: &mut Exchange<'_>,
    ) -> Answer {
        let (method, path) = (head.method.clone(), decode(head.uri.path()));
        let answered = self.answer(head, &path, body, exchange).await;
        answered.unwrap_or_else(|error| refuse(error, &path, &method))
    }

    async fn answer(
        &self,
        head: Parts,
        path: &str,
        body: &mut RequestBody,
        exchange: &mut Exchange<'_>,
    ) -> Result<Answer, Error> {
        let endpoint = router::route(path).map_err(|miss| match miss {
            Miss::Path => Error::NotFound,
            Miss::Name => Error::NameInvalid,
        })?;
        let subject = &mut exchange.subject;
        subject.operation = subject::operation(&head.method, &endpoint).into();
        subject.repository = endpoint.repository().map(str::to_owned);
        let query = Query::parse(head.uri.query().unwrap_or_default().as_bytes());
        if endpoint == Endpoint::Token {
            exchange.meet().await?;
            return match head.method {
                Method::GET | Method::POST => token::issue(self, &head, &query, body).await,
                _ => Err(Error::Method("GET, POST")),
            };
        }
        let place = Place::of(&self.store.state, &head, &endpoint).await?;
        let caller = auth::let_in(self, &head, &query, &endpoint, &place)?;
        let registry = place.registry(&caller, &endpoint, auth::pulls(&head.method, &endpoint))?;
        let asked = Asked { head, query, place, registry, caller };
        exchange.subject.registry = Some(asked.registry.clone());
        exchange.subject.principal = subject::principal(&self.auth, &asked.head);
        exchange.meet().await?;
        self.call(&asked, body, &endpoint).await
    }

    async fn call(
        &self,
        asked: &Asked,
        body: &mut RequestBody,
        endpoint: &Endpoint<'_>,
    ) -> Result<Answer, Error> {
        match (&asked.head.method, endpoint) {
            (&Method::GET | &Method::HEAD, Endpoint::Base) => {
                answer::json(StatusCode::OK, &serde_json::json!({}))
            }
            (&Method::GET | &Method::HEAD, Endpoint::Catalog) => catalog::list(self, asked).await,
            (_, Endpoint::In(name, within)) => self.call_within(asked, body, name, *within).await,
            _ => Err(Error::Method("GET, HEAD")),
        }
    }

    async fn call_within(
        &self,
        asked: &Asked,
        body: &mut RequestBody,
        name: &RepositoryName,
        within: Within<'_>,
    ) -> Result<Answer, Error> {
        match (asked.head.method.as_str(), within) {
            ("GET" | "HEAD", Within::Tags) => tags::list(self, asked, name).await,
            ("GET" | "HEAD", Within::Referrers(subject)) => {
                referrers::list(self, asked, name, &digest(subject)?).await
            }
            ("GET" | "HEAD", Within::Manifest(text)) => manifests::get(self, asked, name, text).await,
            ("PUT", Within::Manifest(text)) => {
                manifests::put(self, asked, body, name, reference(text)?).await
            }
            ("DELETE", Within::Manifest(text)) => {
                manifests::delete(self, asked, name, reference(text)?).await
            }
            ("GET", Within::Blob(text)) => blobs::get(self, asked, name, digest(text)?).await,
            ("HEAD", Within::Blob(text)) => blobs::head(self, asked, name, digest(text)?).await,
            ("DELETE", Within::Blob(text)) => blobs::delete(self, asked, name, digest(text)?).await,
            ("POST", Within::Uploads) => uploads::begin(self, asked, body, name).await,
            ("GET" | "HEAD", Within::Upload(id)) => uploads::status(self, asked, name, id).await,
            ("PATCH", Within::Upload(id)) => uploads::append(self, asked, body, name, id).await,
            ("PUT", Within::Upload(id)) => uploads::complete(self, asked, body, name, id).await,
            ("DELETE", Within::Upload(id)) => uploads::cancel(self, asked, name, id).await,
            (_, Within::Tags | Within::Referrers(_)) => Err(Error::Method("GET, HEAD")),
            (_, Within::Manifest(_)) => Err(Error::Method("GET, HEAD, PUT, DELETE")),
            (_, Within::Blob(_)) => Err(Error::Method("GET, HEAD, DELETE")),
            (_, Within::Uploads) => Err(Error::Method("POST")),
            (_, Within::Upload(_)) => Err(Error::Method("GET, HEAD, PATCH, PUT, DELETE")),
        }
    }

    async fn repository(&self, asked: &Asked, name: &RepositoryName) -> Result<i64, Error> {
        let found = self.store.state.repository(&asked.registry, &asked.own_name(name)?).await?;
        found.ok_or_else(|| Error::NameUnknown(name.clone()))
    }

    async fn repository_to_push_to(&self, asked: &Asked, name: &RepositoryName) -> Result<i64, Error> {
        let (state, registry) = (&self.store.state, &asked.registry);
        match self.repository(asked, name).await {
            Err(Error::NameUnknown(_)) if self.switches.create_on_push => {
                let own = asked.own_name(name)?;
                if registry.is_public() && !own.is_public() {
                    return Err(Error::NameInvalid);
                }
                Ok(state.repository_for(registry, &own, Purpose::CreateOnPush).await?)
            }
            Err(Error::NameUnknown(_)) => {
                state.create_by_template(registry, &asked.own_name(name)?, Purpose::CreateOnPush).await?;
                self.repository(asked, name).await
            }
            found => found,
        }
    }

    fn check_delete(&self) -> Result<(), Error> {
        let disabled = || Error::Unsupported("deletion is switched off".to_owned());
        self.switches.delete.then_some(()).ok_or_else(disabled)
    }
}

impl Asked {
    /// What a repository is called in its registry.
    fn own_name(&self, name: &RepositoryName) -> Result<RepositoryName, Error> {
        let own = self.place.own_name(name.as_str()).and_then(|own| own.parse().ok());
        own.ok_or_else(|| Error::NameUnknown(name.clone()))
    }
}

/// Undoes percent-encoding (RFC 3986, section 2.1). What is no escape stays, and bytes that are not UTF-8 become replacement characters:
/// no name contains either.
fn decode(path: &str) -> String {
    let mut parts = path.split('%');
    let mut decoded = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        let escape = part.get(..2).and_then(|digits| hex::decode(digits).ok());
        match (escape, part.get(2..)) {
            (Some(byte), Some(rest)) => decoded.extend(byte.iter().chain(rest.as_bytes())),
            _ => decoded.extend(b"%".iter().chain(part.as_bytes())),
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

fn digest(text: &str) -> Result<Digest, Error> {
    text.parse().map_err(|_| Error::DigestInvalid("the digest is malformed, or of an unsupported algorithm"))
}

fn reference(text: &str) -> Result<Reference, Error> {
    text.parse().map_err(|_| Error::TagInvalid)
}

fn refuse(error: Error, path: &str, method: &Method) -> Answer {
    match &error {
        Error::Internal(cause) => tracing::error!(%method, path, %cause, "request failed"),
        error => tracing::debug!(%method, path, ?error, "request refused"),
    }
    error.answer()
}
