//! What the policy of a registry or a repository lets another account do (IAM, "Policy evaluation logic").
//!
//! Invariant: what cannot be understood allows nothing. A statement with conditions, which are not evaluated, may only deny.

use serde_json::Value;

use crate::model::wildcard_matches;

/// Copying into a repository.
pub(crate) const REPLICATE: &str = "ecr:ReplicateImage";
/// Making one for that.
pub(crate) const CREATE: &str = "ecr:CreateRepository";

/// Reading an image.
pub(crate) const READ: &str = "ecr:BatchGetImage";

/// Whether a policy lets an account do something to a resource. A statement that denies wins.
pub(crate) fn allows(policy: &str, account: &str, action: &str, resource: &str) -> bool {
    let Ok(document) = serde_json::from_str::<Value>(policy) else { return false };
    let statements = match &document["Statement"] {
        Value::Array(statements) => &statements[..],
        statement => std::slice::from_ref(statement),
    };
    let mut allowed = false;
    for statement in statements.iter().filter(|statement| concerns(statement, account, action, resource)) {
        match statement["Effect"].as_str() {
            Some("Allow") => allowed |= statement.get("Condition").is_none(),
            _ => return false,
        }
    }
    allowed
}

fn concerns(statement: &Value, account: &str, action: &str, resource: &str) -> bool {
    let is_action =
        |pattern: &str| wildcard_matches(&pattern.to_ascii_lowercase(), &action.to_ascii_lowercase());
    let is_resource = |pattern: &str| wildcard_matches(pattern, resource);
    names(statement, "Principal", |principal| is_principal(principal, account), are_accounts)
        && names(statement, "Action", |value| any(value, is_action), |value| all(value, |_| true))
        && names(statement, "Resource", |value| any(value, is_resource), |value| all(value, |_| true))
}

/// Whether a statement names something under a member, or does not under the opposite one. One without a resource is about what it is
/// attached to. What allows all but some must have said whom or what, or it would allow them too.
fn names(
    statement: &Value,
    member: &str,
    is_named: impl Fn(&Value) -> bool,
    is_understood: impl Fn(&Value) -> bool,
) -> bool {
    match (statement.get(member), statement.get(format!("Not{member}"))) {
        (Some(value), _) => is_named(value),
        (None, Some(value)) => !is_named(value) && (statement["Effect"] != "Allow" || is_understood(value)),
        (None, None) => member == "Resource",
    }
}

fn is_principal(principal: &Value, account: &str) -> bool {
    let is_account = |text: &str| {
        let of_root = || text.strip_prefix("arn:").and_then(|arn| arn.split_once(":iam::"));
        text == "*" || text == account || of_root().is_some_and(|(_, rest)| rest == format!("{account}:root"))
    };
    match principal {
        Value::String(text) => text == "*",
        _ => principal.get("AWS").is_some_and(|value| any(value, is_account)),
    }
}

/// Whether those of a statement are accounts and nobody else.
fn are_accounts(principal: &Value) -> bool {
    let is_account = |text: &str| text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
    let is_whole = |text: &str| {
        let of_root = || text.strip_prefix("arn:")?.split_once(":iam::")?.1.strip_suffix(":root");
        text == "*" || is_account(text) || of_root().is_some_and(is_account)
    };
    match principal {
        Value::String(text) => text == "*",
        Value::Object(kinds) => {
            kinds.len() == 1 && kinds.get("AWS").is_some_and(|value| all(value, is_whole))
        }
        _ => false,
    }
}

/// Of one text, or of a list of some texts and nothing else.
fn all(value: &Value, is_it: impl Fn(&str) -> bool) -> bool {
    match value {
        Value::String(text) => is_it(text),
        Value::Array(texts) => {
            !texts.is_empty() && texts.iter().all(|text| text.as_str().is_some_and(&is_it))
        }
        _ => false,
    }
}

/// Of one text, or of a list of texts.
fn any(value: &Value, is_it: impl Fn(&str) -> bool) -> bool {
    match value {
        Value::String(text) => is_it(text),
        Value::Array(texts) => texts.iter().filter_map(Value::as_str).any(is_it),
        _ => false,
    }
}

#[cfg(test)]
#[path = "policy_tests.rs"]
mod tests;
