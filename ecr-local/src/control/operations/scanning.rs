//! How registries are scanned, and what that means for repositories.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    control::{call::Call, errors::Error, refusal::Refusal},
    model::{RegistryId, ScanFrequency, ScanningConfiguration},
    state::SCANNING,
};

/// GetRegistryScanningConfiguration
pub(super) async fn get(call: &Call<'_>) -> Result<Value, Error> {
    let configuration = configuration(call, &call.registry).await?;
    Ok(json!({ "registryId": call.registry.account, "scanningConfiguration": configuration }))
}

/// PutRegistryScanningConfiguration. What is not given is the default.
pub(super) async fn put(call: &Call<'_>, input: ScanningConfiguration) -> Result<Value, Error> {
    if let Some(mistake) = input.mistake() {
        return Err(Refusal::Validation(format!("Invalid scanning configuration: {mistake}")).into());
    }
    call.state().set_scanning(&call.registry, &input).await?;
    Ok(json!({ "registryScanningConfiguration": input }))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct BatchInput {
    repository_names: Vec<String>,
}

/// BatchGetRepositoryScanningConfiguration
pub(super) async fn batch_get(call: &Call<'_>, input: BatchInput) -> Result<Value, Error> {
    let configuration = configuration(call, &call.registry).await?;
    let (mut found, mut failures) = (Vec::new(), Vec::new());
    for name in input.repository_names {
        let Some(repository) = call.state().describe_repository(&call.registry, &name).await? else {
            failures.push(json!({
                "repositoryName": name,
                "failureCode": "REPOSITORY_NOT_FOUND",
                "failureReason": format!("The repository with name '{name}' does not exist"),
            }));
            continue;
        };
        let (frequency, filters) = configuration.for_repository(&name, repository.scan_on_push);
        found.push(json!({
            "repositoryArn": call.registry.arn(&name),
            "repositoryName": name,
            "scanOnPush": frequency != ScanFrequency::Manual,
            "scanFrequency": frequency,
            "appliedScanFilters": filters,
        }));
    }
    Ok(json!({ "scanningConfigurations": found, "failures": failures }))
}

/// How a registry is scanned.
pub(super) async fn configuration(
    call: &Call<'_>,
    registry: &RegistryId,
) -> Result<ScanningConfiguration, Error> {
    let Some(text) = call.state().registry_setting(registry, SCANNING).await? else {
        return Ok(ScanningConfiguration::default());
    };
    serde_json::from_str(&text).map_err(|error| Error::Internal(error.into()))
}
