//! What a scan comes to.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// How far a scan is, or how it ended, as ECR calls it.
#[derive(Serialize, Deserialize, Clone, Copy, PartialEq, Eq, Debug)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[expect(missing_docs, reason = "the names are those of ECR, and say it")]
pub enum ScanStatus {
    InProgress,
    Complete,
    Failed,
    UnsupportedImage,
    Active,
    Pending,
    ScanEligibilityExpired,
    FindingsUnavailable,
    LimitExceeded,
    ImageArchived,
    ImageSizeExceeded,
}

/// What a scan comes to when its time is over. By default it finds nothing and ends well.
#[derive(Serialize, Deserialize, Clone, PartialEq, Default, Debug)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ScanOutcome {
    /// `COMPLETE` unless set, or `ACTIVE` where scanning is continuous.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<ScanStatus>,
    /// What is said of the status; ECR's words unless set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Each an `ImageScanFinding` of ECR's service model; told with either kind of scanning.
    pub findings: Vec<Value>,
    /// What enhanced scanning alone tells, behind the others: each an `EnhancedImageScanFinding` of the service model.
    pub enhanced_findings: Vec<Value>,
}
