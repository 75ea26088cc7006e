//! The ways in which registries take a blob, and which of them a registry took last.

use std::time::Duration;

use http::StatusCode;
use moka::sync::Cache;
use url::Url;

use super::super::transport::{Answer, Failure};
use crate::error::Error;

/// Proxies change; what is remembered saves a request or two and no more.
const MEMORY: Duration = Duration::from_secs(3600);
const MAX_KEPT: u64 = 1_000;
/// A connection that breaks under less than this was not too small for the blob.
const MUCH: u64 = 1024 * 1024;

/// How the bytes of a blob go into its session.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Method {
    /// All in the PUT that closes the session.
    Whole,
    /// All in one PATCH.
    Streamed,
    /// In several PATCHes.
    Chunked,
}

impl Method {
    const ALL: [Self; 3] = [Self::Whole, Self::Streamed, Self::Chunked];

    /// All of them, beginning with this one.
    pub(super) fn and_others(self) -> impl Iterator<Item = Self> {
        let begin = Self::ALL.iter().position(|method| *method == self).unwrap_or(0);
        Self::ALL.into_iter().cycle().skip(begin).take(Self::ALL.len())
    }

    /// Whether another way may lead where this one ended, after `sent` bytes.
    pub(super) fn is_to_blame(self, outcome: &Result<Answer, Failure>, sent: u64) -> bool {
        match outcome {
            Ok(answer) => matches!(
                answer.status,
                StatusCode::NOT_FOUND
                    | StatusCode::METHOD_NOT_ALLOWED
                    | StatusCode::LENGTH_REQUIRED
                    | StatusCode::PAYLOAD_TOO_LARGE
                    | StatusCode::UNSUPPORTED_MEDIA_TYPE
                    | StatusCode::RANGE_NOT_SATISFIABLE
            ),
            Err(Failure::NoAnswer { reset: true, .. } | Failure::Torn { .. }) => sent >= MUCH,
            Err(Failure::Inner(Error::RegistryProtocol { .. })) => self == Self::Chunked,
            Err(_) => false,
        }
    }
}

/// What each endpoint took last, if that was not the usual way.
#[derive(Debug)]
pub(super) struct Methods(Cache<Url, Method>);

impl Default for Methods {
    fn default() -> Self {
        Self(Cache::builder().max_capacity(MAX_KEPT).time_to_live(MEMORY).build())
    }
}

impl Methods {
    pub(super) fn first_choice(&self, endpoint: &Url) -> Method {
        self.0.get(endpoint).unwrap_or(Method::Whole)
    }

    pub(super) fn remember(&self, endpoint: &Url, method: Method) {
        if self.first_choice(endpoint) != method {
            self.0.insert(endpoint.clone(), method);
        }
    }
}
