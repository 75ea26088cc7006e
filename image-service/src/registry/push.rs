//! Writing to a registry (OCI distribution-spec, "Push"): each blob once and in the way that the registry takes, manifests last.
//!
//! Invariant: nothing counts as pushed on the word of a server that says yes to everything.
//! Invariant: a session that is given up is cancelled, also when nobody waits for it any more.

mod cancel;
mod chunks;
mod location;
mod manifest;
mod method;
mod presence;
mod session;
mod step;
mod upload;

use super::manifest::View;
use crate::{
    error::{Error, Result},
    model::{Descriptor, Repository},
    ports::{BlobSource, Placed},
};
use session::Session;

pub(super) use manifest::{delete_manifest, put_manifest};
pub(super) use presence::has_blob;
pub(super) use upload::Uploads;

/// A blob, and where to read it.
#[derive(Clone, Copy)]
struct Content<'a> {
    blob: &'a Descriptor,
    source: &'a dyn BlobSource,
}

/// Sees to it that a repository has a blob, by the cheapest means.
pub(super) async fn put_blob(
    view: View<'_>,
    uploads: &Uploads,
    blob: &Descriptor,
    source: &dyn BlobSource,
    mount_from: Option<&Repository>,
) -> Result<Placed> {
    if presence::is_known_there(view, blob).await? {
        return Ok(Placed::Existed);
    }
    let content = Content { blob, source };
    let mut session = None;
    if let Some(from) = mount_from.filter(|from| from.domain() == view.repository.domain()) {
        match Session::open(view, uploads, Some((&blob.digest, from))).await {
            Ok(None) => return Ok(Placed::Mounted(from.clone())),
            Ok(opened) => session = opened,
            Err(why) if is_out_of_reach(&why) => return Err(why),
            // Registries refuse a mount in many ways, and an upload needs none.
            Err(why) => tracing::debug!(registry = %view.site.origin.registry, %why, "no mount"),
        }
    }
    upload::upload(view, uploads, content, session).await.map(|()| Placed::Uploaded)
}

fn is_out_of_reach(why: &Error) -> bool {
    matches!(
        why.root(),
        Error::RegistryUnavailable { .. } | Error::RateLimited { .. } | Error::QuotaExhausted { .. }
    )
}
