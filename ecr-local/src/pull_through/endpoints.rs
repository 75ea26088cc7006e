//! Where the hosts of upstream registries really are, if they are elsewhere than their names say: in tests, and behind mirrors.

use std::collections::HashMap;

use url::Url;

/// Host to address.
#[derive(Clone, Default, Debug)]
pub(crate) struct Endpoints(HashMap<String, Url>);

/// A host with an address that is none.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct EndpointError(pub(crate) String);

impl Endpoints {
    /// Reads addresses: `http` or `https`, a host, a port perhaps, and nothing behind them.
    pub(crate) fn read(given: &[(String, String)]) -> Result<Self, EndpointError> {
        let read = |(host, address): &(String, String)| {
            let url = Url::parse(address).ok().filter(|url| {
                matches!(url.scheme(), "http" | "https")
                    && url.path() == "/"
                    && url.query().is_none()
                    && url.fragment().is_none()
                    && url.username().is_empty()
                    && url.password().is_none()
            });
            url.map(|url| (host.to_ascii_lowercase(), url)).ok_or_else(|| EndpointError(host.clone()))
        };
        given.iter().map(read).collect::<Result<_, _>>().map(Self)
    }

    /// The address of a host, if it was given.
    pub(crate) fn of(&self, host: &str) -> Option<&Url> {
        self.0.get(host)
    }

    /// An address with its host where that really is.
    pub(crate) fn resolve(&self, mut url: Url) -> Url {
        if let Some(given) = url.host_str().and_then(|host| self.of(host)) {
            let (path, query) = (url.path().to_owned(), url.query().map(str::to_owned));
            url = given.clone();
            url.set_path(&path);
            url.set_query(query.as_deref());
        }
        url
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(address: &str) -> Result<Endpoints, EndpointError> {
        Endpoints::read(&[("Registry-1.docker.io".to_owned(), address.to_owned())])
    }

    #[test]
    fn a_host_is_where_its_endpoint_says() {
        let endpoints = read("http://127.0.0.1:5000").unwrap();
        for (asked, found) in [
            ("https://registry-1.docker.io/v2/a?b=c", "http://127.0.0.1:5000/v2/a?b=c"),
            ("https://auth.docker.io/token", "https://auth.docker.io/token"),
        ] {
            assert_eq!(endpoints.resolve(asked.parse().unwrap()).as_str(), found);
        }
    }

    #[test]
    fn what_is_no_endpoint_is_refused() {
        for address in ["", "127.0.0.1:5000", "ftp://x", "http://x/path", "http://u:p@x", "http://x?q"] {
            assert!(read(address).is_err(), "{address}");
        }
    }
}
