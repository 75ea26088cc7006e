//! What a tag points at now, by one HEAD: Docker Hub does not count it as a pull.

use std::time::Duration;

use http::StatusCode;
use moka::sync::Cache;

use super::{
    ask::{Ask, Wanted},
    error,
    fetch::Reply,
    manifest::{View, claimed_digest},
    transport::Answer,
};
use crate::{
    error::{Error, Result},
    model::{Digest, RegistryHost, Target},
    ports::{AnsweredBy, Probed},
};

/// How long a registry is not asked for what it did not tell.
const MEMORY: Duration = Duration::from_secs(3600);
const MAX_KEPT: u64 = 10_000;

/// Registries whose HEAD tells nothing.
#[derive(Debug)]
pub(super) struct Silent(Cache<RegistryHost, ()>);

impl Default for Silent {
    fn default() -> Self {
        Self(Cache::builder().max_capacity(MAX_KEPT).time_to_live(MEMORY).build())
    }
}

/// Asks for a digest; nothing if only fetching tells.
pub(super) async fn probe(view: View<'_>, target: &Target, silent: &Silent) -> Result<Option<Probed>> {
    let ask = Ask::head(Wanted::Manifest { repository: view.repository, target });
    let told_by_mirror = |answer: Answer| {
        told(target, &answer).ok_or_else(|| Error::RegistryProtocol {
            registry: view.site.origin.registry.to_string(),
            detail: "a HEAD tells no digest".to_owned(),
            retryable: false,
        })
    };
    let mirrored = view.fetcher.fetch_from_mirrors(view.site, &ask, view.caller, told_by_mirror).await;
    if let Some(digest) = mirrored {
        return Ok(Some(Probed { digest, answered_by: AnsweredBy::Mirror }));
    }
    if silent.0.contains_key(&view.site.origin.registry) {
        return Ok(None);
    }
    let Reply { answer, identified } = view.fetcher.converse(&view.site.origin, &ask, view.caller).await?;
    match answer.status {
        status if status.is_success() => {
            let digest = told(target, &answer);
            if digest.is_none() {
                silent.0.insert(view.site.origin.registry.clone(), ());
            }
            Ok(digest.map(|digest| Probed { digest, answered_by: AnsweredBy::Registry }))
        }
        StatusCode::METHOD_NOT_ALLOWED | StatusCode::NOT_IMPLEMENTED => {
            silent.0.insert(view.site.origin.registry.clone(), ());
            Ok(None)
        }
        // A HEAD has no body to say why; a GET has, or shows that only HEAD is refused.
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::NOT_FOUND => {
            let (manifest, answered_by) = view.manifest(target).await?;
            Ok(Some(Probed { digest: manifest.digest, answered_by }))
        }
        _ => Err(error::refusal(&view.site.origin, &ask, &answer, identified)),
    }
}

/// The digest of an answer; for a digest, only that one.
fn told(target: &Target, answer: &Answer) -> Option<Digest> {
    let claimed = claimed_digest(&answer.headers);
    match target {
        Target::Tag(_) => claimed,
        Target::Digest(digest) => claimed.filter(|claimed| claimed == digest),
    }
}
