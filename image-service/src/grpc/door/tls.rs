//! What rustls needs to know: the service's own certificate, and whose clients' it believes.

use std::{path::Path, sync::Arc};

use anyhow::{Context as _, ensure};
use rustls::{
    RootCertStore, ServerConfig,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
    server::{WebPkiClientVerifier, danger::ClientCertVerifier},
};

use crate::config::TlsConfig;

/// gRPC speaks nothing else.
const PROTOCOL: &[u8] = b"h2";

/// Reads certificates and key. With `tokens`, a client may come without a certificate and show a token.
pub(super) fn server(config: &TlsConfig, tokens: bool) -> anyhow::Result<ServerConfig> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let builder =
        ServerConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions()?;
    let builder = match &config.client_ca {
        Some(file) => builder.with_client_cert_verifier(verifier(file, tokens, provider)?),
        None => builder.with_no_client_auth(),
    };
    let leaf_first = certificates(&config.certificate)?;
    let key = PrivateKeyDer::from_pem_file(&config.key).with_context(|| unreadable(&config.key))?;
    let mut server = builder.with_single_cert(leaf_first, key).with_context(|| {
        format!("tls: {} and {} cannot be used", config.certificate.display(), config.key.display())
    })?;
    server.alpn_protocols = vec![PROTOCOL.to_vec()];
    Ok(server)
}

fn verifier(
    file: &Path,
    tokens: bool,
    provider: Arc<rustls::crypto::CryptoProvider>,
) -> anyhow::Result<Arc<dyn ClientCertVerifier>> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(file)? {
        roots
            .add(certificate)
            .with_context(|| format!("tls.client_ca: {} cannot be used", file.display()))?;
    }
    let builder = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
    let builder = if tokens { builder.allow_unauthenticated() } else { builder };
    builder.build().context("tls.client_ca")
}

fn certificates(file: &Path) -> anyhow::Result<Vec<CertificateDer<'static>>> {
    let read = CertificateDer::pem_file_iter(file).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let read = read.with_context(|| unreadable(file))?;
    ensure!(!read.is_empty(), "tls: there is no certificate in {}", file.display());
    Ok(read)
}

fn unreadable(file: &Path) -> String {
    format!("tls: cannot read {}", file.display())
}
