//! `ecr.v1.ScanService` over AWS's calls.

mod wait;
mod watch;

use std::sync::Arc;

use async_trait::async_trait;
use imageservice_proto::ecr::v1;

use super::{
    calls::Calls,
    convert::{images, scans},
    operation::Operation,
    paging,
    place::Place,
    request::{LARGEST_PAGE, image_id, page_size, page_token, place, refused, required},
    scan_types::ScanTypes,
};
use crate::{
    config::ScansConfig,
    error::{EcrReason, Error, Result},
    ports::{EcrScans, EcrStream},
};

/// Scans of private registries.
#[derive(Clone, Debug)]
pub(super) struct Scans {
    pub(super) calls: Arc<Calls>,
    pub(super) scan_types: ScanTypes,
    pub(super) patience: ScansConfig,
}

#[async_trait]
impl EcrScans for Scans {
    async fn get_scan_findings(
        &self,
        request: v1::GetScanFindingsRequest,
    ) -> Result<v1::GetScanFindingsResponse> {
        const OPERATION: &str = "DescribeImageScanFindings";
        let place = place(request.registry)?;
        let name = required(OPERATION, "repository_name", request.repository_name)?;
        let id = image_id(OPERATION, request.image_id)?;
        let size = page_size(OPERATION, request.page_size)?;
        watch::findings(&self.calls, &place, &name, id, size, page_token(request.page_token)).await
    }

    fn stream_scan_findings(
        &self,
        request: v1::StreamScanFindingsRequest,
    ) -> EcrStream<v1::GetScanFindingsResponse> {
        let this = self.clone();
        paging::pages("DescribeImageScanFindings", move |page_token| {
            let (this, request) = (this.clone(), request.clone());
            async move {
                let page = v1::GetScanFindingsRequest {
                    registry: request.registry,
                    repository_name: request.repository_name,
                    image_id: request.image_id,
                    page_size: LARGEST_PAGE,
                    page_token,
                };
                let mut page = this.get_scan_findings(page).await?;
                let next = std::mem::take(&mut page.next_page_token);
                Ok((page, next))
            }
        })
    }

    async fn start_scan(&self, request: v1::StartScanRequest) -> Result<v1::StartScanResponse> {
        let place = place(request.registry)?;
        let name = required("StartImageScan", "repository_name", request.repository_name)?;
        let id = images::to_aws(image_id("StartImageScan", request.image_id)?);
        let registry_id = self.calls.registry_id(&place).map(|id| id.to_string());
        let answer = self.calls.ecr(Operation::StartImageScan, &place, |ecr| {
            let call = ecr.start_image_scan().set_registry_id(registry_id.clone());
            call.repository_name(&name).image_id(id.clone()).send()
        });
        match answer.await {
            Ok(answer) => {
                self.calls.count_scan(Operation::StartImageScan);
                Ok(v1::StartScanResponse {
                    image_id: answer.image_id.map(images::identifier),
                    scan_status: answer.image_scan_status.map(scans::status),
                })
            }
            Err(error) => Err(self.why_not_started(&place, error).await),
        }
    }

    async fn get_scan_status(&self, request: v1::GetScanStatusRequest) -> Result<v1::GetScanStatusResponse> {
        const OPERATION: &str = "DescribeImageScanFindings";
        let place = place(request.registry)?;
        let name = required(OPERATION, "repository_name", request.repository_name)?;
        let id = image_id(OPERATION, request.image_id)?;
        let seen = watch::look(&self.calls, &place, &name, id).await?;
        Ok(v1::GetScanStatusResponse { image_id: seen.image_id, scan_status: Some(seen.status) })
    }

    fn wait_for_scan(&self, request: v1::WaitForScanRequest) -> EcrStream<v1::ScanProgress> {
        wait::wait(Arc::clone(&self.calls), self.patience.clone(), request)
    }
}

impl Scans {
    /// With enhanced scanning AWS refuses with a text that says nothing of it.
    async fn why_not_started(&self, place: &Place, error: Error) -> Error {
        let is_unclear = matches!(&error, Error::Ecr(error) if error.reason == EcrReason::Validation);
        if is_unclear && self.scan_types.is_enhanced(place).await.unwrap_or_default() {
            let message = "the registry is scanned by Amazon Inspector, which starts its scans itself";
            return refused(EcrReason::ManualScanDisabled, "StartImageScan", message);
        }
        error
    }
}
