//! Scans of images: begun, and what they found.

use std::{collections::HashMap, ops::Range};

use serde::Deserialize;
use serde_json::{Value, json};

use super::{account_settings, image_id::ImageId, repositories::identified, scanning};
use crate::{
    control::{
        call::{Call, Found, Named},
        errors::Error,
        page::{self, PageInput},
        refusal::Refusal,
    },
    model::{ImageStatus, SCANNABLE, ScanKind, ScanningConfiguration},
    scanning::{BasicScanVersion, Report, Results, report},
    state::{Begun, ImageRow},
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct StartInput {
    #[serde(flatten)]
    named: Named,
    image_id: ImageId,
}

/// StartImageScan
pub(super) async fn start(call: &Call<'_>, input: StartInput) -> Result<Value, Error> {
    let found = call.find(&input.named).await?;
    if scanning::configuration(call, &found.registry).await?.scan_type == ScanKind::Enhanced {
        return Err(Refusal::Validation("This feature is disabled".to_owned()).into());
    }
    let image = input.image_id.find(call, &found).await?;
    if image.status != ImageStatus::Active {
        return Err(Refusal::ImageArchived(found.place, image.digest).into());
    }
    if !SCANNABLE.contains(&image.artifact_type.as_str()) {
        return Err(Refusal::UnsupportedImageType(image.artifact_or_media_type().to_owned()).into());
    }
    match call.state().begin_scan(found.repository.id, &image.digest).await? {
        Begun::TooSoon => Err(Refusal::ScanQuota.into()),
        Begun::Begun => {
            let mut document = identified(&found);
            document["imageId"] = json!(input.image_id.with_digest(&image.digest));
            document["imageScanStatus"] = json!({ "status": "IN_PROGRESS" });
            Ok(document)
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DescribeInput {
    #[serde(flatten)]
    named: Named,
    image_id: ImageId,
    #[serde(flatten)]
    page: PageInput,
}

/// DescribeImageScanFindings. Pages go through the findings, and then through those of enhanced scanning.
pub(super) async fn describe(call: &Call<'_>, input: DescribeInput) -> Result<Value, Error> {
    let found = call.find(&input.named).await?;
    let image = input.image_id.find(call, &found).await?;
    let configuration = scanning::configuration(call, &found.registry).await?;
    let mut reports = reports(call, &found, &configuration, &[&image]).await?;
    let report = reports.remove(&image.digest).ok_or_else(|| {
        let id = &input.image_id;
        Refusal::ScanNotFound(found.place.clone(), id.image_digest.clone(), id.image_tag.clone())
    })?;
    let about = format!("DescribeImageScanFindings {} {}", found.repository.id, image.digest);
    let start: usize = input.page.position(call.signer(), &about)?.unwrap_or_default();
    let end = start.saturating_add(input.page.count() as usize);
    let mut document = identified(&found);
    document["imageId"] = json!(input.image_id.with_digest(&image.digest));
    document["imageScanStatus"] = status(&report);
    if let Some(results) = &report.results {
        document["imageScanFindings"] = page_of(results, start..end);
        if end < results.len() {
            document["nextToken"] = page::token(call.signer(), &about, end).into();
        }
    }
    Ok(document)
}

/// An empty list is told of only if there is nothing at all.
fn page_of(results: &Results, range: Range<usize>) -> Value {
    let mut document = summary(results);
    let (findings, enhanced) = results.page(range);
    if !findings.is_empty() || enhanced.is_empty() {
        document["findings"] = json!(findings);
    }
    if !enhanced.is_empty() {
        document["enhancedFindings"] = json!(enhanced);
    }
    document
}

/// What DescribeImages tells of the scans of images, by digest: nothing if basic scanning is of the newer version.
pub(super) async fn told_with_images(
    call: &Call<'_>,
    found: &Found,
    images: &[ImageRow],
) -> Result<HashMap<String, Report>, Error> {
    let configuration = scanning::configuration(call, &found.registry).await?;
    let version = account_settings::basic_scan_version(call, &found.registry).await?;
    if configuration.scan_type == ScanKind::Basic && version == BasicScanVersion::AwsNative {
        return Ok(HashMap::new());
    }
    reports(call, found, &configuration, &images.iter().collect::<Vec<_>>()).await
}

/// Adds to a description of an image what is told of its scan.
pub(super) fn add(document: &mut Value, report: &Report) {
    document["imageScanStatus"] = status(report);
    if let Some(results) = &report.results {
        document["imageScanFindingsSummary"] = summary(results);
    }
}

async fn reports(
    call: &Call<'_>,
    found: &Found,
    configuration: &ScanningConfiguration,
    images: &[&ImageRow],
) -> Result<HashMap<String, Report>, Error> {
    let kind = configuration.scan_type;
    let (frequency, _) = configuration.for_repository(&found.repository.name, found.repository.scan_on_push);
    let now = call.state().now();
    let by_digest: HashMap<_, _> = images.iter().map(|image| (image.digest.as_str(), *image)).collect();
    let digests: Vec<_> = by_digest.keys().copied().collect();
    let scans = call.state().scans(found.repository.id, kind, &digests).await?;
    let reports = scans.into_iter().filter_map(|scan| {
        let image = by_digest.get(scan.digest.as_str())?;
        Some(report(kind, frequency, image, &scan, now).map(|report| (scan.digest, report)))
    });
    reports.collect::<Result<_, _>>().map_err(|error| Error::Internal(error.into()))
}

fn status(report: &Report) -> Value {
    let mut status = json!({ "status": report.status });
    if let Some(description) = &report.description {
        status["description"] = description.as_str().into();
    }
    status
}

fn summary(results: &Results) -> Value {
    json!({
        "imageScanCompletedAt": results.completed,
        "vulnerabilitySourceUpdatedAt": results.completed,
        "findingSeverityCounts": results.counts(),
    })
}
