//! Which images are to be signed, and what came of it: nothing is, since AWS Signer is not here, and that is what is told.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{image_id::ImageId, repositories::identified};
use crate::{
    control::{
        call::{Call, Named},
        errors::Error,
        refusal::Refusal,
    },
    model::SigningConfiguration,
    state::SIGNING,
};

/// So long a signature is under way, in seconds.
const SIGNING_TIME: i64 = 60;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PutInput {
    signing_configuration: SigningConfiguration,
}

/// PutSigningConfiguration
pub(super) async fn put(call: &Call<'_>, input: PutInput) -> Result<Value, Error> {
    let text = serde_json::to_string(&input.signing_configuration);
    let text = text.map_err(|error| Error::Internal(error.into()))?;
    call.state().set_registry_setting(&call.registry, SIGNING, &text).await?;
    Ok(json!({ "signingConfiguration": input.signing_configuration }))
}

/// GetSigningConfiguration
pub(super) async fn get(call: &Call<'_>) -> Result<Value, Error> {
    shown(call, call.state().registry_setting(&call.registry, SIGNING).await?)
}

/// DeleteSigningConfiguration
pub(super) async fn delete(call: &Call<'_>) -> Result<Value, Error> {
    shown(call, call.state().remove_registry_setting(&call.registry, SIGNING).await?)
}

fn shown(call: &Call<'_>, configuration: Option<String>) -> Result<Value, Error> {
    let account = call.registry.account.to_string();
    let text = configuration.ok_or_else(|| Refusal::SigningConfigurationNotFound(account.clone()))?;
    let document: Value = serde_json::from_str(&text).map_err(|error| Error::Internal(error.into()))?;
    Ok(json!({ "registryId": account, "signingConfiguration": document }))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct StatusInput {
    #[serde(flatten)]
    named: Named,
    image_id: ImageId,
}

/// DescribeImageSigningStatus
pub(super) async fn status(call: &Call<'_>, input: StatusInput) -> Result<Value, Error> {
    let found = call.find(&input.named).await?;
    let image = input.image_id.find(call, &found).await?;
    let signings = call.state().signings(found.repository.id, &image.digest).await?;
    let now = call.state().now();
    let statuses: Vec<_> = signings
        .into_iter()
        .map(|(profile, started)| match now < started.saturating_add(SIGNING_TIME) {
            true => json!({ "signingProfileArn": profile, "status": "IN_PROGRESS" }),
            false => json!({
                "signingProfileArn": profile,
                "status": "FAILED",
                "failureCode": "SIGNER_UNAVAILABLE",
                "failureReason": "This registry has no AWS Signer; nothing is signed",
            }),
        })
        .collect();
    let mut document = identified(&found);
    document["imageId"] = json!(input.image_id.with_digest(&image.digest));
    document["signingStatuses"] = statuses.into();
    Ok(document)
}
