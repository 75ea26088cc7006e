//! The one way to AWS: whoever calls anything there says which operation, where, and how to send it.

use aws_smithy_runtime_api::client::{orchestrator::HttpResponse, result::SdkError};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use super::{
    clients::{Clients, Site},
    error::{Failure, read},
    operation::Operation,
    place::Place,
};
use crate::{
    config::EcrConfig,
    error::{EcrError, EcrReason, Result},
    model::AccountId,
};

/// Calls of ECR, ECR Public and ECS.
#[derive(Debug)]
pub struct Calls {
    clients: Clients,
}

impl Calls {
    pub(super) fn new(config: &EcrConfig) -> anyhow::Result<Self> {
        let mistakes = config.mistakes();
        anyhow::ensure!(mistakes.is_empty(), "{}", mistakes.join("; "));
        Ok(Self { clients: Clients::new(config) })
    }

    /// What to put as `registryId` into a call; nothing means the caller's own registry.
    #[must_use]
    pub fn registry_id(&self, place: &Place) -> Option<AccountId> {
        self.clients.registry_id(place)
    }

    /// Calls ECR. `call` sends the request once, with the client that it is given; it may be asked to do so again.
    pub async fn ecr<T, E, F>(
        &self,
        operation: Operation,
        place: &Place,
        call: impl Fn(aws_sdk_ecr::Client) -> F + Send + Sync,
    ) -> Result<T>
    where
        F: Future<Output = Result<T, SdkError<E, HttpResponse>>> + Send,
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
        T: Send,
    {
        self.make(operation, place, |site| call(site.ecr.clone())).await
    }

    /// Calls ECR Public, which is in one Region only. As `ecr`.
    pub async fn public<T, E, F>(
        &self,
        operation: Operation,
        place: &Place,
        call: impl Fn(aws_sdk_ecrpublic::Client) -> F + Send + Sync,
    ) -> Result<T>
    where
        F: Future<Output = Result<T, SdkError<E, HttpResponse>>> + Send,
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
        T: Send,
    {
        self.make(operation, place, |site| call(site.public.clone())).await
    }

    /// Calls ECS. As `ecr`.
    pub async fn ecs<T, E, F>(
        &self,
        operation: Operation,
        place: &Place,
        call: impl Fn(aws_sdk_ecs::Client) -> F + Send + Sync,
    ) -> Result<T>
    where
        F: Future<Output = Result<T, SdkError<E, HttpResponse>>> + Send,
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
        T: Send,
    {
        self.make(operation, place, |site| call(site.ecs.clone())).await
    }

    async fn make<T, E, F>(
        &self,
        operation: Operation,
        place: &Place,
        send: impl Fn(&Site) -> F + Send + Sync,
    ) -> Result<T>
    where
        F: Future<Output = Result<T, SdkError<E, HttpResponse>>> + Send,
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
        T: Send,
    {
        let site = self.clients.site(operation, place).await?;
        let registry = self.registry_id(place);
        if site.read_only && operation.writes() {
            let message = "the configuration is read-only (ecr.read_only)";
            return Err(Box::new(EcrError::refused(EcrReason::ReadOnly, operation.name(), message)).into());
        }
        send(&site).await.map_err(|error| {
            let Failure { mut error, .. } = read(operation, error);
            error.region = Some(site.region.to_string());
            error.registry = registry.map(|id| id.to_string());
            error.into()
        })
    }
}
