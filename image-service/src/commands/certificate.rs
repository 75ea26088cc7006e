//! The flags that say which certificate a command shows to the service.

use std::path::PathBuf;

use clap::Args;
use image_service::client::CertificateFiles;

/// Who calls.
#[derive(Args, Clone, Debug)]
pub(crate) struct Certificate {
    /// The certificate to show where tls.client_ca is configured, as PEM [default: the service's own, unless there are tokens].
    #[arg(long, value_name = "FILE", requires = "key")]
    certificate: Option<PathBuf>,
    /// Its key, as PEM.
    #[arg(long, value_name = "FILE", requires = "certificate")]
    key: Option<PathBuf>,
}

impl Certificate {
    /// The files, if they are named.
    pub(crate) fn files(self) -> Option<CertificateFiles> {
        let (certificate, key) = self.certificate.zip(self.key)?;
        Some(CertificateFiles { certificate, key })
    }
}
