//! `POST /images/create`: a pull with `fromImage`, an import with `fromSrc`.

use imageservice_proto::v1::PullRequest;

use super::{Asked, image_import::image_import};
use crate::{
    answer::{self, Answer},
    api_version::ApiVersion,
    credential,
    error::{self, Failure},
    progress,
    query::Query,
    request_body,
    service::Shim,
};

/// Older clients cannot choose a platform.
const PLATFORM_SINCE: ApiVersion = ApiVersion::new(1, 32);

pub(crate) async fn image_create(shim: &Shim, asked: Asked<'_>) -> Result<Answer, Failure> {
    let query = Query::parse(asked.head.uri.query())?;
    let platform = if asked.version < PLATFORM_SINCE { "" } else { query.text("platform") };
    if query.text("fromImage").is_empty() {
        return image_import(shim, asked, &query, platform).await;
    }
    request_body::drain_unasked(asked.body, &asked.head.headers).await;
    let rejected = error::rejected_in_pull(&asked.head.headers);
    let request = PullRequest {
        auth: credential::from_headers(&asked.head.headers)?,
        ..pull_request(&query, platform)
    };
    let events = shim.upstream.pull(request).await.map_err(|error| Failure::of_call(error, rejected))?;
    let describe = move |error| Failure::of_call(error, rejected).told_late("pull");
    let lines = progress::begin(events, progress::pull::line_of, describe).await;
    lines.map(answer::json_stream).map_err(|error| Failure::of_call(error, rejected))
}

/// Docker's clients say "latest" when they mean it; without a tag all are meant.
fn pull_request(query: &Query<'_>, platform: &str) -> PullRequest {
    PullRequest {
        reference: query.text("fromImage").to_owned(),
        tag: query.text("tag").to_owned(),
        all_tags: true,
        platform: platform.to_owned(),
        auth: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_may_come_as_tag() {
        let query = Query::parse(Some("fromImage=a&tag=sha256:ab")).unwrap();
        let request = pull_request(&query, "linux/arm64");
        assert_eq!(
            (request.reference.as_str(), request.tag.as_str(), request.platform.as_str()),
            ("a", "sha256:ab", "linux/arm64")
        );
    }
}
