//! How far the scan of an image is, and what it has found.

use std::{collections::BTreeMap, ops::Range};

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

/// The report of a scan by `kind` in a repository that is scanned by `frequency`, now (seconds since 1970). Fails if the script cannot be read.
pub(crate) fn report(
    kind: ScanKind,
    frequency: ScanFrequency,
    image: &ImageRow,
    scan: &ScanRow,
    now: i64,
) -> serde_json::Result<Report> {
    let without_results = |status| Report { status, description: None, results: None };
    if kind == ScanKind::Enhanced && image.status == ImageStatus::Archived {
        return Ok(without_results(ScanStatus::ImageArchived));
    }
    let Some(completed) = scan.ends.filter(|ends| *ends <= now) else {
        return Ok(match kind {
            ScanKind::Basic => without_results(ScanStatus::InProgress),
            ScanKind::Enhanced => without_results(ScanStatus::Pending),
        });
    };
    let outcome = scan.outcome.as_deref().map(serde_json::from_str).transpose()?;
    let outcome: ScanOutcome = outcome.unwrap_or_default();
    let status = outcome.status.unwrap_or_else(|| usual(kind, frequency, image, scan, now));
    let enhanced_findings = match kind {
        ScanKind::Basic => Vec::new(),
        ScanKind::Enhanced => outcome.enhanced_findings,
    };
    let results = Results { completed, findings: outcome.findings, enhanced_findings };
    Ok(Report {
        status,
        description: outcome.description.or_else(|| description(status).map(str::to_owned)),
        results: matches!(status, ScanStatus::Complete | ScanStatus::Active).then_some(results),
    })
}

/// Where no script says it. Images of long ago are not scanned by enhanced scanning, even if it finds them when it is turned on.
fn usual(kind: ScanKind, frequency: ScanFrequency, image: &ImageRow, scan: &ScanRow, now: i64) -> ScanStatus {
    let last_use = [Some(image.pushed), image.pulled, image.activated].into_iter().flatten().max();
    let is_watched_at = |time: i64| last_use.is_some_and(|last| time - last <= WATCHED);
    match (kind, frequency) {
        (ScanKind::Basic, _) => ScanStatus::Complete,
        (_, ScanFrequency::ScanOnPush) if is_watched_at(scan.started) => ScanStatus::Complete,
        (_, ScanFrequency::ContinuousScan) if is_watched_at(now) => ScanStatus::Active,
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
    /// How many findings there are.
    pub(crate) fn len(&self) -> usize {
        self.findings.len().saturating_add(self.enhanced_findings.len())
    }

    /// Some of the findings, counted from the first, and of those of enhanced scanning, counted on.
    pub(crate) fn page(&self, range: Range<usize>) -> (&[Value], &[Value]) {
        let behind = |place: usize| place.saturating_sub(self.findings.len());
        let enhanced = behind(range.start)..behind(range.end);
        (part(&self.findings, range), part(&self.enhanced_findings, enhanced))
    }

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

fn part(list: &[Value], range: Range<usize>) -> &[Value] {
    let end = range.end.min(list.len());
    list.get(range.start.min(end)..end).unwrap_or_default()
}
