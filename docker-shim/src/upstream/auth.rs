//! What the shim shows the image service, and by what it knows the service: files, read again when one of them changes.
//!
//! Invariant: a token is sent only where nobody can listen in: over TLS, to a Unix socket, or to this machine itself.

use std::{
    fmt, fs,
    net::IpAddr,
    path::{Path, PathBuf},
    task::{Context, Poll},
};

use anyhow::{Context as _, bail, ensure};
use http::{HeaderValue, Request, header::AUTHORIZATION};
use tonic::{
    body::Body,
    transport::{Certificate, ClientTlsConfig, Identity},
};
use tower::Service;

use super::address::ServiceAddress;

/// A token is much shorter.
const LONGEST_TOKEN: usize = 4096;
const BEGIN_CERTIFICATE: &[u8] = b"-----BEGIN CERTIFICATE-----";

/// Where to find it.
#[derive(Clone, Default, Debug)]
pub struct AuthFiles {
    /// PEM of the authority of an https service; the system's if none.
    pub ca: Option<PathBuf>,
    /// PEM of the shim's certificate, leaf first, and of its key.
    pub certificate: Option<(PathBuf, PathBuf)>,
    /// A bearer token.
    pub token: Option<PathBuf>,
}

/// What the files hold. `Debug` shows no secret.
#[derive(Clone, Default)]
pub(super) struct Auth {
    ca: Option<Vec<u8>>,
    certificate: Option<(Vec<u8>, Vec<u8>)>,
    token: Option<HeaderValue>,
}

impl AuthFiles {
    /// Reads the files, unless the way to `address` is no way for what they hold.
    pub(super) fn read(&self, address: &ServiceAddress) -> anyhow::Result<Auth> {
        ensure!(
            self.certificate.is_none() || matches!(address, ServiceAddress::Https(_)),
            "a certificate can be shown to an https image service only, and not to {address}"
        );
        ensure!(
            self.token.is_none() || is_private(address),
            "the token is not sent in plaintext to {address}: use https"
        );
        let certificate = self.certificate.as_ref();
        Ok(Auth {
            ca: self.ca.as_deref().map(read).transpose()?,
            certificate: certificate
                .map(|(leaf, key)| Ok::<_, anyhow::Error>((read(leaf)?, read(key)?)))
                .transpose()?,
            token: self.token.as_deref().map(token).transpose()?,
        })
    }

    /// Those there are.
    pub(super) fn paths(&self) -> Vec<PathBuf> {
        let certificate = self.certificate.iter().flat_map(|(leaf, key)| [leaf, key]);
        self.ca.iter().chain(certificate).chain(&self.token).cloned().collect()
    }
}

impl Auth {
    /// For an https service. A given authority stands in for the system's, not beside them: who names one trusts no other for this connection.
    pub(super) fn tls(&self) -> anyhow::Result<ClientTlsConfig> {
        let tls = match &self.ca {
            None => ClientTlsConfig::new().with_native_roots(),
            Some(pem) if holds_certificate(pem) => {
                ClientTlsConfig::new().ca_certificate(Certificate::from_pem(pem))
            }
            Some(_) => bail!("the image service's certificate authority is not a PEM certificate"),
        };
        Ok(match &self.certificate {
            Some((leaf, key)) => tls.identity(Identity::from_pem(leaf, key)),
            None => tls,
        })
    }

    /// The same way, on which every call shows the token.
    pub(super) fn on<S>(&self, way: S) -> Authorized<S> {
        Authorized { way, token: self.token.clone() }
    }
}

impl fmt::Debug for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Auth").finish_non_exhaustive()
    }
}

/// A way to the service on which every call shows the token, if there is one.
#[derive(Clone, Debug)]
pub(super) struct Authorized<S> {
    way: S,
    token: Option<HeaderValue>,
}

impl<S: Service<Request<Body>>> Service<Request<Body>> for Authorized<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.way.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<Body>) -> S::Future {
        if let Some(token) = &self.token {
            request.headers_mut().insert(AUTHORIZATION, token.clone());
        }
        self.way.call(request)
    }
}

fn is_private(address: &ServiceAddress) -> bool {
    match address {
        ServiceAddress::Unix(_) | ServiceAddress::Https(_) => true,
        ServiceAddress::Http(uri) => uri.host().is_some_and(is_this_machine),
    }
}

fn is_this_machine(host: &str) -> bool {
    let bare = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
    bare.eq_ignore_ascii_case("localhost") || bare.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

fn token(file: &Path) -> anyhow::Result<HeaderValue> {
    let bytes = read(file)?;
    let token = bytes.trim_ascii();
    let is_token = (1..=LONGEST_TOKEN).contains(&token.len()) && token.iter().all(u8::is_ascii_graphic);
    ensure!(is_token, "there is no token in {}", file.display());
    let mut value = HeaderValue::from_bytes(&[b"Bearer ", token].concat())?;
    value.set_sensitive(true);
    Ok(value)
}

fn holds_certificate(pem: &[u8]) -> bool {
    pem.windows(BEGIN_CERTIFICATE.len()).any(|window| window == BEGIN_CERTIFICATE)
}

fn read(file: &Path) -> anyhow::Result<Vec<u8>> {
    fs::read(file).with_context(|| format!("cannot read {}", file.display()))
}

#[cfg(test)]
#[path = "auth_tests.rs"]
mod tests;
