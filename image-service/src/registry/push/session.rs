//! An upload session: opened by POST, filled, closed by PUT with the digest; the latest `Location` is where it goes on.

use std::ops::Range;

use http::{HeaderMap, HeaderValue, StatusCode, header};
use url::Url;

use super::{
    super::{
        ask::{Ask, Verb, Wanted},
        error,
        fetch::Reply,
        manifest::View,
        transport::{Answer, Cursor, Failure},
    },
    cancel::Cancel,
    location,
    method::Method,
    step::{self, Place, Step},
    upload::Uploads,
};
use crate::{
    error::Result,
    model::{Descriptor, Digest, Repository},
};

const CHUNK_MIN_LENGTH: &str = "oci-chunk-min-length";

/// A session. It is cancelled when it is dropped before it was `kept`.
pub(super) struct Session<'a> {
    pub(super) view: View<'a>,
    /// The least that the registry takes in a PATCH, if it says so.
    pub(super) least_chunk: u64,
    /// A token was replaced on the way.
    pub(super) renewed: bool,
    cancel: Cancel,
}

impl<'a> Session<'a> {
    /// Asks for a session, or for a mount, which becomes one where it cannot be; nothing if the blob is mounted.
    pub(super) async fn open(
        view: View<'a>,
        uploads: &Uploads,
        mount: Option<(&Digest, &Repository)>,
    ) -> Result<Option<Self>> {
        let origin = &view.site.origin;
        let ask = Ask::push(Verb::Post, Wanted::Upload { repository: view.repository, mount });
        let Reply { answer, identified } = view.fetcher.converse(origin, &ask, view.caller).await?;
        if !answer.status.is_success() {
            return Err(error::refusal(origin, &ask, &answer, identified));
        }
        if answer.status == StatusCode::CREATED && mount.is_some() {
            return Ok(None);
        }
        let url = location::of(&answer).map_err(|failure| error::failure(origin, &ask, failure))?;
        let Some(url) = url.filter(|_| answer.status != StatusCode::CREATED) else {
            return Err(error::no_success(origin, &answer));
        };
        let least_chunk = answer.headers.get(CHUNK_MIN_LENGTH).and_then(|value| value.to_str().ok());
        Ok(Some(Self {
            view,
            least_chunk: least_chunk.and_then(|length| length.trim().parse().ok()).unwrap_or(0),
            renewed: false,
            cancel: Cancel::of(&view, Place::of(&view, url), uploads),
        }))
    }

    /// Sends the blob; what comes back is what the registry said last.
    pub(super) async fn transfer(
        &mut self,
        method: Method,
        blob: &Descriptor,
        cursor: &mut Cursor<'_>,
    ) -> Result<Answer, Failure> {
        match method {
            Method::Whole => {
                let url = location::with_digest(self.url(), &blob.digest);
                self.step(Verb::Put, url, None, Some((cursor, 0..blob.size))).await
            }
            Method::Streamed if blob.size > 0 => {
                let answer = self.patch(cursor, 0..blob.size, None).await?;
                if answer.status.is_success() { self.close(blob).await } else { Ok(answer) }
            }
            Method::Chunked => self.in_chunks(blob, cursor).await,
            Method::Streamed => self.close(blob).await,
        }
    }

    /// Adds bytes.
    pub(super) async fn patch(
        &mut self,
        cursor: &mut Cursor<'_>,
        bytes: Range<u64>,
        range: Option<HeaderValue>,
    ) -> Result<Answer, Failure> {
        let answer = self.step(Verb::Patch, self.url().clone(), range, Some((cursor, bytes))).await?;
        self.go_on(&answer)?;
        Ok(answer)
    }

    /// Asks how far it is.
    pub(super) async fn status(&mut self) -> Result<Answer, Failure> {
        let answer = self.step(Verb::Get, self.url().clone(), None, None).await?;
        self.go_on(&answer)?;
        Ok(answer)
    }

    /// Closes a session that has all bytes.
    pub(super) async fn close(&mut self, blob: &Descriptor) -> Result<Answer, Failure> {
        let url = location::with_digest(self.url(), &blob.digest);
        self.step(Verb::Put, url, None, None).await
    }

    /// The blob is in the repository: there is nothing to cancel.
    pub(super) fn kept(mut self) {
        self.cancel.forget();
    }

    const fn url(&self) -> &Url {
        &self.cancel.place.url
    }

    fn go_on(&mut self, answer: &Answer) -> Result<(), Failure> {
        if let Some(next) = location::of(answer)?.filter(|_| answer.status.is_success()) {
            self.cancel.move_to(next);
        }
        Ok(())
    }

    async fn step(
        &mut self,
        verb: Verb,
        url: Url,
        range: Option<HeaderValue>,
        body: Option<(&mut Cursor<'_>, Range<u64>)>,
    ) -> Result<Answer, Failure> {
        let mut headers = HeaderMap::new();
        if body.is_some() {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
        }
        headers.extend(range.map(|range| (header::CONTENT_RANGE, range)));
        let place = Place { url, ..self.cancel.place };
        let stepped = step::take(self.view, Step { verb, place, headers, body }).await?;
        self.renewed |= stepped.renewed;
        Ok(stepped.answer)
    }
}
