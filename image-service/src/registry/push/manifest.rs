//! Puts and deletes manifests.

use http::StatusCode;

use super::super::{
    ask::{Ask, Verb, Wanted, reference},
    error,
    error_body::ErrorBody,
    fetch::Reply,
    manifest::{View, claimed_digest, verify},
    transport::Answer,
};
use crate::{
    error::{Error, Result},
    model::{Digest, Manifest, Target},
};

/// Puts a manifest, unless it is there: a registry with immutable tags refuses what would change nothing, too.
pub(in crate::registry) async fn put_manifest(
    view: View<'_>,
    target: &Target,
    manifest: &Manifest,
) -> Result<()> {
    if points_at(view, target).await?.as_ref() == Some(&manifest.digest) {
        return Ok(());
    }
    let origin = &view.site.origin;
    let ask = Ask::push(Verb::Put, Wanted::NewManifest { repository: view.repository, target, manifest });
    let Reply { answer, identified } = view.fetcher.converse(origin, &ask, view.caller).await?;
    if answer.status.is_success() {
        return confirm(view, manifest, &answer).await;
    }
    if is_immutable(&answer) && matches!(target, Target::Tag(_)) {
        return match points_at(view, target).await? {
            Some(existing) if existing == manifest.digest => Ok(()),
            existing => Err(Error::TagImmutable {
                reference: reference(view.repository, target),
                existing: existing.map_or_else(|| "another image".to_owned(), |digest| digest.to_string()),
            }),
        };
    }
    Err(error::refusal(origin, &ask, &answer, identified))
}

/// Deletes a manifest, or a tag alone (OCI distribution-spec 1.1, "Deleting tags"). A registry that does not delete keeps what it has, and that
/// is its affair. Of a tag some say that it is no digest.
pub(in crate::registry) async fn delete_manifest(view: View<'_>, target: &Target) -> Result<()> {
    let origin = &view.site.origin;
    let ask = Ask::push(Verb::Delete, Wanted::Manifest { repository: view.repository, target });
    let is_tag = matches!(target, Target::Tag(_));
    let Reply { answer, identified } = view.fetcher.converse(origin, &ask, view.caller).await?;
    match answer.status {
        status if status.is_success() || status == StatusCode::NOT_FOUND => Ok(()),
        status
            if status == StatusCode::METHOD_NOT_ALLOWED || (is_tag && status == StatusCode::BAD_REQUEST) =>
        {
            tracing::debug!(registry = %origin.registry, reference = ask.wanted.reference(), "the registry does not delete manifests");
            Ok(())
        }
        _ => Err(error::refusal(origin, &ask, &answer, identified)),
    }
}

/// What a target points at; nothing if it is not there, or the registry does not say.
async fn points_at(view: View<'_>, target: &Target) -> Result<Option<Digest>> {
    let ask = Ask::push(Verb::Head, Wanted::Manifest { repository: view.repository, target });
    let Reply { answer, .. } = view.fetcher.converse(&view.site.origin, &ask, view.caller).await?;
    Ok(claimed_digest(&answer.headers).filter(|_| answer.status.is_success()))
}

/// A registry says what it has stored; of another server, the manifest itself has to come back.
async fn confirm(view: View<'_>, manifest: &Manifest, receipt: &Answer) -> Result<()> {
    let origin = &view.site.origin;
    if let Some(stored) = claimed_digest(&receipt.headers) {
        return match stored == manifest.digest {
            true => Ok(()),
            false => Err(Error::ContentMismatch {
                what: "manifest",
                expected: manifest.digest.to_string(),
                found: stored.to_string(),
            }),
        };
    }
    let target = Target::Digest(manifest.digest.clone());
    let wanted = Wanted::Manifest { repository: view.repository, target: &target };
    let ask = Ask::push(Verb::Get, wanted);
    let Reply { answer, .. } = view.fetcher.converse(origin, &ask, view.caller).await?;
    if answer.status.is_success() && verify(&target, &answer.headers, &answer.body).is_ok() {
        return Ok(());
    }
    Err(error::no_success(origin, receipt))
}

/// ECR says `TAG_INVALID` and that the tag "already exists … immutable"; Harbor and Quay have the word, too.
fn is_immutable(answer: &Answer) -> bool {
    let body = ErrorBody::read(&answer.body);
    let says = |word: &str| body.message_or("").to_ascii_lowercase().contains(word);
    answer.status.is_client_error()
        && (body.code().contains("IMAGETAGALREADYEXISTS")
            || says("immutable")
            || (body.code() == "TAG_INVALID" && says("already exists")))
}
