//! Scans and what basic ones find.

use std::collections::HashMap;

use aws_sdk_ecr::types::{self as aws, FindingSeverity};
use imageservice_proto::ecr::v1::{self, ScanState};

use super::{inspector, timestamp};

pub(in super::super) fn status(status: aws::ImageScanStatus) -> v1::ScanStatus {
    let raw = status.status.map(|state| state.as_str().to_owned()).unwrap_or_default();
    v1::ScanStatus {
        status: state(&raw).into(),
        description: status.description.unwrap_or_default(),
        raw_status: raw,
    }
}

/// By name: the SDK does not know all of them.
fn state(raw: &str) -> ScanState {
    match raw {
        "" => ScanState::Unspecified,
        "IN_PROGRESS" => ScanState::InProgress,
        "COMPLETE" => ScanState::Complete,
        "FAILED" => ScanState::Failed,
        "UNSUPPORTED_IMAGE" => ScanState::Unsupported,
        "ACTIVE" => ScanState::Active,
        "PENDING" => ScanState::Pending,
        "FINDINGS_UNAVAILABLE" => ScanState::FindingsUnavailable,
        "SCAN_ELIGIBILITY_EXPIRED" => ScanState::ScanEligibilityExpired,
        "LIMIT_EXCEEDED" => ScanState::LimitExceeded,
        "IMAGE_ARCHIVED" => ScanState::ImageArchived,
        "IMAGE_SIZE_EXCEEDED" => ScanState::ImageSizeExceeded,
        _ => ScanState::Unknown,
    }
}

/// Of an image that nothing has scanned.
pub(in super::super) fn not_scanned() -> v1::ScanStatus {
    v1::ScanStatus { status: ScanState::NotScanned.into(), ..Default::default() }
}

/// What a state means to somebody who waits for the scan.
pub(in super::super) fn phase(state: ScanState) -> v1::scan_progress::Phase {
    use v1::scan_progress::Phase;
    match state {
        ScanState::Complete | ScanState::Active => Phase::Done,
        ScanState::Failed
        | ScanState::Unsupported
        | ScanState::FindingsUnavailable
        | ScanState::ScanEligibilityExpired
        | ScanState::LimitExceeded
        | ScanState::ImageArchived
        | ScanState::ImageSizeExceeded => Phase::Ended,
        ScanState::Unspecified
        | ScanState::InProgress
        | ScanState::Pending
        | ScanState::ScanningWithFindings
        | ScanState::NotScanned
        | ScanState::Unknown => Phase::Waiting,
    }
}

pub(in super::super) fn summary(summary: aws::ImageScanFindingsSummary) -> v1::ScanFindingsSummary {
    v1::ScanFindingsSummary {
        image_scan_completed_at: summary.image_scan_completed_at.map(timestamp),
        vulnerability_source_updated_at: summary.vulnerability_source_updated_at.map(timestamp),
        finding_severity_counts: counts(summary.finding_severity_counts),
    }
}

/// The summary that findings bring with them.
pub(in super::super) fn summary_of(findings: &v1::ScanFindings) -> v1::ScanFindingsSummary {
    v1::ScanFindingsSummary {
        image_scan_completed_at: findings.image_scan_completed_at,
        vulnerability_source_updated_at: findings.vulnerability_source_updated_at,
        finding_severity_counts: findings.finding_severity_counts.clone(),
    }
}

pub(in super::super) fn findings(findings: aws::ImageScanFindings) -> v1::ScanFindings {
    let enhanced = findings.enhanced_findings.unwrap_or_default();
    v1::ScanFindings {
        image_scan_completed_at: findings.image_scan_completed_at.map(timestamp),
        vulnerability_source_updated_at: findings.vulnerability_source_updated_at.map(timestamp),
        finding_severity_counts: counts(findings.finding_severity_counts),
        findings: findings.findings.unwrap_or_default().into_iter().map(finding).collect(),
        enhanced_findings: enhanced.into_iter().map(inspector::finding).collect(),
    }
}

fn counts(counts: Option<HashMap<FindingSeverity, i32>>) -> HashMap<String, i32> {
    let counts = counts.unwrap_or_default().into_iter();
    counts.map(|(severity, count)| (severity.as_str().to_owned(), count)).collect()
}

fn finding(finding: aws::ImageScanFinding) -> v1::Finding {
    let raw = finding.severity.map(|severity| severity.as_str().to_owned()).unwrap_or_default();
    let attributes = finding.attributes.unwrap_or_default().into_iter();
    v1::Finding {
        name: finding.name.unwrap_or_default(),
        description: finding.description.unwrap_or_default(),
        uri: finding.uri.unwrap_or_default(),
        severity: severity(&raw).into(),
        attributes: attributes
            .map(|attribute| v1::Attribute { key: attribute.key, value: attribute.value.unwrap_or_default() })
            .collect(),
        raw_severity: raw,
    }
}

pub(super) fn severity(raw: &str) -> v1::Severity {
    match raw {
        "" => v1::Severity::Unspecified,
        "INFORMATIONAL" => v1::Severity::Informational,
        "LOW" => v1::Severity::Low,
        "MEDIUM" => v1::Severity::Medium,
        "HIGH" => v1::Severity::High,
        "CRITICAL" => v1::Severity::Critical,
        "UNDEFINED" => v1::Severity::Undefined,
        "UNTRIAGED" => v1::Severity::Untriaged,
        _ => v1::Severity::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state_of(raw: &str) -> ScanState {
        status(aws::ImageScanStatus::builder().status(raw.into()).build()).status()
    }

    #[test]
    fn a_state_that_the_sdk_does_not_know_is_known_here_and_one_that_nobody_knows_is_said_in_full() {
        assert_eq!(state_of("IMAGE_SIZE_EXCEEDED"), ScanState::ImageSizeExceeded);
        let status = status(aws::ImageScanStatus::builder().status("BRAND_NEW".into()).build());
        assert_eq!((status.status(), status.raw_status.as_str()), (ScanState::Unknown, "BRAND_NEW"));
    }

    #[test]
    fn whoever_waits_is_told_of_every_end() {
        use v1::scan_progress::Phase;
        for (raw, expected) in [
            ("COMPLETE", Phase::Done),
            ("ACTIVE", Phase::Done),
            ("FAILED", Phase::Ended),
            ("UNSUPPORTED_IMAGE", Phase::Ended),
            ("FINDINGS_UNAVAILABLE", Phase::Ended),
            ("LIMIT_EXCEEDED", Phase::Ended),
            ("IMAGE_ARCHIVED", Phase::Ended),
            ("IMAGE_SIZE_EXCEEDED", Phase::Ended),
            ("SCAN_ELIGIBILITY_EXPIRED", Phase::Ended),
            ("IN_PROGRESS", Phase::Waiting),
            ("PENDING", Phase::Waiting),
            ("BRAND_NEW", Phase::Waiting),
        ] {
            assert_eq!(phase(state_of(raw)), expected, "{raw}");
        }
    }
}
