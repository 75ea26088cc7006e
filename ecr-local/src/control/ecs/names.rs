//! How task definitions, tasks and the cluster are named, short and in full.

use super::refusal::TaskRefusal;
use crate::{
    control::{call::Call, errors::Error},
    model::{RegistryId, partition},
};

/// The only cluster.
pub(super) const CLUSTER: &str = "default";

/// The name of a resource among all of AWS's.
pub(super) fn arn(registry: &RegistryId, resource: &str) -> String {
    let (account, region) = (&registry.account, &registry.region);
    format!("arn:{}:ecs:{region}:{account}:{resource}", partition(region))
}

pub(super) fn cluster_arn(registry: &RegistryId) -> String {
    arn(registry, &format!("cluster/{CLUSTER}"))
}

pub(super) fn definition_arn(registry: &RegistryId, family: &str, revision: i64) -> String {
    arn(registry, &format!("task-definition/{family}:{revision}"))
}

pub(super) fn task_arn(registry: &RegistryId, id: &str) -> String {
    arn(registry, &format!("task/{CLUSTER}/{id}"))
}

/// Insists on the cluster that there is, which may be left out.
pub(super) fn check_cluster(call: &Call<'_>, cluster: Option<&str>) -> Result<(), Error> {
    match cluster {
        Some(cluster) if cluster != CLUSTER && cluster != cluster_arn(&call.registry) => {
            Err(TaskRefusal::ClusterNotFound.into())
        }
        _ => Ok(()),
    }
}

/// Reads FAMILY, FAMILY:REVISION, or the full name of a revision.
pub(super) fn definition<'n>(call: &Call<'_>, name: &'n str) -> Option<(&'n str, Option<i64>)> {
    let own = arn(&call.registry, "task-definition/");
    let short = match name.strip_prefix(&*own) {
        Some(short) => short,
        None if name.starts_with("arn:") => return None,
        None => name,
    };
    match short.split_once(':') {
        Some((family, revision)) => Some((family, Some(revision.parse().ok()?))),
        None => Some((short, None)),
    }
}

/// Reads the id of a task, or its full name in the old form or the new one.
pub(super) fn task<'n>(call: &Call<'_>, name: &'n str) -> Option<&'n str> {
    let own = arn(&call.registry, "task/");
    match name.strip_prefix(&*own) {
        Some(short) => Some(short.strip_prefix(CLUSTER).and_then(|id| id.strip_prefix('/')).unwrap_or(short)),
        None => (!name.starts_with("arn:")).then_some(name),
    }
}
