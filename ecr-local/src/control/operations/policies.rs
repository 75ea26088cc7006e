//! Policies of repositories. They are kept and told; what decides here is whose key signed.

use serde::Deserialize;
use serde_json::Value;

use super::repositories::identified;
use crate::control::{
    call::{Call, Found, Named},
    errors::Error,
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SetInput {
    #[serde(flatten)]
    named: Named,
    policy_text: String,
}

/// SetRepositoryPolicy
pub(super) async fn set(call: &Call<'_>, input: SetInput) -> Result<Value, Error> {
    let found = call.find(&input.named).await?;
    check_policy(&input.policy_text)?;
    call.state().set_repository_policy(found.repository.id, Some(&input.policy_text)).await?;
    Ok(shown(&found, &input.policy_text))
}

/// GetRepositoryPolicy
pub(super) async fn get(call: &Call<'_>, named: Named) -> Result<Value, Error> {
    let found = call.find(&named).await?;
    let policy = call.state().repository_policy(found.repository.id).await?;
    let policy = policy.ok_or_else(|| Error::RepositoryPolicyNotFound(found.place.clone()))?;
    Ok(shown(&found, &policy))
}

/// DeleteRepositoryPolicy
pub(super) async fn delete(call: &Call<'_>, named: Named) -> Result<Value, Error> {
    let found = call.find(&named).await?;
    let policy = call.state().repository_policy(found.repository.id).await?;
    let policy = policy.ok_or_else(|| Error::RepositoryPolicyNotFound(found.place.clone()))?;
    call.state().set_repository_policy(found.repository.id, None).await?;
    Ok(shown(&found, &policy))
}

/// A policy is a JSON object with statements.
pub(super) fn check_policy(text: &str) -> Result<(), Error> {
    let invalid = || Error::parameter("PolicyText", "Invalid repository policy provided");
    let document: Value = serde_json::from_str(text).map_err(|_| invalid())?;
    let statements = match &document["Statement"] {
        Value::Array(statements) => &statements[..],
        statement @ Value::Object(_) => std::slice::from_ref(statement),
        _ => return Err(invalid()),
    };
    let is_good = |statement: &Value| {
        matches!(statement["Effect"].as_str(), Some("Allow" | "Deny"))
            && (statement.get("Action").is_some() || statement.get("NotAction").is_some())
    };
    if statements.iter().all(is_good) { Ok(()) } else { Err(invalid()) }
}

fn shown(found: &Found, policy: &str) -> Value {
    let mut document = identified(found);
    document["policyText"] = policy.into();
    document
}
