//! Where an answer sends its reader.
//!
//! Invariant: never from https to http, and never with user information.

use http::{StatusCode, header};
use url::Url;

use super::{
    ask::{Ask, Verb, Wanted},
    guard::{Refusal, authority},
    transport::{Answer, Failure},
};

/// More than any registry needs to lead to its blob store.
pub(super) const MAX_HOPS: usize = 8;

/// Where to repeat a question; nothing if the answer stands.
pub(super) fn followed(ask: &Ask<'_>, answer: &Answer) -> Result<Option<Url>, Failure> {
    match (ask.verb, ask.wanted) {
        (_, Wanted::Login | Wanted::Tags { .. }) => Ok(None),
        (Verb::Get | Verb::Head, _) => target(answer),
        _ => target_of_write(answer),
    }
}

/// Where to repeat a write: only what leaves the method alone is followed, and only within the origin.
pub(super) fn target_of_write(answer: &Answer) -> Result<Option<Url>, Failure> {
    let keeps_method =
        matches!(answer.status, StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT);
    let Some(next) = target(answer)?.filter(|_| keeps_method) else { return Ok(None) };
    if is_same_origin(&answer.url, &next) {
        return Ok(Some(next));
    }
    let why = "a redirect leads a push to another origin";
    Err(Failure::Refused(Refusal { target: authority(&next), why }))
}

/// The target of a redirect; nothing if the answer is none.
pub(super) fn target(answer: &Answer) -> Result<Option<Url>, Failure> {
    let redirects = matches!(
        answer.status,
        StatusCode::MOVED_PERMANENTLY
            | StatusCode::FOUND
            | StatusCode::SEE_OTHER
            | StatusCode::TEMPORARY_REDIRECT
            | StatusCode::PERMANENT_REDIRECT
    );
    let location = answer.headers.get(header::LOCATION).and_then(|location| location.to_str().ok());
    let next = location.filter(|_| redirects).and_then(|location| answer.url.join(location).ok());
    match next {
        Some(next) => check(&answer.url, &next).map(|()| Some(next)).map_err(Failure::Refused),
        None => Ok(None),
    }
}

/// Whether one may go from the one to the other at all.
pub(super) fn check(from: &Url, to: &Url) -> Result<(), Refusal> {
    let why = match (from.scheme(), to.scheme()) {
        ("https", "http") => "a redirect leads from https to http",
        (_, "https" | "http") if !to.username().is_empty() || to.password().is_some() => {
            "a redirect carries user information"
        }
        (_, "https" | "http") => return Ok(()),
        _ => "a redirect leads away from http",
    };
    Err(Refusal { target: authority(to), why })
}

/// Whether two URLs have scheme, host and port in common, so that what authorises at one does at the other.
pub(super) fn is_same_origin(one: &Url, other: &Url) -> bool {
    let origin =
        |url: &Url| (url.scheme().to_owned(), url.host_str().map(str::to_owned), url.port_or_known_default());
    origin(one) == origin(other)
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::HeaderMap;

    use super::*;

    fn redirect(status: u16, from: &str, location: &str) -> Answer {
        let mut headers = HeaderMap::new();
        headers.insert(header::LOCATION, location.parse().unwrap());
        let status = StatusCode::from_u16(status).unwrap();
        Answer { status, headers, body: Bytes::new(), rest: None, url: from.parse().unwrap() }
    }

    #[test]
    fn a_redirect_is_followed_relative_to_what_was_asked() {
        for (location, to) in [
            ("https://cdn.example/x?sig=1", "https://cdn.example/x?sig=1"),
            ("/blob/x", "https://h.example/blob/x"),
            ("x", "https://h.example/v2/x"),
            ("//cdn.example/x", "https://cdn.example/x"),
        ] {
            let target = target(&redirect(307, "https://h.example/v2/y", location)).unwrap().unwrap();
            assert_eq!(target.as_str(), to);
        }
        assert!(target(&redirect(200, "https://h.example/", "/x")).unwrap().is_none());
        assert!(target(&redirect(304, "https://h.example/", "/x")).unwrap().is_none());
    }

    #[test]
    fn a_redirect_to_less_safety_is_refused() {
        for (from, location) in [
            ("https://h.example/", "http://h.example/"),
            ("http://h.example/", "file:///etc/passwd"),
            ("http://h.example/", "https://user:pass@h.example/"),
        ] {
            assert!(matches!(target(&redirect(302, from, location)), Err(Failure::Refused(_))), "{location}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_location_can_hurt(location in "[ -~]{0,60}") {
            if let Ok(Some(to)) = target(&redirect(307, "https://h.example/v2/x", &location)) {
                assert_eq!(to.scheme(), "https");
            }
        }
    }

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        let same = |one: &str, other: &str| is_same_origin(&one.parse().unwrap(), &other.parse().unwrap());
        assert!(same("https://h/a", "https://h:443/b"));
        assert!(!same("https://h/", "https://h:444/"));
        assert!(!same("http://h:443/", "https://h/"));
        assert!(!same("https://h/", "https://g/"));
    }
}
