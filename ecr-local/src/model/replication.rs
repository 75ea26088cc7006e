//! Where the images of a registry are copied to (PutReplicationConfiguration).

use serde::{Deserialize, Serialize};

use super::RegistryId;

/// The rules of a registry, as the interface writes them.
#[derive(Clone, Default, Serialize, Deserialize, Debug)]
pub(crate) struct ReplicationConfiguration {
    rules: Vec<ReplicationRule>,
}

#[derive(Clone, Serialize, Deserialize, Debug)]
#[serde(rename_all = "camelCase")]
struct ReplicationRule {
    destinations: Vec<Destination>,
    /// All repositories, if there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    repository_filters: Option<Vec<RepositoryFilter>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    delete_replication: Option<DeleteReplication>,
}

/// A registry as the interface writes it.
#[derive(Clone, Serialize, Deserialize, Debug)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Destination {
    region: String,
    registry_id: String,
}

#[derive(Clone, Serialize, Deserialize, Debug)]
#[serde(rename_all = "camelCase")]
struct RepositoryFilter {
    filter: String,
    filter_type: String,
}

#[derive(Clone, Serialize, Deserialize, Debug)]
struct DeleteReplication {
    enabled: bool,
}

impl ReplicationConfiguration {
    /// All destinations, each once.
    pub(crate) fn destinations(&self) -> Vec<RegistryId> {
        unique(self.rules.iter())
    }

    /// Where the images of a repository go.
    pub(crate) fn destinations_of(&self, repository: &str) -> Vec<RegistryId> {
        unique(self.rules.iter().filter(|rule| rule.takes(repository)))
    }

    /// Where it is told that an image of a repository is gone.
    pub(crate) fn deletions_of(&self, repository: &str) -> Vec<RegistryId> {
        let deletes =
            |rule: &&ReplicationRule| rule.delete_replication.as_ref().is_some_and(|delete| delete.enabled);
        unique(self.rules.iter().filter(deletes).filter(|rule| rule.takes(repository)))
    }
}

impl ReplicationRule {
    fn takes(&self, repository: &str) -> bool {
        let matches = |filter: &RepositoryFilter| repository.starts_with(&filter.filter);
        self.repository_filters.as_ref().is_none_or(|filters| filters.iter().any(matches))
    }
}

fn unique<'r>(rules: impl Iterator<Item = &'r ReplicationRule>) -> Vec<RegistryId> {
    let mut found: Vec<RegistryId> = Vec::new();
    for registry in rules.flat_map(|rule| &rule.destinations).map(RegistryId::from) {
        if !found.contains(&registry) {
            found.push(registry);
        }
    }
    found
}

impl From<&Destination> for RegistryId {
    fn from(destination: &Destination) -> Self {
        Self { account: (*destination.registry_id).into(), region: (*destination.region).into() }
    }
}

impl From<&RegistryId> for Destination {
    fn from(registry: &RegistryId) -> Self {
        Self { region: registry.region.to_string(), registry_id: registry.account.to_string() }
    }
}
