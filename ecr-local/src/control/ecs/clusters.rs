//! ListClusters and DescribeClusters.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    names::{CLUSTER, arn, check_cluster, cluster_arn},
    page::AskedPage,
};
use crate::control::{call::Call, errors::Error};

const MOST: usize = 100;

/// ListClusters: all on one page.
pub(super) fn list(call: &Call<'_>, page: AskedPage) -> Result<Value, Error> {
    page.read()?.position::<()>(call.signer(), "ListClusters")?;
    Ok(json!({ "clusterArns": [cluster_arn(&call.registry)] }))
}

#[derive(Deserialize)]
pub(super) struct Input {
    #[serde(default)]
    clusters: Vec<String>,
    #[serde(default)]
    include: Vec<String>,
}

/// DescribeClusters: what is not there is told beside what is.
pub(super) async fn describe(call: &Call<'_>, input: Input) -> Result<Value, Error> {
    if input.clusters.len() > MOST {
        return Err(Error::parameter("clusters", "has at most 100 entries"));
    }
    let own = [CLUSTER.to_owned()];
    let asked = if input.clusters.is_empty() { &own[..] } else { &input.clusters };
    let (known, unknown): (Vec<_>, Vec<_>) =
        asked.iter().partition(|cluster| check_cluster(call, Some(cluster)).is_ok());
    let shown = match known.is_empty() {
        true => Vec::new(),
        false => vec![shown(call, &input.include).await?],
    };
    let full = |name: &str| match name.starts_with("arn:") {
        true => name.to_owned(),
        false => arn(&call.registry, &format!("cluster/{name}")),
    };
    let failure = |name: &&String| json!({ "arn": full(name), "reason": "MISSING" });
    Ok(json!({ "clusters": shown, "failures": unknown.iter().map(failure).collect::<Vec<_>>() }))
}

async fn shown(call: &Call<'_>, include: &[String]) -> Result<Value, Error> {
    let running = call.state().running_tasks(&call.registry).await?;
    let mut document = json!({
        "clusterArn": cluster_arn(&call.registry),
        "clusterName": CLUSTER,
        "status": "ACTIVE",
        "registeredContainerInstancesCount": 0,
        "runningTasksCount": running,
        "pendingTasksCount": 0,
        "activeServicesCount": 0,
        "statistics": [],
        "tags": [],
        "settings": [],
        "capacityProviders": ["FARGATE", "FARGATE_SPOT"],
        "defaultCapacityProviderStrategy": [],
    });
    if include.iter().any(|what| what == "STATISTICS") {
        document["statistics"] =
            json!([{ "name": "runningFargateTasksCount", "value": running.to_string() }]);
    }
    if include.iter().any(|what| what == "SETTINGS") {
        document["settings"] = json!([{ "name": "containerInsights", "value": "disabled" }]);
    }
    Ok(document)
}
