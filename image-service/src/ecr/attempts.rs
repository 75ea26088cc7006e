//! One call with all its attempts: each waits for its turn, has its time, and is judged by how it fails.

use aws_smithy_runtime_api::client::{orchestrator::HttpResponse, result::SdkError};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use telemetry::KeyValue;
use tokio::time::Instant;

use super::{
    clients::Site,
    error::{Failure, out_of_time, read},
    metrics::RETRIES,
    operation::Operation,
    patience::Tries,
};
use crate::error::EcrError;

/// What the attempts of one call share.
pub(super) struct Attempts<'a> {
    pub(super) operation: Operation,
    pub(super) site: &'a Site,
    pub(super) retries: u32,
    /// When the call ends.
    pub(super) deadline: Instant,
    /// When its last attempt begins: one without time to be answered in would speak against AWS.
    pub(super) latest: Instant,
}

impl Attempts<'_> {
    /// Sends until it succeeds or must not be sent again.
    pub(super) async fn make<T, E, F>(
        &self,
        send: impl Fn(&Site) -> F + Send + Sync,
    ) -> Result<T, Box<EcrError>>
    where
        F: Future<Output = Result<T, SdkError<E, HttpResponse>>> + Send,
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
        T: Send,
    {
        let mut tries = Tries::new(self.operation, self.retries, self.latest);
        let mut failed: Option<Failure> = None;
        loop {
            // Why an attempt failed says more than why there is no other.
            let leave = match self.site.patience.leave(self.operation, self.latest).await {
                Ok(leave) => leave,
                Err(refused) => return Err(failed.map_or(refused, |failed| failed.error)),
            };
            tries.begin();
            tracing::Span::current().record("attempts", tries.made());
            let failure = match self.once(send(self.site)).await {
                Ok(done) => {
                    leave.succeeded();
                    return Ok(done);
                }
                Err(failure) => failure,
            };
            leave.failed(&failure);
            let Some(next) = tries.next(&failure, Instant::now()) else { return Err(failure.error) };
            tracing::debug!(
                attempt = tries.made(),
                reason = failure.error.reason.name(),
                "an attempt failed, another follows"
            );
            RETRIES.add(1, &[KeyValue::new("operation", self.operation.name())]);
            failed = Some(failure);
            tokio::time::sleep_until(next).await;
        }
    }

    async fn once<T, E>(
        &self,
        sent: impl Future<Output = Result<T, SdkError<E, HttpResponse>>>,
    ) -> Result<T, Failure>
    where
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    {
        match tokio::time::timeout_at(self.deadline, sent).await {
            Ok(answered) => answered.map_err(|error| read(self.operation, error)),
            Err(_) => Err(out_of_time(self.operation)),
        }
    }
}
