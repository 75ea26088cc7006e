//! `[ecr.auth]`: where the credentials for AWS come from. Keys are secrets: they are zeroised and never shown.

use std::path::PathBuf;

use secrecy::SecretString;
use serde::Deserialize;

/// A source of credentials.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum AuthConfig {
    /// AWS's own order: environment, profile, web identity, container, instance.
    DefaultChain {},
    /// Keys from the configuration.
    Static(StaticKeys),
    /// A role, assumed as the default chain's identity; for an account of `[ecr.accounts]` as that of `[ecr]`.
    AssumeRole {
        /// `arn:aws:iam::123456789012:role/NAME`
        role_arn: String,
        /// How the session is called in AWS's logs.
        session_name: Option<String>,
        /// What the role's owner asks of third parties.
        external_id: Option<SecretString>,
    },
    /// A role for whoever has a token that AWS trusts, as pods in EKS have.
    WebIdentity {
        /// `arn:aws:iam::123456789012:role/NAME`
        role_arn: String,
        /// Read again whenever credentials are due.
        token_file: PathBuf,
        /// How the session is called in AWS's logs.
        session_name: Option<String>,
    },
}

/// Keys of a user, or of a session.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StaticKeys {
    /// The public half, and yet no one's business.
    pub access_key_id: SecretString,
    /// The secret half.
    pub secret_access_key: SecretString,
    /// Of a session.
    pub session_token: Option<SecretString>,
}

impl Default for AuthConfig {
    fn default() -> Self {
        Self::DefaultChain {}
    }
}
