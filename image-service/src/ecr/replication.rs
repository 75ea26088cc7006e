//! `ecr.v1.ReplicationService` over AWS's calls.

mod compare;

use std::sync::Arc;

use async_trait::async_trait;
use imageservice_proto::ecr::v1;

use super::{
    calls::Calls,
    convert::{images, replication},
    operation::Operation,
    place::Place,
    request::{image_id, place, refused, required},
};
use crate::{
    error::{EcrReason, Result},
    ports::EcrReplication,
};

/// Replication of private registries.
#[derive(Clone, Debug)]
pub(super) struct Replication {
    pub(super) calls: Arc<Calls>,
}

#[async_trait]
impl EcrReplication for Replication {
    async fn get_replication_status(
        &self,
        request: v1::GetReplicationStatusRequest,
    ) -> Result<v1::GetReplicationStatusResponse> {
        const OPERATION: &str = "DescribeImageReplicationStatus";
        let place = place(request.registry)?;
        let name = required(OPERATION, "repository_name", request.repository_name)?;
        let id = images::to_aws(image_id(OPERATION, request.image_id)?);
        let registry_id = self.calls.registry_id(&place).map(|id| id.to_string());
        let answer = self.calls.ecr(Operation::DescribeImageReplicationStatus, &place, |ecr| {
            let call = ecr.describe_image_replication_status().set_registry_id(registry_id.clone());
            call.repository_name(&name).image_id(id.clone()).send()
        });
        let answer = answer.await?;
        let statuses = answer.replication_statuses.unwrap_or_default().into_iter();
        Ok(v1::GetReplicationStatusResponse {
            repository_name: answer.repository_name.unwrap_or_default(),
            image_id: answer.image_id.map(images::identifier),
            replication_statuses: statuses.map(replication::status).collect(),
        })
    }

    async fn list_replication_destinations(
        &self,
        request: v1::ListReplicationDestinationsRequest,
    ) -> Result<v1::ListReplicationDestinationsResponse> {
        let place = place(request.registry)?;
        let answer =
            self.calls.ecr(Operation::DescribeRegistry, &place, |ecr| ecr.describe_registry().send());
        let answer = answer.await?;
        let registry_id = answer.registry_id.unwrap_or_default();
        if self.calls.registry_id(&place).is_some_and(|wanted| wanted.as_str() != registry_id) {
            let message =
                format!("only the caller's own registry says where it copies to, which is {registry_id}");
            return Err(refused(EcrReason::InvalidParameter, "DescribeRegistry", message));
        }
        let configuration =
            answer.replication_configuration.map(replication::configuration).unwrap_or_default();
        Ok(v1::ListReplicationDestinationsResponse {
            registry_id,
            destinations: replication::destinations(&configuration),
            replication_configuration: Some(configuration),
        })
    }

    async fn check_consistency(
        &self,
        request: v1::CheckConsistencyRequest,
    ) -> Result<v1::CheckConsistencyResponse> {
        const OPERATION: &str = "CheckConsistency";
        let source = place(request.registry)?;
        let name = required(OPERATION, "repository_name", request.repository_name)?;
        let id = image_id(OPERATION, request.image_id)?;
        let v1::ReplicationDestination { region, registry_id } = request.destination.unwrap_or_default();
        let region = required(OPERATION, "destination.region", region)?;
        let registry_id = required(OPERATION, "destination.registry_id", registry_id)?;
        let destination = Place::parse(&registry_id, &region)?;
        compare::compare(&self.calls, &source, &destination, &name, id).await
    }
}
