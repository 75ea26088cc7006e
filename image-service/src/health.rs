//! Asks a service for its health (grpc.health.v1), over whatever it listens on.
//!
//! Over TLS it is known by the certificate that it is configured with, and by no name: a check asks where it listens, not how others call it.

use std::{io, path::PathBuf, sync::Arc};

use anyhow::{Context, bail};
use hyper_util::rt::TokioIo;
use rustls::{
    ClientConfig, DigitallySignedStruct, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::{CryptoProvider, WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime, pem::PemObject},
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpStream, UnixStream},
};
use tokio_rustls::TlsConnector;
use tonic::transport::{Endpoint, Uri};
use tonic_health::pb::{
    HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient,
};

use crate::config::{Listen, TlsConfig};

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// Asks once. An error says why the service is not ready.
pub async fn check(address: &Listen, tls: Option<Pinned>) -> anyhow::Result<()> {
    let connector = {
        let address = address.clone();
        tower::service_fn(move |_: Uri| connect(address.clone(), tls.clone()))
    };
    // The URI only fills a header: the connector knows where to go.
    let channel = Endpoint::from_static("http://localhost").connect_with_connector(connector).await;
    let channel = channel.with_context(|| format!("cannot reach {address}"))?;
    let request = HealthCheckRequest { service: String::new() };
    let answer = HealthClient::new(channel).check(request).await.context("the service did not answer")?;
    match answer.into_inner().status() {
        ServingStatus::Serving => Ok(()),
        status => bail!("not ready: {}", status.as_str_name()),
    }
}

async fn connect(address: Listen, tls: Option<Pinned>) -> io::Result<TokioIo<Box<dyn Stream>>> {
    let stream: Box<dyn Stream> = match address {
        Listen::Unix(path) => Box::new(UnixStream::connect(path).await?),
        Listen::Tcp(address) => Box::new(TcpStream::connect(address).await?),
    };
    let Some(Pinned(config)) = tls else { return Ok(TokioIo::new(stream)) };
    let name = ServerName::try_from("localhost").map_err(io::Error::other)?;
    let stream = TlsConnector::from(config).connect(name, stream).await?;
    Ok(TokioIo::new(Box::new(stream)))
}

/// TLS to the one server that shows a known certificate.
#[derive(Clone, Debug)]
pub struct Pinned(Arc<ClientConfig>);

impl Pinned {
    /// Trusts the certificate that the service is configured with. Shows `identity` (certificates and key, as PEM) where clients are asked for
    /// one, else the service's own.
    pub fn new(tls: &TlsConfig, identity: Option<(PathBuf, PathBuf)>) -> anyhow::Result<Self> {
        let served = certificates(&tls.certificate)?;
        let leaf = served.first().context("tls.certificate holds no certificate")?.clone();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let verifier = Known { leaf, algorithms: provider.signature_verification_algorithms };
        let builder = builder(provider)?.dangerous().with_custom_certificate_verifier(Arc::new(verifier));
        let mut config = match (identity, &tls.client_ca) {
            (None, None) => builder.with_no_client_auth(),
            (identity, _) => {
                let (certificate, key) =
                    identity.unwrap_or_else(|| (tls.certificate.clone(), tls.key.clone()));
                let private = PrivateKeyDer::from_pem_file(&key);
                let private = private.with_context(|| format!("cannot read the key {}", key.display()))?;
                builder.with_client_auth_cert(certificates(&certificate)?, private)?
            }
        };
        config.alpn_protocols = vec![b"h2".to_vec()];
        Ok(Self(Arc::new(config)))
    }
}

fn builder(
    provider: Arc<CryptoProvider>,
) -> Result<rustls::ConfigBuilder<ClientConfig, rustls::WantsVerifier>, rustls::Error> {
    ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()
}

fn certificates(file: &PathBuf) -> anyhow::Result<Vec<CertificateDer<'static>>> {
    let read = CertificateDer::pem_file_iter(file).and_then(Iterator::collect);
    read.with_context(|| format!("cannot read the certificates {}", file.display()))
}

/// Lets through whoever holds the key of one certificate.
#[derive(Debug)]
struct Known {
    leaf: CertificateDer<'static>,
    algorithms: WebPkiSupportedAlgorithms,
}

impl ServerCertVerifier for Known {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        match *end_entity == self.leaf {
            true => Ok(ServerCertVerified::assertion()),
            false => Err(rustls::Error::General("another certificate than tls.certificate is served".into())),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signature, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signature, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}
