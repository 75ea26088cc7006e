//! The policies in `iam/`: what the service calls is allowed by one of them, and nothing changes anything by those that are for reading.

use std::collections::BTreeSet;

use image_service::ecr::{Operation, Service};
use serde_json::Value;

use super::{files, text};

fn actions(policy: &str) -> BTreeSet<String> {
    let policy: Value = serde_json::from_str(&text(policy)).unwrap();
    assert_eq!(policy["Version"], "2012-10-17");
    let statements = policy["Statement"].as_array().unwrap();
    let actions = statements.iter().flat_map(|statement| {
        assert_eq!(statement["Effect"], "Allow");
        assert!(statement["Resource"].is_string());
        statement["Action"].as_array().unwrap()
    });
    actions.map(|action| action.as_str().unwrap().to_owned()).collect()
}

fn action(operation: Operation) -> String {
    let service = match operation.service() {
        Service::Ecr => "ecr",
        Service::Public => "ecr-public",
        Service::Ecs => "ecs",
    };
    format!("{service}:{}", operation.name())
}

#[test]
fn every_call_is_allowed_by_a_policy() {
    let policies: Vec<_> = files().into_iter().filter(|name| name.starts_with("iam/")).collect();
    assert!(policies.len() >= 5, "{policies:?}");
    let allowed: BTreeSet<_> = policies.iter().flat_map(|policy| actions(policy)).collect();
    let missing: Vec<_> = Operation::ALL
        .iter()
        .map(|operation| action(*operation))
        .filter(|action| !allowed.contains(action))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn reading_policies_let_nothing_change() {
    let writing: BTreeSet<_> = Operation::ALL
        .iter()
        .filter(|operation| operation.writes())
        .map(|operation| action(*operation))
        .collect();
    for policy in ["iam/ecr-read.json", "iam/ecr-public-read.json", "iam/ecs-read.json"] {
        let allowed = actions(policy);
        assert!(allowed.is_disjoint(&writing), "{policy}");
        assert!(allowed.iter().all(|action| !action.contains('*')), "{policy}");
    }
}

#[test]
fn staging_is_let_write_to_its_repository_alone() {
    let policy: Value = serde_json::from_str(&text("iam/ecr-staging.json")).unwrap();
    for statement in policy["Statement"].as_array().unwrap() {
        let resource = statement["Resource"].as_str().unwrap();
        let is_password = statement["Action"] == serde_json::json!(["ecr:GetAuthorizationToken"]);
        assert!(is_password || resource.ends_with(":repository/staging"), "{resource}");
    }
    let reading: BTreeSet<_> = actions("iam/ecr-read.json");
    let full: BTreeSet<_> = actions("iam/ecr-write.json").union(&reading).cloned().collect();
    assert!(actions("iam/ecr-staging.json").is_subset(&full));
}
