//! The way to the service that has a configuration, where it listens: what the command line asks of one that runs.
//!
//! Invariant: a token is sent only where nobody can listen in.

mod pinned;
mod token;

use std::{io, net::IpAddr, path::PathBuf, sync::Arc};

use anyhow::{Context as _, ensure};
use hyper_util::rt::TokioIo;
use rustls::{ClientConfig, pki_types::ServerName};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpStream, UnixStream},
};
use tokio_rustls::TlsConnector;
use tonic::{
    service::interceptor::InterceptedService,
    transport::{Channel, Endpoint, Uri},
};

pub use self::token::Bearer;
use crate::config::{Config, Listen, TlsConfig};

/// Of a certificate and its key, as PEM.
#[derive(Clone, Debug)]
pub struct CertificateFiles {
    /// Leaf first.
    pub certificate: PathBuf,
    /// The key of the leaf.
    pub key: PathBuf,
}

/// What a caller shows of itself.
#[derive(Clone, Default, Debug)]
pub struct Shown {
    /// By default the service's own certificate, where it lets nobody in without one.
    pub certificate: Option<CertificateFiles>,
    /// Holds a bearer token.
    pub token: Option<PathBuf>,
}

/// A connection on which every call shows the token, if there is one.
pub type Way = InterceptedService<Channel, Bearer>;

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// Knows the way to a service.
#[derive(Clone, Debug)]
pub struct Client {
    address: Listen,
    /// Never on a Unix socket.
    tls: Option<Arc<ClientConfig>>,
    bearer: Bearer,
}

impl Client {
    /// To the service of `config`, which listens at `address`. An error says which of the files cannot be used.
    pub fn new(config: &Config, address: Listen, shown: Shown) -> anyhow::Result<Self> {
        ensure!(
            shown.token.is_none() || config.tls.is_some() || is_this_machine(&address),
            "the token is not sent in plaintext to {address}"
        );
        let bearer = shown.token.as_deref().map_or(Ok(Bearer::default()), Bearer::read)?;
        let tls = config.tls.as_ref().filter(|_| matches!(address, Listen::Tcp(_)));
        let certificate = shown.certificate.or_else(|| own(config));
        let tls = tls.map(|tls| pinned::trusting(tls, certificate.as_ref())).transpose()?;
        Ok(Self { address, tls, bearer })
    }

    /// Goes there. An error says why nobody answers.
    pub async fn connect(&self) -> anyhow::Result<Way> {
        let dial = {
            let Self { address, tls, .. } = self.clone();
            tower::service_fn(move |_: Uri| dial(address.clone(), tls.clone()))
        };
        // The URI only fills a header: it is known where to go.
        let channel = Endpoint::from_static("http://localhost").connect_with_connector(dial).await;
        let channel = channel.with_context(|| format!("cannot reach {}", self.address))?;
        Ok(InterceptedService::new(channel, self.bearer.clone()))
    }
}

/// The service's own, if it lets nobody in without one. With tokens it does, and its own certificate may not be one for clients.
fn own(config: &Config) -> Option<CertificateFiles> {
    let TlsConfig { certificate, key, client_ca } = config.tls.as_ref()?;
    let is_needed = client_ca.is_some() && config.access.token_file.is_none();
    is_needed.then(|| CertificateFiles { certificate: certificate.clone(), key: key.clone() })
}

fn is_this_machine(address: &Listen) -> bool {
    match address {
        Listen::Unix(_) => true,
        Listen::Tcp(address) => {
            let (host, _) = address.rsplit_once(':').unwrap_or((address, ""));
            let host = host.trim_start_matches('[').trim_end_matches(']');
            // Who calls the unspecified address reaches whoever listens on all of this machine's.
            let is_here = |ip: IpAddr| ip.is_loopback() || ip.is_unspecified();
            host.eq_ignore_ascii_case("localhost") || host.parse().is_ok_and(is_here)
        }
    }
}

async fn dial(address: Listen, tls: Option<Arc<ClientConfig>>) -> io::Result<TokioIo<Box<dyn Stream>>> {
    let stream: Box<dyn Stream> = match address {
        Listen::Unix(path) => Box::new(UnixStream::connect(path).await?),
        Listen::Tcp(address) => Box::new(TcpStream::connect(address).await?),
    };
    let Some(tls) = tls else { return Ok(TokioIo::new(stream)) };
    let name = ServerName::try_from("localhost").map_err(io::Error::other)?;
    Ok(TokioIo::new(Box::new(TlsConnector::from(tls).connect(name, stream).await?)))
}
