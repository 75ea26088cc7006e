//! The policy of a registry. It decides what other accounts replicate to it; for calls, what decides is whose key signed.

use serde::Deserialize;
use serde_json::{Value, json};

use super::policies::check_policy;
use crate::{
    control::{call::Call, errors::Error},
    state::POLICY,
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PutPolicyInput {
    policy_text: String,
}

/// PutRegistryPolicy
pub(super) async fn put_policy(call: &Call<'_>, input: PutPolicyInput) -> Result<Value, Error> {
    check_policy(&input.policy_text)?;
    call.state().set_registry_setting(&call.registry, POLICY, &input.policy_text).await?;
    Ok(shown(call, &input.policy_text))
}

/// GetRegistryPolicy
pub(super) async fn get_policy(call: &Call<'_>) -> Result<Value, Error> {
    let policy = call.state().registry_setting(&call.registry, POLICY).await?;
    policy.map(|policy| shown(call, &policy)).ok_or_else(|| missing(call))
}

/// DeleteRegistryPolicy
pub(super) async fn delete_policy(call: &Call<'_>) -> Result<Value, Error> {
    let policy = call.state().remove_registry_setting(&call.registry, POLICY).await?;
    policy.map(|policy| shown(call, &policy)).ok_or_else(|| missing(call))
}

fn missing(call: &Call<'_>) -> Error {
    Error::RegistryPolicyNotFound(call.registry.account.to_string())
}

fn shown(call: &Call<'_>, policy: &str) -> Value {
    json!({ "registryId": call.registry.account, "policyText": policy })
}
