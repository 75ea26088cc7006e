//! The control plane: ECR's interface (AWS JSON 1.1) over the state that the data plane serves, and the little of ECS and STS that goes with
//! it. One file for each group of operations; `shapes` and `validation` say what an input must be, `errors` and `texts` what a refusal looks
//! like.
//!
//! Invariant: an operation that is not here says so. None pretends.

mod blob_member;
mod call;
mod ecs;
mod errors;
mod given;
mod identity;
mod operations;
mod page;
mod refusal;
mod shapes;
mod signature;
mod sts;
mod subject;
mod texts;
mod validation;

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, header, request::Parts};
use serde_json::Value;

use self::{
    call::Call,
    errors::Error,
    given::{BLOB, Given},
    shapes::Service,
};
use crate::{
    auth::Auth,
    blobs::UploadKey,
    clock::Clock,
    exchange::Exchange,
    model::{DEFAULT_REGION, RegistryId, Subject},
    pull_through::PullThrough,
    replication::Replicator,
    scanning::BasicScanVersion,
    store::Store,
    wire::{Answer, Content, ErrorCode, RequestBody},
};

const TARGET: HeaderName = HeaderName::from_static("x-amz-target");
const JSON: HeaderValue = HeaderValue::from_static("application/x-amz-json-1.1");
const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");
const ERROR_TYPE: HeaderName = HeaderName::from_static("x-amzn-errortype");

/// Answers calls.
pub(crate) struct ControlPlane {
    pub(crate) store: Arc<Store>,
    pub(crate) auth: Arc<Auth>,
    pub(crate) clock: Clock,
    pub(crate) pull_through: Arc<PullThrough>,
    pub(crate) replicator: Arc<Replicator>,
    /// Whether calls must be signed, if there is anyone who could.
    pub(crate) verify: bool,
    /// Whether ECR Public is to be had in one Region alone.
    pub(crate) public_in_one_region: bool,
    /// Of registries that did not choose.
    pub(crate) basic_scan_version: BasicScanVersion,
}

/// What is to be told in a place of some shape, without the members that are null. If clients could not read it, why.
pub(crate) fn check_told(shape: &str, mut value: Value) -> Result<Value, String> {
    let service = Service::ecr();
    let shape = service.shape(shape).ok_or_else(|| format!("there is no shape {shape}"))?;
    validation::check_told(service, shape, &mut value).map_err(|error| error.message())?;
    Ok(value)
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
        let target = target(headers)?;
        exchange.subject.operation = Subject::short(target.operation).into();
        let shape = target.service.input_of(target.operation);
        let given = match shape {
            Some(shape) if shape.members.contains_key(BLOB) => {
                Given::with_blob(body, self.store.uploads.spool(), self.verifies()).await?
            }
            _ => Given::whole(body).await?,
        };
        let identity = self.identify(headers, || given.digest(), target.scope, &[TARGET.as_str()])?;
        let shape = shape.ok_or_else(|| target.unknown())?;
        if target.scope == "ecr-public"
            && self.public_in_one_region
            && *identity.registry.region != *DEFAULT_REGION
        {
            return Err(Error::UnsupportedCommand(target.operation.to_owned()));
        }
        let (mut input, blob) = given.input()?;
        subject::complete(&mut exchange.subject, &identity.registry, headers, &input);
        exchange.meet().await?;
        validation::check(target.service, shape, &mut input)?;
        let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
        let (caller, principal, expires) = (identity.arn(), identity.principal(), identity.expires());
        let (is_trusted, host) = (identity.is_trusted, host.to_owned());
        let registry = match target.scope {
            "ecr-public" => RegistryId::public(&identity.registry.account),
            _ => identity.registry,
        };
        let call = Call { plane: self, registry, is_trusted, caller, expires, host, principal, blob };
        match target.scope {
            "ecr" => operations::ecr(&call, target.operation, input).await,
            "ecr-public" => operations::ecr_public(&call, target.operation, input).await,
            _ => ecs::call(&call, target.operation, input).await,
        }
    }
}

impl Target<'_> {
    /// Of the one that runs containers most operations are not here.
    fn unknown(&self) -> Error {
        match self.scope {
            "ecs" => Error::Unsupported(self.operation.to_owned()),
            _ => Error::UnknownOperation,
        }
    }
}

fn target(headers: &HeaderMap) -> Result<Target<'_>, Error> {
    let text = headers.get(TARGET).and_then(|target| target.to_str().ok()).unwrap_or_default();
    let (service, scope, operation) = match text.split_once('.') {
        Some(("AmazonEC2ContainerRegistry_V20150921", operation)) => (Service::ecr(), "ecr", operation),
        Some(("SpencerFrontendService", operation)) => (Service::ecr_public(), "ecr-public", operation),
        Some(("AmazonEC2ContainerServiceV20141113", operation)) => (Service::ecs(), "ecs", operation),
        _ => return Err(Error::UnknownOperation),
    };
    Ok(Target { service, scope, operation })
}
