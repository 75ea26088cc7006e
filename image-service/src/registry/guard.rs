//! Which addresses may be dialled. Names are checked by what they resolve to, in the resolver that the connection itself uses, so that
//! nothing can change between check and dial.
//!
//! Invariant: a derived target (a realm, a redirect) reaches loopback and private networks only where the registry itself lives there by an
//! operator's word, or where it is the registry's own host. Metadata services are reached by nobody.

use std::{
    fmt,
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

use super::{endpoint::Endpoint, network::Lookup};
use crate::model::AddressClass as Class;

/// Which addresses besides public ones a request may go to.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub(super) struct Reach {
    loopback: bool,
    private: bool,
    /// An operator wrote the very address.
    vouched: bool,
}

/// What a derived target is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Purpose {
    Token,
    Redirect,
}

/// An address that is not dialled.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Refusal {
    pub(super) target: String,
    pub(super) why: &'static str,
}

impl Reach {
    /// For a host that the user or the operator named.
    pub(super) const fn direct(endpoint: &Endpoint) -> Self {
        Self { loopback: true, private: true, vouched: endpoint.listed }
    }

    /// For a host that a registry named.
    pub(super) async fn derived(
        endpoint: &Endpoint,
        target: &Url,
        purpose: Purpose,
        lookup: &dyn Lookup,
    ) -> Self {
        if is_own_host(endpoint, target) {
            let same = target.host_str() == endpoint.base.host_str();
            return Self { vouched: endpoint.listed && same, ..Self::direct(endpoint) };
        }
        if purpose == Purpose::Token && is_token_host(endpoint, target) {
            return Self { loopback: true, private: true, vouched: false };
        }
        if !endpoint.listed {
            return Self::default();
        }
        let class = endpoint_class(endpoint, lookup).await;
        Self { loopback: class == Class::Loopback, private: class == Class::Private, vouched: false }
    }

    /// Checks a target that is written as an address; names are left to the resolver.
    pub(super) fn check(self, target: &Url) -> Result<(), Refusal> {
        let address: IpAddr = match target.host() {
            Some(Host::Ipv4(address)) => address.into(),
            Some(Host::Ipv6(address)) => address.into(),
            Some(Host::Domain(_)) | None => return Ok(()),
        };
        if self.vouched {
            return Ok(());
        }
        self.admit(address).map_err(|why| Refusal { target: authority(target), why })
    }

    fn admit(self, address: IpAddr) -> Result<(), &'static str> {
        match Class::of(address) {
            Class::Public => Ok(()),
            Class::Loopback if self.loopback => Ok(()),
            Class::Private if self.private => Ok(()),
            class => Err(class.why()),
        }
    }
}

/// Whether a target is the registry's own host, on any port.
pub(super) fn is_own_host(endpoint: &Endpoint, target: &Url) -> bool {
    let host = target.host_str();
    let named = Url::parse(&format!("https://{}/", endpoint.registry)).ok();
    host.is_some() && (host == endpoint.base.host_str() || host == named.as_ref().and_then(Url::host_str))
}

/// Whether an operator allows the registry to send a client there for a token.
pub(super) fn is_token_host(endpoint: &Endpoint, target: &Url) -> bool {
    let host = target.host_str().unwrap_or_default();
    endpoint.token_hosts.iter().any(|allowed| *allowed == host || *allowed == authority(target))
}

/// Host and port as they are written.
pub(super) fn authority(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

async fn endpoint_class(endpoint: &Endpoint, lookup: &dyn Lookup) -> Class {
    match endpoint.base.host() {
        Some(Host::Ipv4(address)) => Class::of(address.into()),
        Some(Host::Ipv6(address)) => Class::of(address.into()),
        Some(Host::Domain(name)) => {
            let first = lookup.lookup(name).await.ok().and_then(|all| all.into_iter().next());
            first.map_or(Class::Public, Class::of)
        }
        None => Class::Public,
    }
}

/// The resolver of connections that may go as far as `reach`.
#[derive(Debug)]
pub(super) struct GuardedResolver {
    pub(super) lookup: Arc<dyn Lookup>,
    pub(super) reach: Reach,
}

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let (lookup, reach) = (Arc::clone(&self.lookup), self.reach);
        Box::pin(async move {
            let found = lookup.lookup(name.as_str()).await?;
            let mut why = None;
            let admitted: Vec<_> = found
                .into_iter()
                .filter(|address| reach.admit(*address).map_err(|class| why = Some(class)).is_ok())
                .map(|address| SocketAddr::new(address, 0))
                .collect();
            match why {
                Some(why) if admitted.is_empty() => {
                    Err(Refusal { target: name.as_str().to_owned(), why }.into())
                }
                _ => Ok(Box::new(admitted.into_iter()) as Addrs),
            }
        })
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.target, self.why)
    }
}

impl std::error::Error for Refusal {}

#[cfg(test)]
mod tests {
    use async_trait::async_trait;

    use super::*;

    #[derive(Debug)]
    struct Both;

    #[async_trait]
    impl Lookup for Both {
        async fn lookup(&self, _: &str) -> std::io::Result<Vec<IpAddr>> {
            Ok(["169.254.169.254", "127.0.0.1", "10.0.0.1", "192.0.2.1"].map(|ip| ip.parse().unwrap()).into())
        }
    }

    async fn dialled(reach: Reach) -> Vec<String> {
        let resolver = GuardedResolver { lookup: Arc::new(Both), reach };
        let Ok(admitted) = resolver.resolve("both.example".parse().unwrap()).await else { panic!("refused") };
        admitted.map(|address| address.ip().to_string()).collect()
    }

    #[tokio::test]
    async fn of_several_addresses_only_those_within_reach_are_dialled() {
        let (loopback, private) = (true, true);
        assert_eq!(dialled(Reach::default()).await, ["192.0.2.1"]);
        assert_eq!(dialled(Reach { loopback, ..Reach::default() }).await, ["127.0.0.1", "192.0.2.1"]);
        assert_eq!(dialled(Reach { private, ..Reach::default() }).await, ["10.0.0.1", "192.0.2.1"]);
        // That an operator wrote an address says nothing of what a name resolves to.
        let all = Reach { loopback, private, vouched: true };
        assert_eq!(dialled(all).await, ["127.0.0.1", "10.0.0.1", "192.0.2.1"]);
    }

    #[test]
    fn an_address_that_an_operator_wrote_is_dialled_whatever_it_is() {
        let url: Url = "http://169.254.170.2/v2/".parse().unwrap();
        assert!(Reach { vouched: true, ..Reach::default() }.check(&url).is_ok());
        assert!(Reach { loopback: true, private: true, vouched: false }.check(&url).is_err());
    }
}
