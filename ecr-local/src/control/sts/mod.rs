//! Temporary credentials: three operations of STS (AWS Query: a form comes, XML goes).
//!
//! Session policies are read and kept out of the way: nothing here decides by policies.

mod assume_role;
mod errors;
mod form;
mod role;
mod web_identity;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Response, header, request::Parts};
use serde_json::Value;

use self::errors::Error;
use super::{
    ControlPlane, REQUEST_ID, TARGET, call::input, errors as front, identity::Identity, shapes::Service,
    subject, validation,
};
use crate::{
    blobs::UploadKey,
    exchange::Exchange,
    model::{Digest, Subject},
    wire::{Answer, Content, Element, ErrorCode, RequestBody, XML, document},
};

/// A token of a web identity has 20,000 characters at most, and so have the policies beside it.
const LARGEST: usize = 256 * 1024;
const VERSION: &str = "2011-06-15";

impl ControlPlane {
    /// Whether a request is a call of this kind.
    pub(crate) fn is_query(head: &Parts) -> bool {
        let kind = head.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        head.method == Method::POST
            && head.uri.path() == "/"
            && !head.headers.contains_key(TARGET)
            && kind.is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"))
    }

    /// Answers such a call.
    pub(crate) async fn respond_to_query(
        &self,
        head: &Parts,
        body: &mut RequestBody,
        exchange: &mut Exchange<'_>,
    ) -> Answer {
        let id = UploadKey::fresh(0).map(|key| key.id.to_string()).unwrap_or_default();
        let mut answer = Response::new(Content::Empty);
        let answered = self.answer_query(&head.headers, body, exchange).await;
        let text = answered.map_or_else(
            |error| {
                *answer.status_mut() = error.status();
                answer.extensions_mut().insert(ErrorCode(error.code().into()));
                match &error {
                    Error::Front(front::Error::Internal(cause)) => tracing::error!(%cause, "call failed"),
                    error => tracing::debug!(?error, "call refused"),
                }
                error.document(&id)
            },
            |(operation, result)| document(&operation, result, &id),
        );
        *answer.body_mut() = Content::Whole(Bytes::from(text));
        answer.headers_mut().insert(header::CONTENT_TYPE, XML);
        answer.headers_mut().extend(HeaderValue::from_str(&id).ok().map(|id| (REQUEST_ID, id)));
        answer
    }

    async fn answer_query(
        &self,
        headers: &HeaderMap,
        body: &mut RequestBody,
        exchange: &mut Exchange<'_>,
    ) -> Result<(String, Vec<Element>), Error> {
        let body = body.read(LARGEST).await.map_err(|_| Error::Malformed("the body did not arrive"))?;
        let body = body.ok_or(Error::Malformed("the body is too large"))?;
        let form = form::parse(&body);
        let operation = form.get("Action").ok_or(Error::MissingAction)?.clone();
        exchange.subject.operation = Subject::short(&operation).into();
        let version = form.get("Version").map(String::as_str).unwrap_or_default();
        let shape = Service::sts().input_of(&operation).filter(|_| version == VERSION);
        let shape = shape.ok_or_else(|| Error::UnknownAction(operation.clone(), version.to_owned()))?;
        // Whoever has a token of a web identity has nothing to sign with.
        let identity = match operation.as_str() {
            "AssumeRoleWithWebIdentity" => None,
            _ => Some(self.identify(headers, || Digest::of(&body), "sts", &[])?),
        };
        let mut given = form::read(&form, Service::sts(), shape);
        if let Some(identity) = &identity {
            subject::complete(&mut exchange.subject, &identity.registry, headers, &given);
        }
        exchange.meet().await?;
        validation::check(Service::sts(), shape, &mut given)?;
        let result = self.call_sts(identity, given)?;
        Ok((operation, result))
    }

    /// The three differ in who calls: nobody yet, or somebody who wants a role, or who asks who they are.
    fn call_sts(&self, identity: Option<Identity>, given: Value) -> Result<Vec<Element>, Error> {
        match identity {
            None => web_identity::run(self, input(given)?),
            Some(identity) if given.get("RoleArn").is_some() => {
                assume_role::run(self, &identity, input(given)?)
            }
            Some(identity) => Ok(vec![
                Element::text("Arn", identity.arn()),
                Element::text("UserId", identity.user_id(&self.auth)),
                Element::text("Account", identity.registry.account.to_string()),
            ]),
        }
    }
}
