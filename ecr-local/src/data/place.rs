//! Which registry a request is about.

use http::{header, request::Parts};

use super::{errors::Error, router::Endpoint};
use crate::{
    auth::{Action, Caller},
    model::{Address, RegistryId, is_public_host},
    state::{self, State},
};

/// The registry that a request names, and how.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Place {
    /// One of an account, or none.
    Private(Option<RegistryId>),
    /// The host of all public registries, without a repository.
    PublicHost,
    /// A public one.
    Public {
        /// Nothing if no account has the alias.
        registry: Option<RegistryId>,
        /// What the names of its repositories begin with in this request and its answer.
        prefix: String,
        /// Whether the host says so. Else it is the path.
        is_by_host: bool,
    },
}

/// The host that a request is for.
pub(super) fn host(head: &Parts) -> &str {
    head.headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default()
}

impl Place {
    pub(super) async fn of(state: &State, head: &Parts, endpoint: &Endpoint<'_>) -> state::Result<Self> {
        let host = host(head);
        let is_by_host = is_public_host(host);
        let Endpoint::In(path, _) = endpoint else {
            return Ok(if is_by_host { Self::PublicHost } else { Self::Private(RegistryId::of_host(host)) });
        };
        Ok(match Address::of(host, path.as_str()) {
            Address::Private(registry, _) => Self::Private(registry),
            Address::Public { alias, name } => {
                let account = state.account_of_alias(alias).await?;
                let prefix = path.as_str().strip_suffix(name).unwrap_or_default().to_owned();
                let registry = account.map(|account| RegistryId::public(&account));
                Self::Public { registry, prefix, is_by_host }
            }
        })
    }

    pub(super) fn is_at_public_host(&self) -> bool {
        matches!(self, Self::PublicHost | Self::Public { is_by_host: true, .. })
    }

    /// Whether somebody of whom nothing is known may ask. The host of public registries hands out tokens for that; where the path names one,
    /// clients would not ask for them.
    pub(super) fn takes_anyone(&self) -> bool {
        matches!(self, Self::Public { is_by_host: false, .. })
    }

    /// Whether somebody may do something here. Everyone may pull what is public.
    pub(super) fn lets(&self, caller: &Caller, action: Action, name: Option<&str>) -> bool {
        let is_public = matches!(self, Self::Public { .. });
        is_public && action == Action::Pull || caller.may(action, name)
    }

    /// The registry that is meant, by somebody who may have a password for one only.
    pub(super) fn registry(
        &self,
        caller: &Caller,
        endpoint: &Endpoint<'_>,
        pulls: bool,
    ) -> Result<RegistryId, Error> {
        let own = caller.registry.as_ref();
        match (self, endpoint) {
            (_, Endpoint::Base | Endpoint::Token) => Ok(own.cloned().unwrap_or_default()),
            (Self::PublicHost, _) => {
                Err(Error::Unsupported("public registries have no catalogue".to_owned()))
            }
            (Self::Public { registry: None, .. }, Endpoint::In(name, _)) => {
                Err(Error::NameUnknown(name.clone()))
            }
            (Self::Public { registry: Some(named), .. }, _) if pulls => Ok(named.clone()),
            (Self::Public { registry: named, .. } | Self::Private(named), _) => match (named, own) {
                (Some(named), Some(own)) if named != own => Err(Error::Denied),
                (None, Some(own)) if own.is_public() => Err(Error::Denied),
                (named, own) => Ok(named.as_ref().or(own).cloned().unwrap_or_default()),
            },
        }
    }

    /// A repository's name in its registry, of the name that a path has.
    pub(super) fn own_name<'n>(&self, name: &'n str) -> Option<&'n str> {
        match self {
            Self::Public { prefix, .. } => name.strip_prefix(prefix.as_str()),
            Self::Private(_) | Self::PublicHost => Some(name),
        }
    }
}
