//! `imageservice.v1.System`.

use imageservice_proto::v1::{self, system_server::System};
use tonic::{Request, Response, Status};

use super::{convert, namespace_of, status::failed};
use crate::ops::{Operations, Workload};

/// Calls about the service itself.
#[derive(Clone, Debug)]
pub(super) struct SystemService(pub(super) Operations);

#[tonic::async_trait]
impl System for SystemService {
    async fn info(&self, request: Request<v1::InfoRequest>) -> Result<Response<v1::InfoResponse>, Status> {
        let (store, workload) = (self.0.images(), self.0.admission().workload());
        let images = store.count(&namespace_of(&request)?).await.map_err(failed("Info"))?;
        Ok(Response::new(v1::InfoResponse {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            id: store.id().to_owned(),
            images: i64::try_from(images).unwrap_or(i64::MAX),
            default_platform: Some(convert::platform(self.0.default_platform())),
            store: store.engine().to_owned(),
            draining: workload.is_draining,
            running: running(workload),
        }))
    }

    async fn rate_limits(
        &self,
        request: Request<v1::RateLimitsRequest>,
    ) -> Result<Response<v1::RateLimitsResponse>, Status> {
        let limits =
            self.0.rate_limits(&namespace_of(&request)?).into_iter().map(convert::rate_limit).collect();
        Ok(Response::new(v1::RateLimitsResponse { limits }))
    }

    async fn drain(
        &self,
        _request: Request<v1::DrainRequest>,
    ) -> Result<Response<v1::DrainResponse>, Status> {
        self.0.admission().drain();
        let running = running(self.0.admission().workload());
        tracing::info!(running, "drained by an operator");
        Ok(Response::new(v1::DrainResponse { running }))
    }

    async fn resume(
        &self,
        _request: Request<v1::ResumeRequest>,
    ) -> Result<Response<v1::ResumeResponse>, Status> {
        self.0.admission().resume().map_err(failed("Resume"))?;
        tracing::info!("taking work again");
        Ok(Response::new(v1::ResumeResponse {}))
    }
}

fn running(workload: Workload) -> i64 {
    i64::try_from(workload.running).unwrap_or(i64::MAX)
}
