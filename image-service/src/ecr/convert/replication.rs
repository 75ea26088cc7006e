//! Replication: statuses, rules, and their destinations.

use aws_sdk_ecr::types as aws;
use imageservice_proto::ecr::v1;

pub(in super::super) fn status(status: aws::ImageReplicationStatus) -> v1::ReplicationStatus {
    let state = match &status.status {
        None => v1::ReplicationState::Unspecified,
        Some(aws::ReplicationStatus::InProgress) => v1::ReplicationState::InProgress,
        Some(aws::ReplicationStatus::Complete) => v1::ReplicationState::Complete,
        Some(aws::ReplicationStatus::Failed) => v1::ReplicationState::Failed,
        Some(_) => v1::ReplicationState::Unknown,
    };
    v1::ReplicationStatus {
        region: status.region.unwrap_or_default(),
        registry_id: status.registry_id.unwrap_or_default(),
        status: state.into(),
        failure_code: status.failure_code.unwrap_or_default(),
    }
}

pub(in super::super) fn configuration(
    configuration: aws::ReplicationConfiguration,
) -> v1::ReplicationConfiguration {
    v1::ReplicationConfiguration { rules: configuration.rules.into_iter().map(rule).collect() }
}

fn rule(rule: aws::ReplicationRule) -> v1::ReplicationRule {
    let filters = rule.repository_filters.unwrap_or_default().into_iter();
    v1::ReplicationRule {
        destinations: rule
            .destinations
            .into_iter()
            .map(|to| v1::ReplicationDestination { region: to.region, registry_id: to.registry_id })
            .collect(),
        repository_filters: filters
            .map(|filter| v1::RepositoryFilter {
                filter_type: filter.filter_type.as_str().to_owned(),
                filter: filter.filter,
            })
            .collect(),
    }
}

/// Each destination once, in the order of the rules.
pub(in super::super) fn destinations(
    configuration: &v1::ReplicationConfiguration,
) -> Vec<v1::ReplicationDestination> {
    let mut found = Vec::new();
    for destination in configuration.rules.iter().flat_map(|rule| &rule.destinations) {
        if !found.contains(destination) {
            found.push(destination.clone());
        }
    }
    found
}
