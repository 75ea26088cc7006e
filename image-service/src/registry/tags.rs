//! Lists a repository's tags, page by page (distribution-spec, "Listing Tags").

use http::header;
use serde::Deserialize;

use super::{
    ask::{Ask, Wanted},
    manifest::View,
    transport::Answer,
};
use crate::{
    error::{Error, Result},
    model::Bounded,
    ports::{TagCursor, TagPage},
};

/// More is an error at ECR.
const FIRST: &str = "n=1000";
/// Some registries give all they have, whatever was asked for.
const MOST: usize = 10_000;

#[derive(Deserialize)]
struct Page {
    tags: Option<Bounded<String, MOST>>,
}

/// The first page, or the one that a cursor names. What is no tag by its grammar is left out.
pub(super) async fn page(view: View<'_>, after: Option<&TagCursor>) -> Result<TagPage> {
    let query = after.map_or(FIRST, |TagCursor(query)| query);
    let ask = Ask::get(Wanted::Tags { repository: view.repository, query });
    let (page, _) = view.fetcher.fetch(view.site, &ask, view.caller, |answer| read(view, &answer)).await?;
    Ok(page)
}

fn read(view: View<'_>, answer: &Answer) -> Result<TagPage> {
    let refused = |why: String| Error::RegistryProtocol {
        registry: view.site.origin.registry.to_string(),
        detail: format!("the list of tags of {} {why}", view.repository.familiar()),
        retryable: false,
    };
    let page: Page =
        serde_json::from_slice(&answer.body).map_err(|error| refused(format!("cannot be read: {error}")))?;
    let tags = page.tags.map(|Bounded(tags)| tags).unwrap_or_default();
    let next = next(answer).map_err(|why| refused(why.to_owned()))?;
    Ok(TagPage { tags: tags.iter().filter_map(|tag| tag.parse().ok()).collect(), next })
}

/// What a `Link` (RFC 8288) says of the next page. Only its query is used, on the registry's own list: a registry behind a proxy may write a
/// scheme or a host that nobody outside knows, and nobody is sent elsewhere.
fn next(answer: &Answer) -> Result<Option<TagCursor>, &'static str> {
    let lines = answer.headers.get_all(header::LINK).iter();
    let Some(target) = lines.filter_map(|line| line.to_str().ok()).find_map(next_target) else {
        return Ok(None);
    };
    match answer.url.join(target) {
        Ok(next) if next.path() == answer.url.path() => {
            Ok(Some(TagCursor(next.query().unwrap_or_default().to_owned())))
        }
        Ok(_) => Err("goes on somewhere else"),
        Err(_) => Err("goes on at an address that cannot be read"),
    }
}

fn next_target(link: &str) -> Option<&str> {
    let (target, parameters) = link.trim_start().strip_prefix('<')?.split_once('>')?;
    let is_next = parameters.split(';').any(|parameter| {
        let parameter = parameter.trim();
        parameter.eq_ignore_ascii_case("rel=next") || parameter.eq_ignore_ascii_case("rel=\"next\"")
    });
    is_next.then_some(target)
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::{HeaderMap, StatusCode};

    use super::*;

    fn answer(link: &str) -> Answer {
        let mut headers = HeaderMap::new();
        headers.insert(header::LINK, link.parse().unwrap());
        let url = "https://h.example/v2/x/tags/list?n=1000".parse().unwrap();
        Answer { status: StatusCode::OK, headers, body: Bytes::new(), rest: None, url }
    }

    #[test]
    fn a_next_page_may_be_written_in_several_ways() {
        for (link, query) in [
            ("</v2/x/tags/list?last=a&n=0>; rel=\"next\"", "last=a&n=0"),
            ("<?token=%2B%3d>;rel=next", "token=%2B%3d"),
            ("<https://h.example/v2/x/tags/list>; title=x; REL=\"Next\"", ""),
            ("<http://inner:5000/v2/x/tags/list?last=a>; rel=next", "last=a"),
        ] {
            assert_eq!(next(&answer(link)), Ok(Some(TagCursor(query.to_owned()))), "{link}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_link_can_hurt(link in "<?[ -~]{0,40}>?;? ?(rel=\"next\")?") {
            let _ = next(&answer(&link));
        }
    }
}
