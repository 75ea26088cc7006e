//! Where an upload goes on, as registries and the proxies before them write it.
//!
//! Invariant: never from https to http, and never with user information.

use http::header;
use url::Url;

use super::super::{
    redirect,
    transport::{Answer, Failure},
};
use crate::model::Digest;

/// The `Location` of an answer; nothing if it has none.
pub(super) fn of(answer: &Answer) -> Result<Option<Url>, Failure> {
    let location = answer.headers.get(header::LOCATION).and_then(|location| location.to_str().ok());
    let next = location.and_then(|location| resolve(&answer.url, location.trim()));
    match next {
        Some(next) => redirect::check(&answer.url, &next).map(|()| Some(next)).map_err(Failure::Refused),
        None => Ok(None),
    }
}

/// The query stays as it is: registries sign it.
pub(super) fn with_digest(session: &Url, digest: &Digest) -> Url {
    let mut url = session.clone();
    let query = match session.query().filter(|query| !query.is_empty()) {
        Some(query) => format!("{query}&digest={digest}"),
        None => format!("digest={digest}"),
    };
    url.set_query(Some(&query));
    url
}

fn resolve(asked: &Url, location: &str) -> Option<Url> {
    let mut next = if location.contains("://") {
        Url::parse(location).ok()?
    } else if begins_with_host(asked, location) {
        Url::parse(&format!("{}://{location}", asked.scheme())).ok()?
    } else {
        asked.join(location).ok()?
    };
    next.set_fragment(None);
    // A proxy that forwards the host without its port makes the registry forget it.
    let forgot_port = next.port().is_none() && next.scheme() == asked.scheme();
    if forgot_port && next.host_str() == asked.host_str() {
        next.set_port(asked.port()).ok()?;
    }
    Some(next)
}

/// `host/path` without a scheme, as opposed to a relative path: the session's ID has no dot and no colon.
fn begins_with_host(asked: &Url, location: &str) -> bool {
    let Some((first, _)) = location.split_once('/') else { return false };
    let is_dots = first.chars().all(|c| c == '.');
    Some(first) == asked.host_str() || (!is_dots && first.contains(['.', ':']))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ASKED: &str = "https://h.example:8443/v2/x/blobs/uploads/";

    fn resolved(asked: &str, location: &str) -> String {
        resolve(&asked.parse().unwrap(), location).unwrap().into()
    }

    #[test]
    fn every_form_of_location_leads_to_its_session() {
        for (location, to) in [
            (
                "https://h.example:8443/v2/x/blobs/uploads/1?_state=a%2Bb==",
                "https://h.example:8443/v2/x/blobs/uploads/1?_state=a%2Bb==",
            ),
            (
                "/v2/x/blobs/uploads/1?_state=a+b/c",
                "https://h.example:8443/v2/x/blobs/uploads/1?_state=a+b/c",
            ),
            ("1?_state=x", "https://h.example:8443/v2/x/blobs/uploads/1?_state=x"),
            ("../1", "https://h.example:8443/v2/x/blobs/1"),
            ("//g.example/1", "https://g.example/1"),
            ("h.example:8443/v2/1", "https://h.example:8443/v2/1"),
            ("h.example/v2/1", "https://h.example:8443/v2/1"),
            ("https://h.example/v2/1", "https://h.example:8443/v2/1"),
            ("https://g.example/v2/1#x", "https://g.example/v2/1"),
            ("http://h.example/v2/1", "http://h.example/v2/1"),
        ] {
            assert_eq!(resolved(ASKED, location), to, "{location}");
        }
        assert_eq!(
            resolved("http://127.0.0.1:5000/v2/", "127.0.0.1:5000/v2/1"),
            "http://127.0.0.1:5000/v2/1"
        );
        assert_eq!(resolved("http://registry/v2/", "registry/v2/1"), "http://registry/v2/1");
    }

    #[test]
    fn the_digest_comes_behind_what_is_there() {
        let digest = Digest::of(b"");
        for (url, query) in [
            ("https://h/1", format!("digest={digest}")),
            ("https://h/1?", format!("digest={digest}")),
            ("https://h/1?_state=a%2Fb+c==&x", format!("_state=a%2Fb+c==&x&digest={digest}")),
        ] {
            assert_eq!(with_digest(&url.parse().unwrap(), &digest).query(), Some(query.as_str()), "{url}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_location_can_hurt(location in "[ -~]{0,60}") {
            let _ = resolve(&ASKED.parse().unwrap(), &location);
        }
    }
}
