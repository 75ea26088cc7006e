//! Who is at the other end of a connection, as far as the connection itself tells.

use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use rustls::pki_types::CertificateDer;
use webpki::EndEntityCert;

use super::subject;
use crate::model::CertificateName;

/// The other end.
#[derive(Clone, Debug)]
pub(in crate::grpc) enum Peer {
    /// Nothing is known of it.
    Unknown,
    /// A process of this machine, by the Unix socket.
    Process {
        /// Its user.
        uid: u32,
    },
    /// Its certificate is one of `tls.client_ca`, and it has the key.
    Certified(Arc<PeerCertificate>),
}

/// What a certificate that was verified says.
#[derive(Debug)]
pub(in crate::grpc) struct PeerCertificate {
    /// Of the subject. Names that cannot be read are left out.
    pub(in crate::grpc) names: Vec<CertificateName>,
    /// SHA-256 of the whole certificate.
    pub(in crate::grpc) fingerprint: [u8; 32],
}

impl Peer {
    /// Of a verified chain, leaf first.
    pub(super) fn of_chain(chain: &[CertificateDer<'_>]) -> Self {
        chain.first().map_or(Self::Unknown, |leaf| Self::Certified(Arc::new(PeerCertificate::read(leaf))))
    }
}

impl PeerCertificate {
    fn read(leaf: &CertificateDer<'_>) -> Self {
        let mut fingerprint = [0; 32];
        fingerprint.copy_from_slice(digest(&SHA256, leaf).as_ref());
        let names = EndEntityCert::try_from(leaf).map(|leaf| names(&leaf)).unwrap_or_default();
        Self { names, fingerprint }
    }
}

fn names(leaf: &EndEntityCert<'_>) -> Vec<CertificateName> {
    let common = subject::common_name(leaf.subject()).map(|name| CertificateName::Common(name.into()));
    let dns = leaf.valid_dns_names().map(CertificateName::dns);
    let uris = leaf.valid_uri_names().map(|uri| CertificateName::Uri(uri.into()));
    common.into_iter().chain(dns).chain(uris).collect()
}

#[cfg(test)]
#[path = "peer_tests.rs"]
mod tests;
