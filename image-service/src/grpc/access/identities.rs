//! The callers that are known, and what each is recognised by.

use std::{collections::HashMap, path::PathBuf, sync::Arc};

use http::{HeaderMap, HeaderValue, header::AUTHORIZATION};
use serving::Fresh;

use super::{revoked::Revoked, tokens::Tokens};
use crate::{
    config::{AccessConfig, IdentityConfig},
    error::Stranger,
    grpc::door::{Peer, PeerCertificate},
    model::{Caller, CertificateName, TokenHash},
};

/// Recognises callers.
#[derive(Debug)]
pub enum Identities {
    /// The service asks nobody who they are.
    Unasked(Arc<Caller>),
    /// Only these are let in.
    Known(Box<Known>),
}

/// The identities of the configuration.
#[derive(Debug)]
pub struct Known {
    callers: Vec<Arc<Caller>>,
    /// With the place of its identity in the configuration.
    certificates: HashMap<CertificateName, usize>,
    uids: HashMap<u32, usize>,
    tokens: Option<Fresh<Tokens>>,
    revoked: Option<Fresh<Revoked>>,
}

impl Identities {
    /// Reads the files, and goes on looking after them. Wants a runtime around it.
    pub fn open(config: &AccessConfig) -> anyhow::Result<Self> {
        if config.identities.is_empty() {
            return Ok(Self::Unasked(Arc::new(Caller::anyone())));
        }
        let callers = callers(config);
        let of_token = callers.clone();
        let tokens = config.token_file.clone().map(|file| watch_tokens(file, of_token)).transpose()?;
        let revoked = config.revoked_file.clone().map(watch_revoked).transpose()?;
        let each = || config.identities.iter().enumerate();
        let certificates =
            each().flat_map(|(at, of)| of.certificates.iter().map(move |name| (name.clone(), at)));
        let uids = each().flat_map(|(at, of)| of.uids.iter().map(move |uid| (*uid, at)));
        let (certificates, uids) = (certificates.collect(), uids.collect());
        Ok(Self::Known(Box::new(Known { callers, certificates, uids, tokens, revoked })))
    }

    /// Whether `open` would find the files as they have to be.
    pub fn check(config: &AccessConfig) -> anyhow::Result<()> {
        if let Some(file) = &config.token_file {
            Tokens::read(file, &callers(config))?.sound()?;
        }
        if let Some(file) = &config.revoked_file {
            Revoked::read(file)?.sound()?;
        }
        Ok(())
    }

    /// Who makes a call. A token is looked at before the connection, as several callers may share one.
    pub(super) fn recognise(&self, peer: &Peer, headers: &HeaderMap) -> Result<Arc<Caller>, Stranger> {
        match self {
            Self::Unasked(anyone) => Ok(Arc::clone(anyone)),
            Self::Known(known) => match bearer(headers)? {
                Some(token) => known.with_token(token),
                None => known.with_connection(peer),
            },
        }
    }
}

impl Known {
    fn with_token(&self, token: &str) -> Result<Arc<Caller>, Stranger> {
        let tokens = self.tokens.as_ref().map(Fresh::get);
        tokens.and_then(|tokens| tokens.owner(&TokenHash::of(token))).ok_or(Stranger::Token)
    }

    fn with_connection(&self, peer: &Peer) -> Result<Arc<Caller>, Stranger> {
        let (at, stranger) = match peer {
            Peer::Certified(certificate) => (self.of_certificate(certificate)?, Stranger::Certificate),
            Peer::Process { uid } => (self.uids.get(uid).copied(), Stranger::Nameless),
            Peer::Unknown => (None, Stranger::Nameless),
        };
        at.and_then(|at| self.callers.get(at)).cloned().ok_or(stranger)
    }

    /// The first identity of the configuration that has one of the names.
    fn of_certificate(&self, certificate: &PeerCertificate) -> Result<Option<usize>, Stranger> {
        let revoked = self.revoked.as_ref().map(Fresh::get);
        if revoked.is_some_and(|revoked| revoked.has(&certificate.fingerprint)) {
            return Err(Stranger::Revoked);
        }
        Ok(certificate.names.iter().filter_map(|name| self.certificates.get(name)).min().copied())
    }
}

/// The token of a call. Whoever writes the header means one: what cannot be read is refused, and not passed over.
fn bearer(headers: &HeaderMap) -> Result<Option<&str>, Stranger> {
    let mut written = headers.get_all(AUTHORIZATION).iter();
    match (written.next(), written.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => token_of(value).map(Some).ok_or(Stranger::Token),
        (Some(_), Some(_)) => Err(Stranger::Token),
    }
}

fn token_of(value: &HeaderValue) -> Option<&str> {
    let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

fn callers(config: &AccessConfig) -> Vec<Arc<Caller>> {
    let caller = |IdentityConfig { name, namespace, role, .. }: &IdentityConfig| {
        Arc::new(Caller { name: name.as_str().into(), namespace: namespace.clone(), role: *role })
    };
    config.identities.iter().map(caller).collect()
}

fn watch_tokens(file: PathBuf, callers: Vec<Arc<Caller>>) -> anyhow::Result<Fresh<Tokens>> {
    let files = vec![file.clone()];
    let tokens = Fresh::open("the tokens", files, move || Tokens::read(&file, &callers))?;
    tokens.get().sound()?;
    Ok(tokens)
}

fn watch_revoked(file: PathBuf) -> anyhow::Result<Fresh<Revoked>> {
    let files = vec![file.clone()];
    let revoked = Fresh::open("the revoked certificates", files, move || Revoked::read(&file))?;
    revoked.get().sound()?;
    Ok(revoked)
}

#[cfg(test)]
#[path = "identities_tests.rs"]
mod tests;
