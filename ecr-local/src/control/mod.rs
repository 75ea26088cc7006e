//! The control plane: ECR's interface (AWS JSON 1.1) over the state that the data plane serves. One file for each group of operations;
//! `shapes` and `validation` say what an input must be, `errors` what a refusal looks like.
//!
//! Invariant: an operation that is not here says so. None pretends.

mod call;
mod errors;
mod operations;
mod page;
mod shapes;
mod signature;
mod subject;
mod validation;

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, header, request::Parts};
use serde_json::{Value, json};

use self::{call::Call, errors::Error, shapes::Service, signature::Signature};
use crate::{
    auth::Auth,
    blobs::UploadKey,
    clock::Clock,
    exchange::Exchange,
    model::{DEFAULT_ACCOUNT, DEFAULT_REGION, RegistryId, Subject},
    store::Store,
    wire::{Answer, Content, ErrorCode, RequestBody},
};

/// A part of a layer of 20 MiB in base64, and what is around it.
const LARGEST: usize = 28 * 1024 * 1024;
const TARGET: HeaderName = HeaderName::from_static("x-amz-target");
const JSON: HeaderValue = HeaderValue::from_static("application/x-amz-json-1.1");
const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");
const ERROR_TYPE: HeaderName = HeaderName::from_static("x-amzn-errortype");

/// Answers calls.
pub(crate) struct ControlPlane {
    pub(crate) store: Arc<Store>,
    pub(crate) auth: Arc<Auth>,
    pub(crate) clock: Clock,
    /// Whether calls must be signed, if there is anyone who could.
    pub(crate) verify: bool,
}

/// An operation by its full name.
struct Target<'h> {
    service: &'static Service,
    /// As signatures name it.
    scope: &'static str,
    operation: &'h str,
}

impl ControlPlane {
    /// Whether a request is a call.
    pub(crate) fn is_for(head: &Parts) -> bool {
        head.method == Method::POST && head.uri.path() == "/" && head.headers.contains_key(TARGET)
    }

    /// Answers a call.
    pub(crate) async fn respond(
        &self,
        head: &Parts,
        body: &mut RequestBody,
        exchange: &mut Exchange<'_>,
    ) -> Answer {
        let answered = self.answer(&head.headers, body, exchange).await;
        let mut answer = Response::new(Content::Empty);
        let document = answered.unwrap_or_else(|error| {
            *answer.status_mut() = error.status();
            answer.headers_mut().insert(ERROR_TYPE, HeaderValue::from_static(error.code()));
            answer.extensions_mut().insert(ErrorCode(error.code().into()));
            match &error {
                Error::Internal(cause) => tracing::error!(%cause, "call failed"),
                error => tracing::debug!(?error, "call refused"),
            }
            error.document()
        });
        *answer.body_mut() = Content::Whole(Bytes::from(document.to_string()));
        answer.headers_mut().insert(header::CONTENT_TYPE, JSON);
        let id = UploadKey::fresh(0).ok().and_then(|key| HeaderValue::from_str(&key.id).ok());
        answer.headers_mut().extend(id.map(|id| (REQUEST_ID, id)));
        answer
    }

    async fn answer(
        &self,
        headers: &HeaderMap,
        body: &mut RequestBody,
        exchange: &mut Exchange<'_>,
    ) -> Result<Value, Error> {
        let broken = |_| Error::Serialization("the body did not arrive".to_owned());
        let body = body.read(LARGEST).await.map_err(broken)?;
        let body = body.ok_or_else(|| Error::Serialization("the body is too large".to_owned()))?;
        let target = target(headers)?;
        exchange.subject.operation = Subject::short(target.operation).into();
        let (registry, is_trusted) = self.registry(headers, &body, target.scope)?;
        let shape = target.service.input_of(target.operation).ok_or(Error::UnknownOperation)?;
        let mut input = read(&body)?;
        subject::complete(&mut exchange.subject, &registry, headers, &input);
        exchange.meet().await?;
        validation::check(target.service, shape, &mut input)?;
        let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
        let call = Call { plane: self, registry, is_trusted, host: host.to_owned() };
        match target.scope {
            "ecr" => operations::ecr(&call, target.operation, input).await,
            _ => Err(Error::Unsupported(target.operation.to_owned())),
        }
    }

    /// The registry of whoever calls, and whether they may use those of others.
    fn registry(&self, headers: &HeaderMap, body: &[u8], scope: &str) -> Result<(RegistryId, bool), Error> {
        let is_open = !self.verify || self.auth.is_open();
        let signature = match Signature::of(headers) {
            Err(_) if is_open => None,
            signature => signature?,
        };
        let Some(signature) = signature else {
            return if is_open { Ok((RegistryId::default(), true)) } else { Err(Error::MissingToken) };
        };
        let known = self.auth.access_keys.find(signature.key);
        if !is_open {
            let key = known.ok_or(Error::UnknownKey)?;
            signature.verify(key, scope, headers, body, self.clock.now())?;
        }
        let account = known.map(|key| key.account.as_str()).unwrap_or_else(|| account_of(signature.key));
        let region = if is_region(signature.region) { signature.region } else { DEFAULT_REGION };
        Ok((RegistryId { account: account.into(), region: region.into() }, is_open))
    }
}

fn target(headers: &HeaderMap) -> Result<Target<'_>, Error> {
    let text = headers.get(TARGET).and_then(|target| target.to_str().ok()).unwrap_or_default();
    let (service, scope, operation) = match text.split_once('.') {
        Some(("AmazonEC2ContainerRegistry_V20150921", operation)) => (Service::ecr(), "ecr", operation),
        Some(("SpencerFrontendService", operation)) => (Service::ecr_public(), "ecr-public", operation),
        _ => return Err(Error::UnknownOperation),
    };
    Ok(Target { service, scope, operation })
}

/// A key that nobody announced stands for the account of its digits, so that a test has as many accounts as it wants.
fn account_of(key: &str) -> &str {
    let is_account = key.len() == 12 && key.bytes().all(|byte| byte.is_ascii_digit());
    if is_account { key } else { DEFAULT_ACCOUNT }
}

fn is_region(text: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (2..=25).contains(&text.len()) && text.bytes().all(inner)
}

/// No body is an empty input.
fn read(body: &[u8]) -> Result<Value, Error> {
    if body.is_empty() {
        return Ok(json!({}));
    }
    let malformed = |error: serde_json::Error| Error::Serialization(format!("the body is no JSON: {error}"));
    serde_json::from_slice(body).map_err(malformed)
}
