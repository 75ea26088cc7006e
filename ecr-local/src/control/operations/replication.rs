//! Replication: its rules, and how far images are.

use serde::Deserialize;
use serde_json::{Value, json};

use super::image_id::{ImageId, Meant};
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
    let (repository, mut id) = (found.repository.id, input.image_id);
    let unknown = || Error::ImageNotFound(found.place.clone(), id.image_digest.clone(), id.image_tag.clone());
    let digest = match id.meant(call.state(), repository).await? {
        Ok(Meant::Digest(digest)) => digest.to_string(),
        Ok(Meant::Tag(tag)) => call.state().tagged(repository, tag.as_str()).await?.ok_or_else(unknown)?,
        Err(failure) if failure.0 == "MissingDigestAndTag" => {
            return Err(Error::parameter("imageId", "both tag and digest cannot be null"));
        }
        Err(_) => return Err(unknown()),
    };
    call.state().image(repository, &digest).await?.ok_or_else(unknown)?;
    let statuses = call.state().replication_statuses(repository, &digest).await?;
    let shown = statuses.into_iter().map(|one| {
        let mut shown =
            json!({ "region": one.to.region, "registryId": one.to.account, "status": one.status });
        if let Some(failure) = one.failure {
            shown["failureCode"] = failure.into();
        }
        shown
    });
    let shown: Vec<_> = shown.collect();
    id.image_digest = Some(digest);
    Ok(json!({ "repositoryName": found.repository.name, "imageId": id, "replicationStatuses": shown }))
}
