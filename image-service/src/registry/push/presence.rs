//! Whether a blob is there.

use http::{HeaderMap, StatusCode, header};

use super::super::{
    ask::{Ask, Verb, Wanted},
    error,
    fetch::Reply,
    manifest::{View, claimed_digest},
};
use crate::{
    error::Result,
    model::{Descriptor, Digest},
};

/// Whether the registry says that the repository has the blob.
pub(in crate::registry) async fn has_blob(view: View<'_>, digest: &Digest) -> Result<bool> {
    let (ask, reply) = head(view, digest).await?;
    match reply.answer.status {
        status if status.is_success() => Ok(may_be(&reply.answer.headers, digest, None)),
        StatusCode::NOT_FOUND => Ok(false),
        _ => Err(error::refusal(&view.site.origin, &ask, &reply.answer, reply.identified)),
    }
}

/// The same before an upload. In a repository that does not exist yet nothing may be seen, and the upload itself tells whether that is why.
pub(super) async fn is_known_there(view: View<'_>, blob: &Descriptor) -> Result<bool> {
    let (ask, reply) = head(view, &blob.digest).await?;
    match reply.answer.status {
        status if status.is_success() => Ok(may_be(&reply.answer.headers, &blob.digest, Some(blob.size))),
        status if status.is_client_error() => Ok(false),
        _ => Err(error::refusal(&view.site.origin, &ask, &reply.answer, reply.identified)),
    }
}

async fn head<'a>(view: View<'a>, digest: &'a Digest) -> Result<(Ask<'a>, Reply)> {
    let ask = Ask::push(Verb::Head, Wanted::Blob { repository: view.repository, digest, from: 0 });
    let reply = view.fetcher.converse(&view.site.origin, &ask, view.caller).await?;
    Ok((ask, reply))
}

/// A website has a page for every path; a registry says of what the answer is.
fn may_be(headers: &HeaderMap, digest: &Digest, size: Option<u64>) -> bool {
    let text = |name| headers.get(name).and_then(|value: &http::HeaderValue| value.to_str().ok());
    let length = text(header::CONTENT_LENGTH).and_then(|length| length.trim().parse::<u64>().ok());
    let is_page = text(header::CONTENT_TYPE).is_some_and(|value| value.starts_with("text/html"));
    match (claimed_digest(headers), length, size) {
        (Some(claimed), _, _) if claimed != *digest => false,
        (_, Some(length), Some(size)) => length == size,
        (claimed, _, _) => claimed.is_some() || !is_page,
    }
}
