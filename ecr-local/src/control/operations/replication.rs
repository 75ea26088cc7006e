//! Replication: its rules, and how far images are.

use serde::Deserialize;
use serde_json::{Value, json};

use super::image_id::ImageId;
use crate::{
    control::{
        call::{Call, Named},
        errors::Error,
    },
    model::ReplicationConfiguration,
    state::REPLICATION,
};

/// Of all rules together.
const MOST_DESTINATIONS: usize = 25;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PutInput {
    replication_configuration: ReplicationConfiguration,
}

/// PutReplicationConfiguration: what is pushed from now on goes where the rules say.
pub(super) async fn put(call: &Call<'_>, input: PutInput) -> Result<Value, Error> {
    let destinations = input.replication_configuration.destinations();
    let invalid = |why| Error::parameter("replicationConfiguration", why);
    if destinations.contains(&call.registry) {
        return Err(invalid("Replication destination cannot be the same as the source registry"));
    }
    if destinations.len() > MOST_DESTINATIONS {
        return Err(invalid("There are at most 25 different destinations"));
    }
    let configuration = json!(input.replication_configuration);
    call.state().set_registry_setting(&call.registry, REPLICATION, &configuration.to_string()).await?;
    Ok(json!({ "replicationConfiguration": configuration }))
}

/// DescribeRegistry
pub(super) async fn describe_registry(call: &Call<'_>) -> Result<Value, Error> {
    let configuration = call.state().replication(&call.registry).await?;
    Ok(json!({ "registryId": call.registry.account, "replicationConfiguration": configuration }))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct StatusInput {
    #[serde(flatten)]
    named: Named,
    image_id: ImageId,
}

/// DescribeImageReplicationStatus. An image that was pushed before there was a rule for it goes nowhere.
pub(super) async fn status(call: &Call<'_>, input: StatusInput) -> Result<Value, Error> {
    let found = call.find(&input.named).await?;
    call.plane.replicator.settle().await?;
    let image = input.image_id.find(call, &found).await?;
    let statuses = call.state().replication_statuses(found.repository.id, &image.digest).await?;
    let shown = statuses.into_iter().map(|one| {
        let mut shown =
            json!({ "region": one.to.region, "registryId": one.to.account, "status": one.status });
        if let Some(failure) = one.failure {
            shown["failureCode"] = failure.into();
        }
        shown
    });
    let shown: Vec<_> = shown.collect();
    let id = input.image_id.with_digest(&image.digest);
    Ok(json!({ "repositoryName": found.repository.name, "imageId": id, "replicationStatuses": shown }))
}
