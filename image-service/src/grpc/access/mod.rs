//! Who may call what: the one place where callers are recognised and roles are asked for. Handlers find the caller that was let in.
//!
//! Invariants: a call that no rule names is refused; so is a caller who shows something that is not known, whatever else they show. What is
//! refused is refused before its body is read.

mod identities;
mod recognition;
mod revoked;
mod rules;
mod tokens;

use std::{
    future::{Ready, ready},
    sync::Arc,
    task::{Context, Poll},
};

use futures_util::future::Either;
use http::{Request, Response};
use tonic::{Status, body::Body};
use tower::{Layer, Service};

use self::recognition::recognised;
pub(super) use self::recognition::{Recognition, is_known};
pub use self::{
    identities::Identities,
    rules::{RULES, Rule},
};
use super::status::failed;
use crate::{
    error::{Error, Result},
    model::{Caller, Namespace, Role},
};

/// Lets a call in, or not, by what `Recognition` has noted.
#[derive(Clone, Copy, Debug)]
pub(super) struct Access;

/// A service behind `Access`.
#[derive(Clone, Debug)]
pub(super) struct Guarded<S>(S);

/// Nothing, if the request may be made.
fn admit<B>(request: &Request<B>) -> Result<(), Status> {
    let path = request.uri().path();
    let (method, needed) = match rules::rule_of(path) {
        Some((_, Rule::Open)) => return Ok(()),
        Some((method, Rule::AtLeast(needed))) => (method, Some(needed)),
        None => ("access", None),
    };
    may_call(request, needed).map_err(failed(method))
}

fn may_call<B>(request: &Request<B>, needed: Option<Role>) -> Result<()> {
    let caller = recognised(request.extensions()).map_err(Error::Stranger)?;
    let call = || called(request.uri().path());
    match needed {
        Some(needed) if caller.role >= needed => Ok(()),
        Some(needed) => Err(Error::RoleInsufficient { caller: Arc::clone(caller), call: call(), needed }),
        None => Err(Error::NoSuchCall { call: call() }),
    }
}

/// `Images.Pull`, of `/imageservice.v1.Images/Pull`.
fn called(path: &str) -> String {
    let (service, method) = path.trim_start_matches('/').split_once('/').unwrap_or((path, ""));
    format!("{}.{method}", service.rsplit('.').next().unwrap_or_default())
}

/// Who makes a call that was let in.
pub(super) fn caller_of<T>(request: &tonic::Request<T>) -> Result<&Arc<Caller>, Status> {
    recognised(request.extensions()).map_err(Error::Stranger).map_err(failed("access"))
}

/// Whether a credential that a caller shows is to be kept for its namespace.
pub(super) fn leaves_credentials(caller: &Caller) -> bool {
    caller.role >= rules::LEAVES_CREDENTIALS
}

/// Where the caller of a request works.
pub(super) fn namespace_of<T>(request: &tonic::Request<T>) -> Result<Namespace, Status> {
    caller_of(request).map(|caller| caller.namespace.clone())
}

impl<S> Layer<S> for Access {
    type Service = Guarded<S>;

    fn layer(&self, inner: S) -> Guarded<S> {
        Guarded(inner)
    }
}

impl<S> Service<Request<Body>> for Guarded<S>
where
    S: Service<Request<Body>, Response = Response<Body>>,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = Either<Ready<Result<Response<Body>, S::Error>>, S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        match admit(&request) {
            Ok(()) => Either::Right(self.0.call(request)),
            Err(refusal) => Either::Left(ready(Ok(refusal.into_http()))),
        }
    }
}
