//! Who makes each call: found out before anything is done for it, and noted in the request. `Guarded` decides what follows from it.

use std::{
    sync::Arc,
    task::{Context, Poll},
};

use http::{Extensions, Request};
use tokio::sync::watch;
use tower::{Layer, Service};

use super::Identities;
use crate::{error::Stranger, grpc::door::Peer, model::Caller};

/// Finds out who makes each call, by the latest identities.
#[derive(Clone, Debug)]
pub(in crate::grpc) struct Recognition(watch::Receiver<Arc<Identities>>);

/// A service behind `Recognition`.
#[derive(Clone, Debug)]
pub(in crate::grpc) struct Recognising<S> {
    identities: watch::Receiver<Arc<Identities>>,
    inner: S,
}

impl Recognition {
    pub(in crate::grpc) fn new(identities: watch::Receiver<Arc<Identities>>) -> Self {
        Self(identities)
    }
}

/// Whether it is known who makes a call.
pub(in crate::grpc) fn is_known(noted: &Extensions) -> bool {
    noted.get::<Arc<Caller>>().is_some()
}

/// Who makes a call. A request that nobody has looked at is a stranger's.
pub(super) fn recognised(noted: &Extensions) -> Result<&Arc<Caller>, Stranger> {
    let stranger = || noted.get::<Stranger>().copied().unwrap_or(Stranger::Nameless);
    noted.get::<Arc<Caller>>().ok_or_else(stranger)
}

impl<S> Layer<S> for Recognition {
    type Service = Recognising<S>;

    fn layer(&self, inner: S) -> Recognising<S> {
        Recognising { identities: self.0.clone(), inner }
    }
}

impl<B, S: Service<Request<B>>> Service<Request<B>> for Recognising<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<B>) -> S::Future {
        let peer = request.extensions().get::<Peer>().unwrap_or(&Peer::Unknown);
        let recognised = self.identities.borrow().recognise(peer, request.headers());
        match recognised {
            Ok(caller) => drop(request.extensions_mut().insert(caller)),
            Err(stranger) => drop(request.extensions_mut().insert(stranger)),
        }
        self.inner.call(request)
    }
}
