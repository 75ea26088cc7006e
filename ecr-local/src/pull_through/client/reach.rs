//! Which addresses upstream registries, and those that they name, may be at. Names are checked by what they resolve to, in the resolver that
//! the connection itself uses.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

/// Which addresses may be dialled. Metadata services never are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Reach {
    /// An operator said where the registry is, and those that it names may be beside it.
    Anywhere,
    /// Public ones, by TLS and by name alone.
    Public,
}

impl Reach {
    /// Whether an address may be asked at all, as far as it is written in it.
    pub(super) fn admits(self, url: &Url) -> bool {
        let is_plain = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
        let by_name = match (url.host(), self) {
            (Some(Host::Domain(name)), _) => !name.is_empty(),
            (Some(Host::Ipv4(address)), Self::Anywhere) => self.takes(address.into()),
            (Some(Host::Ipv6(address)), Self::Anywhere) => self.takes(address.into()),
            _ => false,
        };
        let by_scheme = url.scheme() == "https" || (self == Self::Anywhere && url.scheme() == "http");
        is_plain && by_name && by_scheme
    }

    fn takes(self, address: IpAddr) -> bool {
        match (address.to_canonical(), self) {
            (IpAddr::V4(address), Self::Anywhere) => !address.is_link_local(),
            (IpAddr::V6(address), Self::Anywhere) => {
                !is_metadata(address) && !address.is_unicast_link_local()
            }
            (IpAddr::V4(address), Self::Public) => is_public_v4(address),
            (IpAddr::V6(address), Self::Public) => is_public_v6(address),
        }
    }
}

impl Resolve for Reach {
    fn resolve(&self, name: Name) -> Resolving {
        let reach = *self;
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let taken: Vec<SocketAddr> = found.filter(|address| reach.takes(address.ip())).collect();
            match taken.is_empty() {
                true => Err("the host has no address that may be dialled".into()),
                false => Ok(Box::new(taken.into_iter()) as Addrs),
            }
        })
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [first, second, ..] = address.octets();
    let is_shared = first == 100 && (64..128).contains(&second);
    let is_benchmark = first == 198 && (18..20).contains(&second);
    !(first == 0
        || first >= 240
        || is_shared
        || is_benchmark
        || address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_documentation())
}

/// Of the addresses that are given out, `2000::/3`.
fn is_public_v6(address: Ipv6Addr) -> bool {
    let [first, second, ..] = address.segments();
    let is_6to4 = first == 0x2002;
    let is_documentation = first == 0x2001 && second == 0xdb8;
    let is_teredo = first == 0x2001 && second == 0;
    first & 0xe000 == 0x2000 && !is_6to4 && !is_documentation && !is_teredo
}

/// AWS's, which is among private addresses.
fn is_metadata(address: Ipv6Addr) -> bool {
    address.segments()[..2] == [0xfd00, 0xec2]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admits(reach: Reach, url: &str) -> bool {
        reach.admits(&url.parse().unwrap())
    }

    #[test]
    fn a_public_registry_is_reached_by_name_and_tls() {
        assert!(admits(Reach::Public, "https://quay.io/v2/"));
        for url in [
            "http://quay.io/",
            "https://127.0.0.1/",
            "https://8.8.8.8/",
            "https://[::1]/",
            "https://u:p@quay.io/",
        ] {
            assert!(!admits(Reach::Public, url), "{url}");
        }
        for address in [
            "10.0.0.1",
            "127.0.0.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "::1",
            "fd00::1",
            "::ffff:10.0.0.1",
        ] {
            assert!(!Reach::Public.takes(address.parse().unwrap()), "{address}");
        }
        for address in ["8.8.8.8", "2606:4700::1111"] {
            assert!(Reach::Public.takes(address.parse().unwrap()), "{address}");
        }
    }

    #[test]
    fn not_even_an_operator_sends_anyone_to_a_metadata_service() {
        assert!(admits(Reach::Anywhere, "http://127.0.0.1:5000/v2/"));
        for url in [
            "http://169.254.169.254/",
            "http://[fd00:ec2::254]/",
            "http://[::ffff:169.254.169.254]/",
            "ftp://localhost/",
        ] {
            assert!(!admits(Reach::Anywhere, url), "{url}");
        }
    }
}
