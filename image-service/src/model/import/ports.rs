//! EXPOSE: `[[address:]host:]port[-port][/protocol]`. Only what the container listens on is kept; the rest must be right all the same.

use std::{net::IpAddr, ops::RangeInclusive};

use super::error::ChangeError;

/// A range of container ports of one protocol.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Ports {
    pub(super) range: RangeInclusive<u16>,
    /// In lower case.
    pub(super) protocol: String,
}

impl Ports {
    /// Reads one word.
    pub(super) fn parse(word: &str) -> Result<Self, ChangeError> {
        let (published, container) = word.rsplit_once(':').unwrap_or(("", word));
        let (address, host) = published.rsplit_once(':').unwrap_or(("", published));
        let mut parts = container.split('/');
        let (port, protocol) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        let protocol = if protocol.is_empty() { "tcp" } else { protocol };
        check_address(address)?;
        if port.is_empty() {
            return Err(ChangeError::NoPort(word.to_owned()));
        }
        let range = range(port).ok_or_else(|| ChangeError::InvalidPort(port.to_owned()))?;
        check_host(host, port, &range)?;
        let lower = protocol.to_lowercase();
        if !["tcp", "udp", "sctp"].contains(&lower.as_str()) {
            return Err(ChangeError::InvalidProtocol(protocol.to_owned()));
        }
        Ok(Self { range, protocol: lower })
    }
}

fn check_address(text: &str) -> Result<(), ChangeError> {
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    let known = text.is_empty() || (bare != text || !text.contains(':')) && bare.parse::<IpAddr>().is_ok();
    if known { Ok(()) } else { Err(ChangeError::InvalidAddress(text.to_owned())) }
}

/// A container port may be published on any of several host ports; several must be as many.
fn check_host(host: &str, container: &str, ports: &RangeInclusive<u16>) -> Result<(), ChangeError> {
    if host.is_empty() {
        return Ok(());
    }
    let hosts = range(host).ok_or_else(|| ChangeError::InvalidHostPort(host.to_owned()))?;
    if ports.len() > 1 && ports.len() != hosts.len() {
        return Err(ChangeError::UnequalRanges { container: container.to_owned(), host: host.to_owned() });
    }
    Ok(())
}

/// `80` or `80-90`; what stands behind a second dash is ignored.
fn range(text: &str) -> Option<RangeInclusive<u16>> {
    let mut ends = text.split('-').map(number);
    let first = ends.next()??;
    let last = ends.next().unwrap_or(Some(first))?;
    (first <= last).then_some(first..=last)
}

fn number(text: &str) -> Option<u16> {
    text.parse().ok().filter(|_| !text.starts_with('+'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_port_says_which_part_is_wrong() {
        for (word, why) in [
            ("", "No port specified: <empty>"),
            ("80:", "No port specified: 80:<empty>"),
            ("/udp", "No port specified: /udp<empty>"),
            ("http", "Invalid containerPort: http"),
            ("+80", "Invalid containerPort: +80"),
            ("65536", "Invalid containerPort: 65536"),
            ("5-3", "Invalid containerPort: 5-3"),
            ("80-", "Invalid containerPort: 80-"),
            ("x:80", "Invalid hostPort: x"),
            ("1-2:3-5", "Invalid ranges specified for container and host Ports: 3-5 and 1-2"),
            ("a:1:80", "Invalid ip address: a"),
            ("80/icmp", "Invalid proto: icmp"),
        ] {
            assert_eq!(Ports::parse(word).unwrap_err().to_string(), why);
        }
    }

    #[test]
    fn only_what_the_container_listens_on_is_kept() {
        for (word, range, protocol) in [
            ("80", 80..=80, "tcp"),
            ("53/UDP", 53..=53, "udp"),
            ("0-65535/", 0..=65535, "tcp"),
            ("8080:80", 80..=80, "tcp"),
            ("8000-8010:80", 80..=80, "tcp"),
            ("127.0.0.1::80/sctp", 80..=80, "sctp"),
            ("[::1]:81-82:91-92", 91..=92, "tcp"),
        ] {
            assert_eq!(Ports::parse(word), Ok(Ports { range, protocol: protocol.into() }), "{word}");
        }
    }
}
