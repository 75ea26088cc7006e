//! What differs between two documents.

use std::collections::BTreeSet;

use serde_json::Value;

/// Members that no two servers, and no two days, agree on.
const VOLATILE: [&str; 22] = [
    "authorizationToken",
    "createdAt",
    "downloadUrl",
    "expiresAt",
    "expires_in",
    "imagePushedAt",
    "imageScanCompletedAt",
    "issued_at",
    "lastActivatedAt",
    "lastArchivedAt",
    "lastEvaluatedAt",
    "lastRecordedPullTime",
    "nextToken",
    "proxyEndpoint",
    "pushedAt",
    "repositoryUri",
    "requestId",
    "startedAt",
    "updatedAt",
    "uploadId",
    "vulnerabilitySourceUpdatedAt",
    "endedAt",
];

/// Which members are not looked at.
#[derive(Debug)]
pub(super) struct Ignored<'n>(pub(super) &'n [String]);

impl Ignored<'_> {
    fn has(&self, name: &str) -> bool {
        VOLATILE.contains(&name) || self.0.iter().any(|ignored| ignored == name)
    }

    /// Says where two documents differ, each place in a line.
    pub(super) fn compare(&self, then: &Value, today: &Value) -> Vec<String> {
        let mut found = Vec::new();
        self.descend("", then, today, &mut found);
        found
    }

    fn descend(&self, place: &str, then: &Value, today: &Value, found: &mut Vec<String>) {
        match (then, today) {
            (Value::Object(one), Value::Object(other)) => {
                let names: BTreeSet<_> = one.keys().chain(other.keys()).collect();
                for name in names.into_iter().filter(|name| !self.has(name)) {
                    let inner = if place.is_empty() { name.clone() } else { format!("{place}.{name}") };
                    let value = |from: &Value| from.get(name).cloned().unwrap_or_default();
                    self.descend(&inner, &value(then), &value(today), found);
                }
            }
            (Value::Array(one), Value::Array(other)) if one.len() == other.len() => {
                for (number, (one, other)) in one.iter().zip(other).enumerate() {
                    self.descend(&format!("{place}[{number}]"), one, other, found);
                }
            }
            (Value::Array(one), Value::Array(other)) => {
                found.push(format!("{place} had {} entries, has {}", one.len(), other.len()));
            }
            _ if then == today => {}
            _ => found.push(format!("{place} was {then}, is {today}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn differences_are_told_by_their_places_and_volatile_members_are_passed_over() {
        let then = json!({ "a": [{ "b": 1, "createdAt": 1 }], "c": "x", "d": [1], "mine": 1 });
        let today = json!({ "a": [{ "b": 2, "createdAt": 2 }], "d": [1, 2], "mine": 2 });
        let ignored = ["mine".to_owned()];
        let told = Ignored(&ignored).compare(&then, &today);
        assert_eq!(told, ["a[0].b was 1, is 2", "c was \"x\", is null", "d had 1 entries, has 2"]);
        assert!(Ignored(&[]).compare(&then, &then).is_empty());
    }
}
