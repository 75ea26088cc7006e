//! Where the image service is, and how it is reached there.

use std::{fmt, path::PathBuf, str::FromStr, time::Duration};

use anyhow::Context;
use hyperlocal::UnixConnector;
use tonic::transport::{Channel, Endpoint};
use tower::{ServiceExt, service_fn};

use super::{
    auth::Auth,
    line::{Line, Local},
};

/// How long a connection may take to be made.
pub(super) const CONNECT_DEADLINE: Duration = Duration::from_secs(5);
/// Fills a header: the socket is known.
pub(super) const LOCAL: &str = "http://image-service";
/// Finds out within a minute that a remote service is gone without a farewell.
const KEEP_ALIVE: Duration = Duration::from_secs(30);
/// As long as a chunk of an archive, for which HTTP/2's 16 KiB would be sixteen frames.
const FRAME: u32 = 256 * 1024;

/// The address of the image service: `unix:///path`, `http://host:port` or `https://host:port`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ServiceAddress {
    /// A Unix socket.
    Unix(PathBuf),
    /// Plain HTTP/2.
    Http(http::Uri),
    /// HTTP/2 over TLS.
    Https(http::Uri),
}

impl ServiceAddress {
    /// A connection that is made at its first use, and again after each loss.
    pub(super) fn channel(&self, auth: &Auth) -> anyhow::Result<Channel> {
        match self {
            Self::Unix(path) => {
                let socket: hyper::Uri = hyperlocal::Uri::new(path, "/").into();
                let connect = service_fn(move |_| UnixConnector.oneshot(socket.clone()));
                let endpoint = Endpoint::from_static(LOCAL);
                let endpoint = endpoint.connect_timeout(CONNECT_DEADLINE).max_frame_size(FRAME);
                Ok(endpoint.connect_with_connector_lazy(connect))
            }
            Self::Http(uri) => Ok(remote(uri).connect_lazy()),
            Self::Https(uri) => {
                let endpoint =
                    remote(uri).tls_config(auth.tls()?).context("cannot set up TLS to the image service")?;
                Ok(endpoint.connect_lazy())
            }
        }
    }

    /// The way of calls that a channel would cost more than they do themselves.
    pub(super) fn line(&self, channel: &Channel) -> Line {
        match self {
            Self::Unix(path) => Line::Local(Local::new(path)),
            Self::Http(_) | Self::Https(_) => Line::Remote(channel.clone()),
        }
    }

    /// As Go writes the target of a connection: "unix /run/x.sock", "tcp host:1234".
    pub(super) fn dialled(&self) -> String {
        match self {
            Self::Unix(path) => format!("unix {}", path.display()),
            Self::Http(uri) | Self::Https(uri) => {
                format!("tcp {}", uri.authority().map_or("", |authority| authority.as_str()))
            }
        }
    }
}

impl FromStr for ServiceAddress {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Some(path) = text.strip_prefix("unix://") {
            let absolute = path.starts_with('/');
            return if absolute {
                Ok(Self::Unix(path.into()))
            } else {
                Err("the socket's path is not absolute".into())
            };
        }
        let uri: http::Uri = text.parse().map_err(|error| format!("{error}"))?;
        let bare = uri.authority().is_some() && matches!(uri.path(), "" | "/") && uri.query().is_none();
        match uri.scheme_str() {
            Some("http") if bare => Ok(Self::Http(uri)),
            Some("https") if bare => Ok(Self::Https(uri)),
            _ => Err("expected unix:///PATH, http://HOST:PORT or https://HOST:PORT".to_owned()),
        }
    }
}

impl fmt::Display for ServiceAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(path) => write!(f, "unix://{}", path.display()),
            Self::Http(uri) | Self::Https(uri) => write!(f, "{uri}"),
        }
    }
}

fn remote(uri: &http::Uri) -> Endpoint {
    Endpoint::from(uri.clone())
        .connect_timeout(CONNECT_DEADLINE)
        .max_frame_size(FRAME)
        .http2_keep_alive_interval(KEEP_ALIVE)
        .keep_alive_while_idle(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_and_written() {
        for text in
            ["unix:///run/image-service.sock", "http://127.0.0.1:7100/", "https://images.example:443/"]
        {
            assert_eq!(text.parse::<ServiceAddress>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn other_addresses_are_refused() {
        for text in ["", "/run/x.sock", "unix://x.sock", "ftp://x", "http://", "http://x/path", "x:7100"] {
            assert!(text.parse::<ServiceAddress>().is_err(), "{text}");
        }
    }

    #[test]
    fn targets_are_written_as_go_writes_them() {
        let target = |text: &str| text.parse::<ServiceAddress>().unwrap().dialled();
        assert_eq!(target("unix:///run/x.sock"), "unix /run/x.sock");
        assert_eq!(target("https://images.example:7100"), "tcp images.example:7100");
    }
}
