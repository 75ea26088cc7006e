//! How far the scan of an image is, and what it has found.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{ScanOutcome, ScanStatus};
use crate::{
    model::{ImageStatus, ScanFrequency, ScanKind},
    state::{ImageRow, ScanRow},
};

/// For so long after a push or a pull an image is scanned continuously, in seconds.
const WATCHED: i64 = 14 * 24 * 60 * 60;

/// What is told of a scan.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Report {
    pub(crate) status: ScanStatus,
    pub(crate) description: Option<String>,
    /// Nothing as long as there are none to be had.
    pub(crate) results: Option<Results>,
}

/// What was found.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Results {
    /// In seconds since 1970.
    pub(crate) completed: i64,
    pub(crate) findings: Vec<Value>,
    pub(crate) enhanced_findings: Vec<Value>,
}

/// The report of a scan by `kind` in a repository that is scanned by `frequency`, now (seconds since 1970).
pub(crate) fn report(
    kind: ScanKind,
    frequency: ScanFrequency,
    image: &ImageRow,
    scan: &ScanRow,
    now: i64,
) -> Report {
    let without_results = |status, description: Option<&str>| Report {
        status,
        description: description.map(str::to_owned),
        results: None,
    };
    if kind == ScanKind::Enhanced && image.status == ImageStatus::Archived {
        return without_results(ScanStatus::ImageArchived, Some("The image is archived."));
    }
    let Some(completed) = scan.ends.filter(|ends| *ends <= now) else {
        return match kind {
            ScanKind::Basic => without_results(ScanStatus::InProgress, None),
            ScanKind::Enhanced => without_results(ScanStatus::Pending, None),
        };
    };
    let outcome = scan.outcome.as_deref().and_then(|text| serde_json::from_str(text).ok());
    let outcome: ScanOutcome = outcome.unwrap_or_default();
    let status = outcome.status.unwrap_or_else(|| usual(kind, frequency, image, now));
    let enhanced_findings = match kind {
        ScanKind::Basic => Vec::new(),
        ScanKind::Enhanced => outcome.enhanced_findings,
    };
    let results = Results { completed, findings: outcome.findings, enhanced_findings };
    Report {
        status,
        description: outcome.description.or_else(|| description(status).map(str::to_owned)),
        results: matches!(status, ScanStatus::Complete | ScanStatus::Active).then_some(results),
    }
}

/// Where no script says it.
fn usual(kind: ScanKind, frequency: ScanFrequency, image: &ImageRow, now: i64) -> ScanStatus {
    let last_use = [Some(image.pushed), image.pulled, image.activated].into_iter().flatten().max();
    let is_watched = last_use.is_some_and(|last| now - last <= WATCHED);
    match (kind, frequency) {
        (ScanKind::Basic, _) | (_, ScanFrequency::ScanOnPush) => ScanStatus::Complete,
        (_, ScanFrequency::ContinuousScan) if is_watched => ScanStatus::Active,
        _ => ScanStatus::ScanEligibilityExpired,
    }
}

fn description(status: ScanStatus) -> Option<&'static str> {
    match status {
        ScanStatus::Complete => Some("The scan was completed successfully."),
        ScanStatus::Active => Some("Continuous scan is selected for image."),
        _ => None,
    }
}

impl Results {
    /// How many findings there are of each severity.
    pub(crate) fn counts(&self) -> BTreeMap<&str, u32> {
        let mut counts = BTreeMap::new();
        for finding in self.findings.iter().chain(&self.enhanced_findings) {
            let severity = finding.get("severity").and_then(Value::as_str).unwrap_or("UNDEFINED");
            *counts.entry(severity).or_default() += 1;
        }
        counts
    }
}
