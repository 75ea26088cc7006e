//! `[tls]`: the certificate that the service shows, and whose certificates it asks for. All three files are read again when one of them changes.

use std::path::PathBuf;

use serde::Deserialize;

/// TLS for the gRPC listener.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TlsConfig {
    /// PEM, leaf first.
    pub certificate: PathBuf,
    /// PEM.
    pub key: PathBuf,
    /// PEM of the authorities whose clients are let in; every client is, if not given. With tokens a client may also come without a certificate.
    pub client_ca: Option<PathBuf>,
}

impl TlsConfig {
    /// What is read again when it changes.
    #[must_use]
    pub fn files(&self) -> Vec<PathBuf> {
        [&self.certificate, &self.key].into_iter().chain(&self.client_ca).cloned().collect()
    }
}
