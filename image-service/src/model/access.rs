//! Who asks a registry: its host, a credential, and the credential's fingerprint.

use std::{fmt, str::FromStr};

use aws_lc_rs::hmac;
use secrecy::{ExposeSecret, SecretString};

use super::{image::Namespace, reference::Repository};

/// A registry as credentials and configuration are filed: `docker.io`, `ghcr.io`, `127.0.0.1:5000`. Lower case.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct RegistryHost(Box<str>);

impl RegistryHost {
    /// Docker Hub.
    #[must_use]
    pub fn docker_hub() -> Self {
        Self("docker.io".into())
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Nothing but a host and a port can be read from the text.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("not a registry host: write HOST or HOST:PORT")]
pub struct RegistryHostError;

impl FromStr for RegistryHost {
    type Err = RegistryHostError;

    /// Docker's `serveraddress`: a scheme and a path are cut off; empty, and every spelling of Docker Hub, is `docker.io`.
    fn from_str(text: &str) -> Result<Self, RegistryHostError> {
        let text = text.trim();
        let text = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")).unwrap_or(text);
        let host = text.split('/').next().unwrap_or_default().to_ascii_lowercase();
        match host.as_str() {
            "" | "docker.io" | "index.docker.io" | "registry-1.docker.io" => Ok(Self::docker_hub()),
            host if host.bytes().all(|b| b.is_ascii_alphanumeric() || b".-:[]".contains(&b)) => {
                Ok(Self(host.into()))
            }
            _ => Err(RegistryHostError),
        }
    }
}

impl From<&Repository> for RegistryHost {
    fn from(repository: &Repository) -> Self {
        // A domain is a host by its grammar, so only the spelling can change.
        repository.domain().parse().unwrap_or_else(|_| Self(repository.domain().to_ascii_lowercase().into()))
    }
}

impl fmt::Display for RegistryHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a caller presents to a registry. `Debug` shows no secret.
#[derive(Clone, Debug)]
pub enum Credential {
    /// For Basic, or for the token endpoint.
    Password {
        /// User name.
        username: String,
        /// Password.
        password: SecretString,
    },
    /// A refresh token for the token endpoint.
    IdentityToken {
        /// May be empty.
        username: String,
        /// The token.
        token: SecretString,
    },
    /// A bearer token for the registry itself.
    RegistryToken(SecretString),
}

impl Credential {
    /// The user's name, if the credential has one.
    #[must_use]
    pub fn username(&self) -> &str {
        match self {
            Self::Password { username, .. } | Self::IdentityToken { username, .. } => username,
            Self::RegistryToken(_) => "",
        }
    }
}

/// Tells callers apart without holding their secret: keyed hashes of the namespace that they work in, and of their credential there.
///
/// Whatever is kept by it is kept for one namespace, even where another has the same credential, or none as well.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint {
    namespace: NamespaceMark,
    caller: [u8; 32],
}

/// The part of a fingerprint that all callers of a namespace have in common.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct NamespaceMark([u8; 32]);

impl Fingerprint {
    /// Where the caller works.
    #[must_use]
    pub const fn namespace(&self) -> NamespaceMark {
        self.namespace
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fingerprint({})", hex::encode(&self.caller[..4]))
    }
}

/// The key of all fingerprints of a process; drawn at start, never stored.
#[derive(Debug)]
pub struct FingerprintKey(hmac::Key);

impl FingerprintKey {
    /// Draws a key.
    pub fn random() -> Result<Self, aws_lc_rs::error::Unspecified> {
        let key = hmac::Key::generate(hmac::HMAC_SHA256, &aws_lc_rs::rand::SystemRandom::new())?;
        Ok(Self(key))
    }

    /// The fingerprint of a credential, or of anonymity, in a namespace.
    #[must_use]
    pub fn fingerprint(&self, namespace: &Namespace, credential: Option<&Credential>) -> Fingerprint {
        let [kind, username, secret] = parts(credential);
        let caller = self.hash(&[namespace.as_str(), kind, username, secret]);
        Fingerprint { namespace: self.mark(namespace), caller }
    }

    /// What the fingerprints of a namespace have in common.
    #[must_use]
    pub fn mark(&self, namespace: &Namespace) -> NamespaceMark {
        NamespaceMark(self.hash(&[namespace.as_str()]))
    }

    fn hash(&self, parts: &[&str]) -> [u8; 32] {
        let mut context = hmac::Context::with_key(&self.0);
        for part in parts {
            context.update(&(part.len() as u64).to_le_bytes());
            context.update(part.as_bytes());
        }
        let mut bytes = [0; 32];
        bytes.copy_from_slice(context.sign().as_ref());
        bytes
    }
}

fn parts(credential: Option<&Credential>) -> [&str; 3] {
    match credential {
        None => ["anonymous", "", ""],
        Some(Credential::Password { username, password }) => ["password", username, password.expose_secret()],
        Some(Credential::IdentityToken { username, token }) => ["identity", username, token.expose_secret()],
        Some(Credential::RegistryToken(token)) => ["registry", "", token.expose_secret()],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn password(username: &str, password: &str) -> Credential {
        Credential::Password { username: username.into(), password: password.into() }
    }

    #[test]
    fn every_spelling_of_docker_hub_is_one_host() {
        for text in
            ["", "docker.io", "index.docker.io", "https://index.docker.io/v1/", "registry-1.docker.io"]
        {
            assert_eq!(text.parse(), Ok(RegistryHost::docker_hub()), "{text}");
        }
    }

    #[test]
    fn a_host_loses_scheme_and_path_and_keeps_its_port() {
        let host: RegistryHost = "http://Host:5000/v2/".parse().unwrap();
        assert_eq!(host.as_str(), "host:5000");
        assert_eq!("a b".parse::<RegistryHost>(), Err(RegistryHostError));
        assert_eq!("user@host".parse::<RegistryHost>(), Err(RegistryHostError));
    }

    #[test]
    fn a_fingerprint_tells_credentials_apart_and_fits_one_process() {
        let key = FingerprintKey::random().unwrap();
        let here = Namespace::default();
        let one = key.fingerprint(&here, Some(&password("ab", "c")));
        assert_eq!(one, key.fingerprint(&here, Some(&password("ab", "c"))));
        assert_ne!(one, key.fingerprint(&here, Some(&password("a", "bc"))));
        assert_ne!(one, key.fingerprint(&here, None));
        assert_ne!(one, FingerprintKey::random().unwrap().fingerprint(&here, Some(&password("ab", "c"))));
    }

    #[test]
    fn the_same_credential_is_another_caller_in_another_namespace() {
        let key = FingerprintKey::random().unwrap();
        let (here, there) = (Namespace::default(), "team-b".parse().unwrap());
        assert_ne!(key.fingerprint(&here, None), key.fingerprint(&there, None));
        assert_eq!(key.fingerprint(&here, None).namespace(), key.mark(&here));
        assert_ne!(key.mark(&here), key.mark(&there));
    }

    #[test]
    fn debug_shows_no_secret() {
        let text = format!("{:?}", password("alice", "s3cret"));
        assert!(text.contains("alice") && !text.contains("s3cret"), "{text}");
    }
}
