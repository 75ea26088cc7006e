//! `GET /images/json`.

use bytes::Bytes;
use http::StatusCode;
use imageservice_proto::v1::ListRequest;
use time::OffsetDateTime;

use super::Asked;
use crate::{
    answer::{self, Answer},
    api_version::ApiVersion,
    error::Failure,
    filters,
    query::Query,
    service::Shim,
    translate::image_list::image_list_item,
};

const SHARED_SIZE_SINCE: ApiVersion = ApiVersion::new(1, 42);
/// Before it a reference was a parameter of its own.
const FILTER_UNTIL: ApiVersion = ApiVersion::new(1, 25);

pub(crate) async fn image_list(shim: &Shim, asked: Asked<'_>) -> Result<Answer, Failure> {
    let query = asked.query()?;
    let shared_size = asked.version >= SHARED_SIZE_SINCE && query.flag("shared-size");
    let request = list_request(&query, asked.version, OffsetDateTime::now_utc())?;
    let mut images = shim.upstream.list(request).await?;
    let mut json = vec![b'['];
    while let Some(image) = images.next().await? {
        if json.len() > 1 {
            json.push(b',');
        }
        let item = image_list_item(&image, asked.version, shared_size);
        json.extend_from_slice(answer::rendered(&item)?.trim_ascii_end());
    }
    json.extend_from_slice(b"]\n");
    Ok(answer::json_bytes(StatusCode::OK, Bytes::from(json)))
}

fn list_request(query: &Query<'_>, version: ApiVersion, now: OffsetDateTime) -> Result<ListRequest, Failure> {
    let mut filters = filters::parse_image_filters(query.text("filters"), now)?;
    let reference = query.text("filter");
    if version < FILTER_UNTIL && !reference.is_empty() {
        filters.references.push(reference.to_owned());
    }
    Ok(ListRequest { all: query.flag("all"), filters: Some(filters) })
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
            assert!(request.all);
            request.filters.unwrap().references
        };
        assert_eq!(references(24), ["nginx"]);
        assert!(references(25).is_empty());
    }
}
