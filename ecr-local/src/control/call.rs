//! One call: who makes it, and the repository that it is about.

use std::time::Duration;

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;

use super::{
    ControlPlane,
    errors::{Error, Place},
};
use crate::{
    auth::Signer,
    blobs::Spooled,
    model::{PUBLIC_HOST, Purpose, RegistryId},
    state::{Repository, State},
    store::Store,
};

/// A call of somebody who was let in.
pub(crate) struct Call<'p> {
    pub(crate) plane: &'p ControlPlane,
    /// The caller's own.
    pub(crate) registry: RegistryId,
    /// Whether the caller may use the registries of other accounts.
    pub(crate) is_trusted: bool,
    /// How policies name the caller.
    pub(crate) caller: String,
    /// When the caller's credentials end, since 1970.
    pub(crate) expires: Option<Duration>,
    /// As the client called this server.
    pub(crate) host: String,
    /// Who calls, as an ARN, if the call is signed.
    pub(crate) principal: Option<String>,
    /// What came as the blob of the input.
    pub(crate) blob: Option<Spooled>,
}

/// The members by which an input names a repository.
#[derive(Deserialize, Clone, Debug)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Named {
    pub(crate) registry_id: Option<String>,
    pub(crate) repository_name: String,
}

/// A repository that is there.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub(crate) registry: RegistryId,
    pub(crate) repository: Repository,
    /// As texts name it.
    pub(crate) place: Place,
}

/// Reads an input that was checked.
pub(crate) fn input<I: DeserializeOwned>(value: Value) -> Result<I, Error> {
    serde_json::from_value(value).map_err(|error| Error::Serialization(error.to_string()))
}

impl Call<'_> {
    pub(crate) fn store(&self) -> &Store {
        &self.plane.store
    }

    pub(crate) fn state(&self) -> &State {
        &self.plane.store.state
    }

    pub(crate) fn signer(&self) -> &Signer {
        &self.plane.auth.signer
    }

    /// The registry that an input names by its account, else the caller's own.
    pub(crate) fn registry(&self, account: Option<&str>) -> Result<RegistryId, Error> {
        match account {
            Some(account) if *account != *self.registry.account => match self.is_trusted {
                true => Ok(RegistryId { account: account.into(), region: self.registry.region.clone() }),
                false => Err(Error::Denied(format!(
                    "The caller has no access to the registry with id '{account}'"
                ))),
            },
            _ => Ok(self.registry.clone()),
        }
    }

    /// The repository that an input names.
    pub(crate) async fn find(&self, named: &Named) -> Result<Found, Error> {
        let account = self.account(named).await?;
        let registry = self.registry(account.as_deref())?;
        let place =
            Place { account: registry.account.to_string(), repository: named.repository_name.clone() };
        match self.state().describe_repository(&registry, &named.repository_name).await? {
            Some(repository) => Ok(Found { registry, repository, place }),
            None => Err(Error::RepositoryNotFound(place)),
        }
    }

    /// The repository that an input names, which is made if it is missing and a template is there for that.
    pub(crate) async fn find_to_push_to(&self, named: &Named) -> Result<Found, Error> {
        let found = self.find(named).await;
        if let (Err(Error::RepositoryNotFound(_)), Ok(name)) = (&found, named.repository_name.parse()) {
            let registry = self.registry(self.account(named).await?.as_deref())?;
            self.state().create_by_template(&registry, &name, Purpose::CreateOnPush).await?;
            return self.find(named).await;
        }
        found
    }

    /// The account of a registry, which an input may name by an alias if it is a public one.
    async fn account(&self, named: &Named) -> Result<Option<String>, Error> {
        let Some(id) = &named.registry_id else { return Ok(None) };
        if !self.registry.is_public() || is_account(id) {
            return Ok(Some(id.clone()));
        }
        let place = || Place { account: id.clone(), repository: named.repository_name.clone() };
        let account = self.state().account_of_alias(id).await?;
        account.map(Some).ok_or_else(|| Error::RegistryNotFound(place()))
    }

    /// What the URIs of a registry's repositories begin with. A public registry that has any has an alias.
    pub(crate) async fn registry_uri(&self, registry: &RegistryId) -> Result<String, Error> {
        if !registry.is_public() {
            return Ok(self.registry_host(registry));
        }
        let aliases = self.state().aliases(&registry.account).await?;
        let alias = aliases.into_iter().next().map(|(alias, _)| alias).unwrap_or_default();
        Ok(format!("{PUBLIC_HOST}/{alias}"))
    }

    /// Where a registry is to be had, as a client that called this server reaches it. The default one answers under any name.
    pub(crate) fn registry_host(&self, registry: &RegistryId) -> String {
        if *registry == RegistryId::default() {
            return self.host.clone();
        }
        let port = self.host.rsplit_once(':').map(|(_, port)| format!(":{port}")).unwrap_or_default();
        format!("{}.dkr.ecr.{}.localhost{port}", registry.account, registry.region)
    }
}

fn is_account(id: &str) -> bool {
    id.len() == 12 && id.bytes().all(|byte| byte.is_ascii_digit())
}
