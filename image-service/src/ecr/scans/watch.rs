//! Where the scan of an image is, and what it found so far.

use imageservice_proto::ecr::v1;

use crate::{
    ecr::{
        calls::Calls,
        convert::{images, scans},
        describe,
        operation::Operation,
        place::Place,
    },
    error::{EcrReason, Error, Result},
};

/// One look at a scan.
pub(super) struct Seen {
    pub(super) image_id: Option<v1::ImageIdentifier>,
    pub(super) status: v1::ScanStatus,
    pub(super) summary: Option<v1::ScanFindingsSummary>,
}

/// A page of findings, of either kind of scan.
pub(super) async fn findings(
    calls: &Calls,
    place: &Place,
    repository: &str,
    id: v1::ImageIdentifier,
    size: Option<i32>,
    token: Option<String>,
) -> Result<v1::GetScanFindingsResponse> {
    let id = images::to_aws(id);
    let registry_id = calls.registry_id(place).map(|id| id.to_string());
    let page = calls.ecr(Operation::DescribeImageScanFindings, place, |ecr| {
        let call = ecr.describe_image_scan_findings().set_registry_id(registry_id.clone());
        let call = call.repository_name(repository).image_id(id.clone());
        call.set_max_results(size).set_next_token(token.clone()).send()
    });
    let page = page.await?;
    calls.count_scan(Operation::DescribeImageScanFindings);
    Ok(v1::GetScanFindingsResponse {
        image_id: page.image_id.map(images::identifier),
        scan_status: page.image_scan_status.map(scans::status),
        scan_findings: page.image_scan_findings.map(scans::findings),
        next_page_token: page.next_token.unwrap_or_default(),
    })
}

/// Looks at the scan itself, which every kind of scan has; then at the image, which an older kind tells more of.
pub(super) async fn look(
    calls: &Calls,
    place: &Place,
    repository: &str,
    id: v1::ImageIdentifier,
) -> Result<Seen> {
    match findings(calls, place, repository, id.clone(), Some(1), None).await {
        Ok(v1::GetScanFindingsResponse { image_id, scan_status: Some(status), scan_findings, .. }) => {
            Ok(Seen { image_id, status, summary: scan_findings.as_ref().map(scans::summary_of) })
        }
        Err(Error::Ecr(error)) if error.reason != EcrReason::ScanNotFound => Err(Error::Ecr(error)),
        Ok(_) | Err(_) => look_at_image(calls, place, repository, id).await,
    }
}

async fn look_at_image(
    calls: &Calls,
    place: &Place,
    repository: &str,
    id: v1::ImageIdentifier,
) -> Result<Seen> {
    let image = describe::named(calls, place, repository, vec![id.clone()]).await?.into_iter().next();
    let image = image.unwrap_or_default();
    Ok(Seen {
        image_id: Some(v1::ImageIdentifier { image_digest: image.image_digest, ..id }),
        status: image.image_scan_status.unwrap_or_else(scans::not_scanned),
        summary: image.image_scan_findings_summary,
    })
}
