//! `ecr.v1.ScanService`.

use std::sync::Arc;

use imageservice_proto::ecr::v1::{self, scan_service_server::ScanService};
use tonic::{Request, Response, Status};

use super::{Answers, answer, answers};
use crate::ports::EcrScans;

/// Calls about scans.
#[derive(Clone, Debug)]
pub(super) struct Scans(pub(super) Arc<dyn EcrScans>);

#[tonic::async_trait]
impl ScanService for Scans {
    type StreamScanFindingsStream = Answers<v1::GetScanFindingsResponse>;
    type WaitForScanStream = Answers<v1::ScanProgress>;

    async fn get_scan_findings(
        &self,
        request: Request<v1::GetScanFindingsRequest>,
    ) -> Result<Response<v1::GetScanFindingsResponse>, Status> {
        answer("GetScanFindings", self.0.get_scan_findings(request.into_inner())).await
    }

    async fn stream_scan_findings(
        &self,
        request: Request<v1::StreamScanFindingsRequest>,
    ) -> Result<Response<Self::StreamScanFindingsStream>, Status> {
        answers("StreamScanFindings", self.0.stream_scan_findings(request.into_inner()))
    }

    async fn start_scan(
        &self,
        request: Request<v1::StartScanRequest>,
    ) -> Result<Response<v1::StartScanResponse>, Status> {
        answer("StartScan", self.0.start_scan(request.into_inner())).await
    }

    async fn get_scan_status(
        &self,
        request: Request<v1::GetScanStatusRequest>,
    ) -> Result<Response<v1::GetScanStatusResponse>, Status> {
        answer("GetScanStatus", self.0.get_scan_status(request.into_inner())).await
    }

    async fn wait_for_scan(
        &self,
        request: Request<v1::WaitForScanRequest>,
    ) -> Result<Response<Self::WaitForScanStream>, Status> {
        answers("WaitForScan", self.0.wait_for_scan(request.into_inner()))
    }
}
