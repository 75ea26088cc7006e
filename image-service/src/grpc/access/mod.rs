//! Who may call what: the one place where callers are recognised and roles are asked for. Handlers find the caller that was let in.
//!
//! Invariants: a call that no rule names is refused; so is a caller who shows something that is not known, whatever else they show. What is
//! refused is refused before its body is read.

mod identities;
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
use tokio::sync::watch;
use tonic::{Status, body::Body};
use tower::{Layer, Service};

pub use self::{
    identities::Identities,
    rules::{RULES, Rule},
};
use super::{door::Peer, status::failed};
use crate::{
    error::{Error, Result, Stranger},
    model::{Caller, Namespace, Role},
};

/// Asks every call who makes it, by the latest identities.
#[derive(Clone, Debug)]
pub(super) struct Access(watch::Receiver<Arc<Identities>>);

/// A service behind `Access`.
#[derive(Clone, Debug)]
pub(super) struct Guarded<S> {
    access: Access,
    inner: S,
}

impl Access {
    pub(super) fn new(identities: watch::Receiver<Arc<Identities>>) -> Self {
        Self(identities)
    }

    /// The caller; nobody if the call is open to everyone.
    fn admit<B>(&self, request: &Request<B>) -> Result<Option<Arc<Caller>>, Status> {
        let path = request.uri().path();
        let rule = rules::rule_of(path);
        let (method, needed) = match rule {
            Some((_, Rule::Open)) => return Ok(None),
            Some((method, Rule::AtLeast(needed))) => (method, Some(needed)),
            None => ("access", None),
        };
        self.caller(request, needed).map(Some).map_err(failed(method))
    }

    /// Who makes the call, if they may.
    fn caller<B>(&self, request: &Request<B>, needed: Option<Role>) -> Result<Arc<Caller>> {
        let peer = request.extensions().get::<Peer>().unwrap_or(&Peer::Unknown);
        let caller = self.0.borrow().recognise(peer, request.headers()).map_err(Error::Stranger)?;
        let call = || called(request.uri().path());
        match needed {
            Some(needed) if caller.role >= needed => Ok(caller),
            Some(needed) => Err(Error::RoleInsufficient { caller, call: call(), needed }),
            None => Err(Error::NoSuchCall { call: call() }),
        }
    }
}

/// `Images.Pull`, of `/imageservice.v1.Images/Pull`.
fn called(path: &str) -> String {
    let (service, method) = path.trim_start_matches('/').split_once('/').unwrap_or((path, ""));
    format!("{}.{method}", service.rsplit('.').next().unwrap_or_default())
}

/// Where the caller of a request works.
pub(super) fn namespace_of<T>(request: &tonic::Request<T>) -> Result<Namespace, Status> {
    let caller = request.extensions().get::<Arc<Caller>>();
    // No handler is reached but through `Guarded`.
    let caller = caller.ok_or(Error::Stranger(Stranger::Nameless)).map_err(failed("access"))?;
    Ok(caller.namespace.clone())
}

impl<S> Layer<S> for Access {
    type Service = Guarded<S>;

    fn layer(&self, inner: S) -> Guarded<S> {
        Guarded { access: self.clone(), inner }
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
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        match self.access.admit(&request) {
            Ok(caller) => {
                caller.map(|caller| request.extensions_mut().insert(caller));
                Either::Right(self.inner.call(request))
            }
            Err(refusal) => Either::Left(ready(Ok(refusal.into_http()))),
        }
    }
}
