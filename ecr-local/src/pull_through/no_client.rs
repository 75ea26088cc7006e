//! What there is of the client in a build without one: no upstream can be reached.

use bytes::Bytes;
use http_body_util::Empty;

use super::{Credentials, Endpoints, UpstreamError};
use crate::{
    model::{Digest, Reference},
    state::PullThroughRule,
};

/// Reaches nobody.
#[derive(Default)]
pub(super) struct Client {}

/// There is none.
pub(super) enum Upstream {}

/// A manifest as it came.
pub(super) struct Fetched {
    pub(super) digest: Digest,
    pub(super) content_type: String,
    pub(super) content: Bytes,
}

impl Client {
    pub(super) fn open(
        &self,
        _rule: &PullThroughRule,
        _endpoints: &Endpoints,
        _credentials: Option<Credentials>,
    ) -> Result<Upstream, UpstreamError> {
        Err(UpstreamError::Unavailable("this build has no client of upstream registries".to_owned()))
    }
}

impl Upstream {
    pub(super) async fn check(&self) -> Result<(), UpstreamError> {
        match *self {}
    }

    pub(super) async fn manifest(
        &self,
        _repository: &str,
        _reference: &Reference,
    ) -> Result<Fetched, UpstreamError> {
        match *self {}
    }

    pub(super) async fn blob(
        &self,
        _repository: &str,
        _digest: &Digest,
    ) -> Result<Empty<Bytes>, UpstreamError> {
        match *self {}
    }
}
