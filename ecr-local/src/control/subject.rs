//! What a call is about, as far as its input says so.

use http::HeaderMap;
use serde_json::Value;

use super::signature::Signature;
use crate::model::{RegistryId, Subject};

/// Fills in what an input names, valid or not, in the registry of whoever calls.
pub(super) fn complete(subject: &mut Subject, caller: &RegistryId, headers: &HeaderMap, input: &Value) {
    let account = input["registryId"].as_str().unwrap_or(&caller.account);
    let registry = RegistryId { account: Subject::short(account).into(), region: caller.region.clone() };
    let arn = input["resourceArn"].as_str().and_then(|arn| arn.split_once(":repository/"));
    let repository = input["repositoryName"].as_str().or(arn.map(|(_, name)| name));
    subject.is_about(registry, repository);
    let signature = Signature::of(headers).ok().flatten();
    subject.principal = signature.map(|signature| Subject::short(signature.key));
}
