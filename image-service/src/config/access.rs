//! `[access]`: who may call, what each may do, and where. Without identities whoever reaches the service may do everything.

use std::{collections::HashSet, fmt, path::PathBuf, str::FromStr};

use serde::{Deserialize, de::Error as _};

use super::TlsConfig;
use crate::model::{CertificateName, Namespace, Role};

/// The callers that are let in.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AccessConfig {
    /// Lines of `IDENTITY SHA256`, as `image-service token new` prints them. Read again when it changes.
    pub token_file: Option<PathBuf>,
    /// SHA-256 fingerprints of client certificates that are let in no more, one in a line. Read again when it changes.
    pub revoked_file: Option<PathBuf>,
    /// A caller who is none of these is refused.
    pub identities: Vec<IdentityConfig>,
}

/// One caller, or several that are the same to the service.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IdentityConfig {
    /// One word, for logs and for the token file.
    #[serde(deserialize_with = "word")]
    pub name: String,
    /// Where they work; `default` if not given.
    #[serde(default, deserialize_with = "parsed")]
    pub namespace: Namespace,
    /// What they may do.
    #[serde(deserialize_with = "parsed")]
    pub role: Role,
    /// Names of which their certificate has one: `CN:…`, `DNS:…`, `URI:…`. Compared as a whole.
    #[serde(default, deserialize_with = "all_parsed")]
    pub certificates: Vec<CertificateName>,
    /// User IDs of processes that need nothing else on the service's Unix socket.
    #[serde(default)]
    pub uids: Vec<u32>,
}

impl AccessConfig {
    /// Everything that makes no sense.
    #[must_use]
    pub fn mistakes(&self, tls: Option<&TlsConfig>) -> Vec<String> {
        let mut mistakes = Vec::new();
        let mut add = |key: &str, what: fmt::Arguments<'_>| mistakes.push(format!("access.{key}: {what}"));
        let (mut names, mut certificates, mut uids) = (HashSet::new(), HashSet::new(), HashSet::new());
        let asks_for_certificates = tls.is_some_and(|tls| tls.client_ca.is_some());
        for identity in &self.identities {
            let name = &identity.name;
            if !names.insert(name) {
                add("identities", format_args!("{name} is there twice"));
            }
            for certificate in &identity.certificates {
                if !certificates.insert(certificate) {
                    add(
                        "identities",
                        format_args!("{certificate} belongs to two identities, one of them {name}"),
                    );
                }
            }
            for uid in &identity.uids {
                if !uids.insert(uid) {
                    add(
                        "identities",
                        format_args!("user ID {uid} belongs to two identities, one of them {name}"),
                    );
                }
            }
            if !identity.certificates.is_empty() && !asks_for_certificates {
                add(
                    "identities",
                    format_args!("{name} has certificates: tls.client_ca must say whose to believe"),
                );
            }
            if identity.certificates.is_empty() && identity.uids.is_empty() && self.token_file.is_none() {
                let remedy = "give it certificates or uids, or an access.token_file";
                add("identities", format_args!("nothing tells who {name} is: {remedy}"));
            }
        }
        if self.identities.is_empty() && self.token_file.is_some() {
            add("token_file", format_args!("there are no access.identities that tokens could be for"));
        }
        if self.revoked_file.is_some() && !asks_for_certificates {
            add("revoked_file", format_args!("without tls.client_ca nobody shows a certificate"));
        }
        mistakes
    }

    /// What cannot take the place of `before` while the service runs: the listener was made for one of them, and nobody opens a door by mistake.
    #[must_use]
    pub fn needs_restart_after(&self, before: &Self) -> Vec<String> {
        let mut hindrances = Vec::new();
        if self.identities.is_empty() && !before.identities.is_empty() {
            hindrances.push(
                "access.identities: without any, whoever reaches the service may do everything: that takes a restart".to_owned(),
            );
        }
        if self.token_file.is_some() != before.token_file.is_some() {
            hindrances.push("access.token_file: to begin or to end with tokens takes a restart".to_owned());
        }
        hindrances
    }

    /// `default` and those of the identities, each once.
    #[must_use]
    pub fn namespaces(&self) -> Vec<Namespace> {
        let mut namespaces = vec![Namespace::default()];
        for IdentityConfig { namespace, .. } in &self.identities {
            if !namespaces.contains(namespace) {
                namespaces.push(namespace.clone());
            }
        }
        namespaces
    }
}

fn word<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let name = String::deserialize(deserializer)?;
    let is_word = name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.@".contains(&b));
    match is_word && (1..=64).contains(&name.len()) {
        true => Ok(name),
        false => Err(D::Error::custom("name: write 1 to 64 letters, digits, '-', '_', '.' or '@'")),
    }
}

fn parsed<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: serde::Deserializer<'de>,
    T: FromStr<Err: fmt::Display>,
{
    String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
}

fn all_parsed<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: FromStr<Err: fmt::Display>,
{
    let texts = Vec::<String>::deserialize(deserializer)?;
    texts.iter().map(|text| text.parse().map_err(D::Error::custom)).collect()
}

#[cfg(test)]
#[path = "access_tests.rs"]
mod tests;
