//! An authority, and what service and client show each other.

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt,
    path::Path,
};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use tempfile::TempDir;
use tonic::transport::{Certificate, ClientTlsConfig, Identity};

/// Certificates in a folder, and a sealing key beside them.
#[derive(Debug)]
pub(super) struct Certificates {
    folder: TempDir,
    authority: String,
    client: (String, String),
}

impl Certificates {
    pub(super) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder for certificates");
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        let issuer = CertifiedIssuer::self_signed(params, key).expect("an authority");
        let signed = |name: &str| {
            let mut params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).expect("an address");
            params.distinguished_name.push(DnType::CommonName, name);
            let key = KeyPair::generate().expect("a key");
            let certificate = params.signed_by(&key, &issuer).expect("the authority signs");
            (certificate.pem(), key.serialize_pem())
        };
        let (certificate, key) = signed("service");
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            fs::write(&path, text).expect("the folder is ours");
            fs::set_permissions(path, Permissions::from_mode(0o600)).expect("the file is ours");
        };
        write("service.pem", &certificate);
        write("service-key.pem", &key);
        write("authority.pem", &issuer.pem());
        write("sealing-key", &"5a".repeat(32));
        let (authority, client) = (issuer.pem(), signed("runner"));
        Self { folder, authority, client }
    }

    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The service's side.
    pub(super) fn tls_table(&self) -> String {
        let path = |name: &str| self.folder.path().join(name).display().to_string();
        format!(
            "[tls]\ncertificate = \"{}\"\nkey = \"{}\"\nclient_ca = \"{}\"\n",
            path("service.pem"),
            path("service-key.pem"),
            path("authority.pem")
        )
    }

    /// The client's side.
    pub(super) fn client(&self) -> ClientTlsConfig {
        let (certificate, key) = &self.client;
        let identity = Identity::from_pem(certificate, key);
        ClientTlsConfig::new().ca_certificate(Certificate::from_pem(&self.authority)).identity(identity)
    }
}
