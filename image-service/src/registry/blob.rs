//! Reads a blob as a stream: verified on the way, resumed where a connection broke.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use http::{HeaderMap, StatusCode, header};

use super::{
    ask::{Ask, Wanted},
    endpoint::Site,
    error,
    fetch::{Caller, Fetcher},
    manifest::View,
    retry::Tries,
    transport::{Answer, Failure, Rest},
};
use crate::{
    error::{Error, Result},
    model::{Descriptor, Hasher, Repository},
    ports::{Access, BlobStream},
};

/// The blob, from a mirror that has it or from the registry itself.
pub(super) async fn stream(view: View<'_>, blob: &Descriptor) -> Result<BlobStream> {
    let ask = ask(view.repository, blob, 0);
    let read = |answer: Answer| body(view.site, answer);
    let (rest, _) = view.fetcher.fetch(view.site, &ask, view.caller, read).await?;
    let download = Download {
        fetcher: Arc::clone(view.fetcher),
        site: view.site.clone(),
        repository: view.repository.clone(),
        access: view.caller.to_access(),
        blob: blob.clone(),
        hasher: blob.digest.hasher(),
        received: 0,
        rest,
        tries: Tries::several(),
    };
    let pieces = stream::unfold(Some(download), |download| async {
        let mut download = download?;
        match download.piece().await {
            Ok(Some(piece)) => Some((Ok(piece), Some(download))),
            Ok(None) => download.verify().err().map(|error| (Err(error), None)),
            Err(error) => Some((Err(error), None)),
        }
    });
    Ok(pieces.boxed())
}

const fn ask<'a>(repository: &'a Repository, blob: &'a Descriptor, from: u64) -> Ask<'a> {
    Ask::get(Wanted::Blob { repository, digest: &blob.digest, from })
}

fn body(site: &Site, mut answer: Answer) -> Result<Rest> {
    match (answer.status, answer.rest.take()) {
        (StatusCode::OK | StatusCode::PARTIAL_CONTENT, Some(rest)) => Ok(rest),
        _ => Err(error::no_success(&site.origin, &answer)),
    }
}

/// A download under way; owns what it needs, as it outlives the call that began it.
struct Download {
    fetcher: Arc<Fetcher>,
    site: Site,
    repository: Repository,
    access: Access,
    blob: Descriptor,
    hasher: Hasher,
    received: u64,
    rest: Rest,
    tries: Tries,
}

impl Download {
    /// The next piece; nothing once all is there.
    async fn piece(&mut self) -> Result<Option<Bytes>> {
        loop {
            let piece = self.rest.piece().await;
            let wait = match piece {
                Ok(Some(piece)) => return self.take(piece).map(Some),
                Ok(None) if self.received >= self.blob.size => return Ok(None),
                Ok(None) => self.tries.wait().ok_or_else(|| self.mismatch()),
                Err(failure) => self.tries.wait().ok_or_else(|| self.broken(failure)),
            }?;
            self.fetcher.delivery.transport.network().timer.sleep(wait).await;
            self.rest = self.resume().await?;
        }
    }

    fn take(&mut self, piece: Bytes) -> Result<Bytes> {
        self.received += piece.len() as u64;
        if self.received > self.blob.size {
            return Err(self.mismatch());
        }
        self.hasher.update(&piece);
        Ok(piece)
    }

    /// What is missing, from the registry itself: a mirror that broke is not asked again.
    async fn resume(&self) -> Result<Rest> {
        let (origin, ask) = (&self.site.origin, ask(&self.repository, &self.blob, self.received));
        let answer = self.fetcher.successful(origin, &ask, Caller::from(&self.access)).await?;
        let mut skip = if begins_at(&answer, self.received) { 0 } else { self.received };
        let mut rest = body(&self.site, answer)?;
        while skip > 0 {
            let piece = rest.piece().await.map_err(|failure| self.broken(failure))?;
            let mut piece = piece.ok_or_else(|| self.mismatch())?;
            let beginning = piece.split_to(usize::try_from(skip).unwrap_or(usize::MAX).min(piece.len()));
            skip -= beginning.len() as u64;
            rest.put_back(piece);
        }
        Ok(rest)
    }

    fn verify(self) -> Result<()> {
        let found = self.hasher.finish();
        if found == self.blob.digest {
            return Ok(());
        }
        Err(Error::ContentMismatch {
            what: "blob",
            expected: self.blob.digest.to_string(),
            found: found.to_string(),
        })
    }

    fn mismatch(&self) -> Error {
        let (received, size) = (self.received, self.blob.size);
        let found = match received > size {
            true => format!("more than {size} bytes"),
            false => format!("{received} bytes of {size}"),
        };
        Error::ContentMismatch { what: "blob", expected: self.blob.digest.to_string(), found }
    }

    fn broken(&self, failure: Failure) -> Error {
        error::failure(&self.site.origin, &ask(&self.repository, &self.blob, self.received), failure)
    }
}

/// Whether an answer goes on where it was asked to; a server that knows no ranges begins again.
fn begins_at(answer: &Answer, offset: u64) -> bool {
    answer.status == StatusCode::PARTIAL_CONTENT && first_byte(&answer.headers) == Some(offset)
}

fn first_byte(headers: &HeaderMap) -> Option<u64> {
    let range = headers.get(header::CONTENT_RANGE)?.to_str().ok()?.trim().strip_prefix("bytes")?;
    range.trim_start().split_once('-')?.0.parse().ok()
}
