//! Credentials for upstream registries, as Secrets Manager would have them.

use std::{collections::HashMap, fmt};

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::error::SecretError;
use crate::model::RegistryId;

/// Secrets Manager puts a hyphen and so many characters behind each name.
const SUFFIX: usize = 6;

/// What is kept under the name of a secret, which begins with `ecr-pullthroughcache/`.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum UpstreamSecret {
    /// A JSON object with `username` and `accessToken`.
    Text(SecretString),
    /// One that nobody lets the registry read.
    Inaccessible,
    /// One whose key the registry may not use.
    Undecryptable,
}

/// All secrets: by ARN, for one account in one Region, or by name, for all.
pub(crate) struct Secrets(HashMap<String, UpstreamSecret>);

/// A user with a password.
#[derive(Clone)]
pub(crate) struct Credentials {
    pub(crate) username: String,
    pub(crate) access_token: SecretString,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    username: String,
    access_token: SecretString,
}

impl Secrets {
    pub(crate) fn new(secrets: HashMap<String, UpstreamSecret>) -> Self {
        Self(secrets)
    }

    /// Reads the secret of an ARN, which must be in the account and the Region of the registry that uses it.
    pub(crate) fn read(&self, registry: &RegistryId, arn: &str) -> Result<Credentials, SecretError> {
        let text = match self.find(registry, arn)? {
            UpstreamSecret::Text(text) => text,
            UpstreamSecret::Inaccessible => return Err(SecretError::Inaccessible),
            UpstreamSecret::Undecryptable => return Err(SecretError::Undecryptable),
        };
        let document: Document =
            serde_json::from_str(text.expose_secret()).map_err(|_| SecretError::Malformed)?;
        Ok(Credentials { username: document.username, access_token: document.access_token })
    }

    fn find(&self, registry: &RegistryId, arn: &str) -> Result<&UpstreamSecret, SecretError> {
        let fields: Vec<_> = arn.splitn(7, ':').collect();
        let [_, _, _, region, account, _, name] = fields[..] else { return Err(SecretError::NotFound) };
        if region != &*registry.region || account != &*registry.account {
            return Err(SecretError::Inaccessible);
        }
        self.get(arn).or_else(|| self.get(name)).ok_or(SecretError::NotFound)
    }

    fn get(&self, key: &str) -> Option<&UpstreamSecret> {
        let shorter = key.rsplit_once('-').filter(|(_, suffix)| suffix.len() == SUFFIX);
        self.0.get(key).or_else(|| self.0.get(shorter?.0))
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials")
    }
}
