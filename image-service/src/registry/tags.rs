//! Lists a repository's tags, page by page (distribution-spec, "Listing Tags").

use http::header;
use serde::Deserialize;
use url::Url;

use super::{
    ask::{Ask, Wanted},
    manifest::View,
    redirect::is_same_origin,
    transport::Answer,
};
use crate::{
    error::{Error, Result},
    model::Tag,
};

/// More is an error at ECR.
const PAGE: u32 = 1000;

#[derive(Deserialize)]
struct Page {
    tags: Option<Vec<String>>,
}

/// The page after a tag, and whether there is another. What is no tag by its grammar is left out.
pub(super) async fn page(view: View<'_>, after: Option<&Tag>) -> Result<(Vec<Tag>, bool)> {
    let mut query = format!("n={PAGE}");
    if let Some(after) = after {
        query.push_str(&format!("&last={after}"));
    }
    let ask = Ask::get(Wanted::Tags { repository: view.repository, query: &query });
    let ((tags, more), _) =
        view.fetcher.fetch(view.site, &ask, view.caller, |answer| read(view, answer)).await?;
    // A registry that repeats itself would be asked for ever.
    let advances = tags.last().is_some_and(|last| Some(last) != after);
    Ok((tags, more && advances))
}

fn read(view: View<'_>, answer: &Answer) -> Result<(Vec<Tag>, bool)> {
    let page: Page = serde_json::from_slice(&answer.body).map_err(|error| Error::RegistryProtocol {
        registry: view.site.origin.registry.to_string(),
        detail: format!("the list of tags of {} cannot be read: {error}", view.repository.familiar()),
        retryable: false,
    })?;
    let tags = page.tags.unwrap_or_default().iter().filter_map(|tag| tag.parse().ok()).collect();
    Ok((tags, next(answer).is_some()))
}

/// Where the next page is, if a `Link` says so (RFC 8288) and it is on the same registry.
fn next(answer: &Answer) -> Option<Url> {
    let link = answer.headers.get(header::LINK)?.to_str().ok()?;
    let (target, parameters) = link.strip_prefix('<')?.split_once('>')?;
    let is_next = parameters.split(';').any(|parameter| {
        let parameter = parameter.trim();
        parameter.eq_ignore_ascii_case("rel=next") || parameter.eq_ignore_ascii_case("rel=\"next\"")
    });
    let next = answer.url.join(target).ok()?;
    (is_next && is_same_origin(&answer.url, &next)).then_some(next)
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::{HeaderMap, StatusCode};

    use super::*;

    fn answer(link: &str) -> Answer {
        let mut headers = HeaderMap::new();
        headers.insert(header::LINK, link.parse().unwrap());
        let url = "https://h.example/v2/x/tags/list".parse().unwrap();
        Answer { status: StatusCode::OK, headers, body: Bytes::new(), url }
    }

    #[test]
    fn a_next_page_may_be_written_in_several_ways() {
        for link in [
            "</v2/x?last=a>; rel=\"next\"",
            "<?last=a>;rel=next",
            "<https://h.example/a>; title=x; REL=\"Next\"",
        ] {
            assert!(next(&answer(link)).is_some(), "{link}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_link_can_hurt(link in "<?[ -~]{0,40}>?;? ?(rel=\"next\")?") {
            if let Some(next) = next(&answer(&link)) {
                assert_eq!(next.host_str(), Some("h.example"));
            }
        }
    }
}
