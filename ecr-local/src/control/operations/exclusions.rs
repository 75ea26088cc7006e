//! Principals whose pulls do not count as such.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::control::{
    call::Call,
    errors::Error,
    page::{self, PageInput},
    refusal::Refusal,
};

/// As many as an answer can have by the model, whatever is asked for.
const MOST: u32 = 100;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Input {
    principal_arn: String,
}

/// RegisterPullTimeUpdateExclusion
pub(super) async fn register(call: &Call<'_>, input: Input) -> Result<Value, Error> {
    match call.state().add_exclusion(&call.registry, &input.principal_arn).await? {
        Some(created) => Ok(json!({ "principalArn": input.principal_arn, "createdAt": created })),
        None => Err(Refusal::ExclusionExists(input.principal_arn).into()),
    }
}

/// DeregisterPullTimeUpdateExclusion
pub(super) async fn deregister(call: &Call<'_>, input: Input) -> Result<Value, Error> {
    match call.state().remove_exclusion(&call.registry, &input.principal_arn).await? {
        true => Ok(json!({ "principalArn": input.principal_arn })),
        false => Err(Refusal::ExclusionNotFound(input.principal_arn).into()),
    }
}

/// ListPullTimeUpdateExclusions
pub(super) async fn list(call: &Call<'_>, input: PageInput) -> Result<Value, Error> {
    let about = format!("ListPullTimeUpdateExclusions {}/{}", call.registry.account, call.registry.region);
    let last: String = input.position(call.signer(), &about)?.unwrap_or_default();
    let count = input.count().min(MOST);
    let mut principals = call.state().exclusions(&call.registry, &last, count.saturating_add(1)).await?;
    let has_more = principals.len() > count as usize;
    principals.truncate(count as usize);
    let mut document = json!({ "pullTimeUpdateExclusions": principals });
    if let Some(last) = principals.last().filter(|_| has_more) {
        document["nextToken"] = page::token(call.signer(), &about, last).into();
    }
    Ok(document)
}
