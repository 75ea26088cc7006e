//! `ecr.v1.ReplicationService`.

use std::sync::Arc;

use imageservice_proto::ecr::v1::{self, replication_service_server::ReplicationService};
use tonic::{Request, Response, Status};

use super::answer;
use crate::ports::EcrReplication;

/// Calls about replication.
#[derive(Clone, Debug)]
pub(super) struct Replication(pub(super) Arc<dyn EcrReplication>);

#[tonic::async_trait]
impl ReplicationService for Replication {
    async fn get_replication_status(
        &self,
        request: Request<v1::GetReplicationStatusRequest>,
    ) -> Result<Response<v1::GetReplicationStatusResponse>, Status> {
        answer("GetReplicationStatus", self.0.get_replication_status(request.into_inner())).await
    }

    async fn list_replication_destinations(
        &self,
        request: Request<v1::ListReplicationDestinationsRequest>,
    ) -> Result<Response<v1::ListReplicationDestinationsResponse>, Status> {
        answer("ListReplicationDestinations", self.0.list_replication_destinations(request.into_inner()))
            .await
    }

    async fn check_consistency(
        &self,
        request: Request<v1::CheckConsistencyRequest>,
    ) -> Result<Response<v1::CheckConsistencyResponse>, Status> {
        answer("CheckConsistency", self.0.check_consistency(request.into_inner())).await
    }
}
