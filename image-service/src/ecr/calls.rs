//! The one way to AWS: whoever calls anything there says which operation, where, and how to send it.

use std::time::Duration;

use aws_smithy_runtime_api::client::{orchestrator::HttpResponse, result::SdkError};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use telemetry::{KeyValue, Span};
use tokio::time::Instant;
use tracing::{Instrument as _, field::Empty};

use super::{
    attempts::Attempts,
    clients::{Clients, Site},
    metrics::{IMAGES, LATENCY, SCANS},
    operation::Operation,
    place::Place,
    request_id::noting,
};
use crate::{
    config::EcrConfig,
    error::{EcrError, EcrReason, Result},
    model::{AccountId, Region},
};

/// What the SDK reports of a failed attempt.
pub type SdkFailure<E> = SdkError<E, HttpResponse>;

/// AWS answers most calls in less.
const MOST_RESERVE: Duration = Duration::from_secs(1);

/// Calls of ECR, ECR Public and ECS.
#[derive(Debug)]
pub struct Calls {
    clients: Clients,
    retries: u32,
    operation_timeout: Duration,
    /// What an attempt needs before the call ends.
    reserve: Duration,
}

impl Calls {
    pub(super) fn new(config: &EcrConfig) -> Self {
        let (retries, operation_timeout) = (config.max_retries, config.operation_timeout);
        let reserve = reserve(config);
        Self { clients: Clients::new(config), retries, operation_timeout, reserve }
    }

    /// Counts images that an operation listed, described, put or deleted.
    pub fn count_images(&self, operation: Operation, images: usize) {
        IMAGES.add(images as u64, &[KeyValue::new("operation", operation.name())]);
    }

    /// Counts a scan that an operation started or asked about.
    pub fn count_scan(&self, operation: Operation) {
        SCANS.add(1, &[KeyValue::new("operation", operation.name())]);
    }

    /// What to put as `registryId` into a call; nothing means the caller's own registry.
    #[must_use]
    pub fn registry_id(&self, place: &Place) -> Option<AccountId> {
        self.clients.registry_id(place)
    }

    /// For clients of other services than those here, as the identity of `[ecr]`; nothing without a Region.
    pub(super) async fn sdk_config(&self, region: Option<&Region>) -> Option<aws_config::SdkConfig> {
        self.clients.base_config(region).await
    }

    /// The configured endpoint of ECR for a place; nothing means AWS's own.
    pub(super) fn endpoint(&self, place: &Place) -> Option<&str> {
        self.clients.endpoint(place)
    }

    /// Whether nothing may be changed in a registry.
    pub(super) fn is_read_only(&self, place: &Place) -> bool {
        self.clients.is_read_only(place)
    }

    /// Whose identity makes a call, and in which Region; none is that of `[ecr]`.
    pub(super) async fn identity(
        &self,
        operation: Operation,
        place: &Place,
    ) -> Result<(Option<AccountId>, Region)> {
        self.clients.identity(operation, place).await
    }

    /// Calls ECR. `call` sends the request once, with the client that it is given; it may be asked to do so again.
    pub async fn ecr<T, E, F>(
        &self,
        operation: Operation,
        place: &Place,
        call: impl Fn(aws_sdk_ecr::Client) -> F + Send + Sync,
    ) -> Result<T>
    where
        F: Future<Output = Result<T, SdkFailure<E>>> + Send,
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
        T: Send,
    {
        Box::pin(self.make(operation, place, |site| call(site.ecr.clone()))).await
    }

    /// Calls ECR Public, which is in one Region only. As `ecr`.
    pub async fn public<T, E, F>(
        &self,
        operation: Operation,
        place: &Place,
        call: impl Fn(aws_sdk_ecrpublic::Client) -> F + Send + Sync,
    ) -> Result<T>
    where
        F: Future<Output = Result<T, SdkFailure<E>>> + Send,
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
        T: Send,
    {
        Box::pin(self.make(operation, place, |site| call(site.public.clone()))).await
    }

    /// Calls ECS. As `ecr`.
    pub async fn ecs<T, E, F>(
        &self,
        operation: Operation,
        place: &Place,
        call: impl Fn(aws_sdk_ecs::Client) -> F + Send + Sync,
    ) -> Result<T>
    where
        F: Future<Output = Result<T, SdkFailure<E>>> + Send,
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
        T: Send,
    {
        Box::pin(self.make(operation, place, |site| call(site.ecs.clone()))).await
    }

    /// Its future is large, and stands on the heap so that those around it are not.
    async fn make<T, E, F>(
        &self,
        operation: Operation,
        place: &Place,
        send: impl Fn(&Site) -> F + Send + Sync,
    ) -> Result<T>
    where
        F: Future<Output = Result<T, SdkFailure<E>>> + Send,
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
        T: Send,
    {
        let site = self.clients.site(operation, place).await?;
        let registry = self.registry_id(place);
        let span = tracing::info_span!(
            "aws",
            operation = operation.name(),
            service = ?operation.service(),
            region = %site.region,
            registry = registry.as_ref().map(AccountId::as_str),
            attempts = Empty,
            request_id = Empty,
        );
        let began = Instant::now();
        let made = async {
            refuse_write(operation, &site)?;
            let deadline = began + self.operation_timeout;
            let (retries, latest) = (self.retries, deadline - self.reserve);
            let attempts = Attempts { operation, site: &site, retries, deadline, latest };
            attempts.make(send).await
        };
        let mut traced = Span::client(operation.name())
            .with("rpc.system", "aws-api")
            .with("rpc.method", operation.name())
            .with("cloud.region", site.region.to_string());
        let (made, request_id) = noting(traced.around(made.instrument(span.clone()))).await;
        if let Some(request_id) = &request_id {
            traced.set("aws.request_id", request_id.clone());
        }
        span.record("request_id", request_id);
        let failed = made.as_ref().err().map(|error| error.reason);
        if let Some(reason) = failed {
            traced.fail(reason.name());
        }
        span.in_scope(|| count(operation, failed, began.elapsed()));
        made.map_err(|error| {
            let (region, registry) = (Some(site.region.to_string()), registry.map(|id| id.to_string()));
            Box::new(EcrError { region, registry, ..*error }).into()
        })
    }
}

fn count(operation: Operation, failed: Option<EcrReason>, took: Duration) {
    let outcome = failed.map_or("ok", EcrReason::name);
    let labels = [KeyValue::new("operation", operation.name()), KeyValue::new("outcome", outcome)];
    tracing::debug!(outcome, ?took, "called");
    LATENCY.record(took, &labels);
}

/// As long as an attempt may take, up to a second; of short calls half.
fn reserve(config: &EcrConfig) -> Duration {
    config.request_timeout.min(MOST_RESERVE).min(config.operation_timeout / 2)
}

/// Keeps a read-only configuration from changing anything by a call; pushes ask `CloudCredentials::may_write`.
fn refuse_write(operation: Operation, site: &Site) -> Result<(), Box<EcrError>> {
    if site.read_only && operation.writes() {
        let message = "the configuration is read-only (ecr.read_only)";
        return Err(Box::new(EcrError::refused(EcrReason::ReadOnly, operation.name(), message)));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attempt_has_some_time_left_and_a_short_call_time_to_begin() {
        let of = |text| reserve(&toml::from_str(text).unwrap()).as_millis();
        assert_eq!(of(""), 1000);
        assert_eq!(of("request_timeout_ms = 300"), 300);
        assert_eq!(of("request_timeout_ms = 500\noperation_timeout_ms = 500"), 250);
    }
}
