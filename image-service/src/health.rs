//! Asks a service for its health (grpc.health.v1), over whatever it listens on.

use anyhow::{Context, bail};
use tonic_health::pb::{
    HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient,
};

use crate::client::Way;

/// Asks once. An error says why the service is not ready.
pub async fn check(way: Way) -> anyhow::Result<()> {
    let request = HealthCheckRequest { service: String::new() };
    let answer = HealthClient::new(way).check(request).await.context("the service did not answer")?;
    match answer.into_inner().status() {
        ServingStatus::Serving => Ok(()),
        status => bail!("not ready: {}", status.as_str_name()),
    }
}
