//! `[tls]`: the certificate that the service shows, and whose certificates it asks for.

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
    /// PEM of the authorities whose clients are let in; every client is, if not given.
    pub client_ca: Option<PathBuf>,
}
