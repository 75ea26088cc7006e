//! Who is near enough.

use std::net::IpAddr;

use http::{HeaderMap, header};

use super::errors::Error;

/// Lets in who is on this machine, and no page that a browser on this machine shows: those say where they come from, or call this server
/// by a name that was made to point here.
pub(super) fn check(peer: IpAddr, headers: &HeaderMap) -> Result<(), Error> {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let is_near =
        peer.to_canonical().is_loopback() && is_local(host) && !headers.contains_key(header::ORIGIN);
    is_near.then_some(()).ok_or(Error::Forbidden)
}

fn is_local(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    let name = name.trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase();
    name == "localhost"
        || name.ends_with(".localhost")
        || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_machines_are_not_near() {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, http::HeaderValue::from_static("127.0.0.1:5000"));
        for (peer, is_near) in [
            ("127.0.0.1", true),
            ("::1", true),
            ("::ffff:127.0.0.1", true),
            ("10.0.0.7", false),
            ("fe80::1", false),
        ] {
            assert_eq!(check(peer.parse().unwrap(), &headers).is_ok(), is_near, "{peer}");
        }
    }

    #[test]
    fn names_of_this_machine_are_local_and_others_are_not() {
        for host in [
            "localhost",
            "LOCALHOST:5000",
            "x.localhost:1",
            "127.0.0.1:5000",
            "127.0.0.2",
            "[::1]:80",
            "[::1]",
        ] {
            assert!(is_local(host), "{host}");
        }
        for host in
            ["", "example.com", "127.0.0.1.example.com:80", "localhost.example.com", "10.0.0.1", "evil:80"]
        {
            assert!(!is_local(host), "{host}");
        }
    }
}
