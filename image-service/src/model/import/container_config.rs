//! The `config` of an image config: what a container starts with.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Serialize, Serializer};

use super::healthcheck::Healthcheck;

/// Docker's members in Docker's order, without those that only a container has and without those that say nothing.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ContainerConfig {
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) user: String,
    /// `80/tcp`
    #[serde(skip_serializing_if = "BTreeSet::is_empty", serialize_with = "as_members")]
    pub(super) exposed_ports: BTreeSet<String>,
    /// `NAME=value`, each name once.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) env: Vec<String>,
    /// An empty command is not the same as none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) cmd: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) healthcheck: Option<Healthcheck>,
    #[serde(skip_serializing_if = "BTreeSet::is_empty", serialize_with = "as_members")]
    pub(super) volumes: BTreeSet<String>,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) working_dir: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) entrypoint: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) on_build: Vec<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) labels: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) stop_signal: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) shell: Vec<String>,
}

/// A set, as Go writes one: an object of empty objects.
fn as_members<S: Serializer>(set: &BTreeSet<String>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(set.iter().map(|member| (member, Empty {})))
}

#[derive(Serialize)]
struct Empty {}
