//! `GET /images/json`: written while the images arrive.

use std::io;

use bytes::Bytes;
use futures_util::{
    StreamExt,
    stream::{self, BoxStream},
};
use http::StatusCode;
use imageservice_proto::v1::{ImageSummary, ListRequest};
use time::OffsetDateTime;

use super::Asked;
use crate::{
    answer::{self, Answer, BUFFERED},
    api_version::ApiVersion,
    error::Failure,
    filters,
    query::Query,
    service::Shim,
    translate::image_list::image_list_item,
    upstream::Events,
};

const SHARED_SIZE_SINCE: ApiVersion = ApiVersion::new(1, 42);
/// Before it a reference was a parameter of its own.
const FILTER_UNTIL: ApiVersion = ApiVersion::new(1, 25);

pub(crate) async fn image_list(shim: &Shim, asked: Asked<'_>) -> Result<Answer, Failure> {
    let query = asked.query()?;
    let shared_size = asked.version >= SHARED_SIZE_SINCE && query.flag("shared-size");
    let request = list_request(&query, asked.version, OffsetDateTime::now_utc())?;
    let images = shim.upstream.list(request).await?;
    let mut listing = Listing { images, version: asked.version, shared_size, begun: false, ended: false };
    let mut beginning = Vec::new();
    while let Some(chunk) = listing.next().await? {
        beginning.extend_from_slice(&chunk);
        if beginning.len() > BUFFERED {
            return Ok(answer::json_stream(listing.after(beginning)));
        }
    }
    Ok(answer::json_bytes(StatusCode::OK, beginning.into()))
}

/// A JSON array that is written while its items arrive: a listing of any length takes the room of one item.
struct Listing {
    images: Events<ImageSummary>,
    version: ApiVersion,
    shared_size: bool,
    begun: bool,
    ended: bool,
}

impl Listing {
    /// The next item with the punctuation around it; nothing after the closing bracket.
    async fn next(&mut self) -> Result<Option<Bytes>, Failure> {
        if self.ended {
            return Ok(None);
        }
        let opening = if self.begun { "," } else { "[" };
        let Some(image) = self.images.next().await? else {
            self.ended = true;
            return Ok(Some(Bytes::from_static(if self.begun { b"]\n" } else { b"[]\n" })));
        };
        self.begun = true;
        let item = answer::rendered(&image_list_item(&image, self.version, self.shared_size))?;
        Ok(Some([opening.as_bytes(), item.trim_ascii_end()].concat().into()))
    }

    fn after(self, beginning: Vec<u8>) -> BoxStream<'static, io::Result<Bytes>> {
        let rest = stream::try_unfold(self, |mut listing| async {
            let chunk = listing.next().await.map_err(|failure| {
                tracing::error!(reason = failure.reason, "a listing broke off");
                io::Error::other("the listing broke off")
            })?;
            Ok(chunk.map(|chunk| (chunk, listing)))
        });
        stream::iter([Ok(Bytes::from(beginning))]).chain(rest).boxed()
    }
}

fn list_request(query: &Query<'_>, version: ApiVersion, now: OffsetDateTime) -> Result<ListRequest, Failure> {
    let mut filters = filters::parse_image_filters(query.text("filters"), now)?;
    let reference = query.text("filter");
    if version < FILTER_UNTIL && !reference.is_empty() {
        filters.references.push(reference.to_owned());
    }
    Ok(ListRequest { filters: Some(filters) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_old_filter_counts_for_old_clients_only() {
        let query = Query::parse(Some("all=1&filter=nginx")).unwrap();
        let references = |minor| {
            let request =
                list_request(&query, ApiVersion::new(1, minor), OffsetDateTime::UNIX_EPOCH).unwrap();
            request.filters.unwrap().references
        };
        assert_eq!(references(24), ["nginx"]);
        assert!(references(25).is_empty());
    }
}
