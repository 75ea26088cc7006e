//! The image service: one method per call that the shim makes.
//!
//! Invariant: a call that fails because of the connection says where the service was looked for; the next call connects anew.

mod address;
mod archives;
mod auth;
mod line;
mod trouble;
mod upload;
mod ways;

use std::time::Duration;

use futures_util::FutureExt;
use http::Uri;
use imageservice_proto::v1::{
    CheckRequest, CheckResponse, DistributionInspectRequest, DistributionInspectResponse, HistoryRequest,
    HistoryResponse, ImageSummary, InfoRequest, InfoResponse, InspectRequest, InspectResponse, ListRequest,
    PullEvent, PullRequest, PushEvent, PushRequest, RemoveRequest, RemoveResponse, TagRequest, TagResponse,
    credentials_client::CredentialsClient, images_client::ImagesClient, system_client::SystemClient,
};
use telemetry::grpc::Asking;
use tonic::{Response, Status, Streaming, transport::Channel};

pub use self::{address::ServiceAddress, auth::AuthFiles};
pub(crate) use self::{
    archives::CallEvents,
    trouble::CallError,
    upload::{Part, Upload, UploadSender},
};
use self::{
    auth::Authorized,
    ways::{CHANNELS, Ways},
};

/// For calls that only touch the store.
const DEADLINE: Duration = Duration::from_secs(30);
/// For a call that asks a registry; clients of Docker wait a minute for any answer.
const REGISTRY_DEADLINE: Duration = Duration::from_secs(55);
/// A config may have 8 MiB.
const LARGEST_MESSAGE: usize = 16 * 1024 * 1024;

/// The connections to the image service.
#[derive(Debug)]
pub struct Upstream(Ways);

impl Upstream {
    /// Prepares the connections; they are made when they are needed. Wants a tokio runtime around it.
    pub fn new(address: ServiceAddress, auth: AuthFiles) -> anyhow::Result<Self> {
        Ways::new(address, auth).map(Self)
    }

    pub(crate) async fn inspect(
        &self,
        name: &str,
        known_version: &str,
    ) -> Result<InspectResponse, CallError> {
        let ask = || async {
            let request = InspectRequest { name: name.to_owned(), known_version: known_version.to_owned() };
            let mut client = ImagesClient::with_origin(self.0.line(), Uri::from_static(address::LOCAL))
                .max_decoding_message_size(LARGEST_MESSAGE);
            self.within(DEADLINE, client.inspect(request)).await
        };
        insist(ask).await
    }

    pub(crate) async fn history(&self, name: &str) -> Result<HistoryResponse, CallError> {
        let ask = || async {
            let request = HistoryRequest { name: name.to_owned() };
            self.within(DEADLINE, self.images().history(request)).await
        };
        insist(ask).await
    }

    pub(crate) async fn tag(&self, request: TagRequest) -> Result<TagResponse, CallError> {
        self.within(DEADLINE, self.images().tag(request)).await
    }

    pub(crate) async fn remove(&self, request: RemoveRequest) -> Result<RemoveResponse, CallError> {
        self.within(DEADLINE, self.images().remove(request)).await
    }

    pub(crate) async fn info(&self) -> Result<InfoResponse, CallError> {
        let ask = || async {
            let mut client = SystemClient::new(self.0.channel());
            self.within(DEADLINE, client.info(InfoRequest {})).await
        };
        insist(ask).await
    }

    pub(crate) async fn check(&self, request: CheckRequest) -> Result<CheckResponse, CallError> {
        let mut client = CredentialsClient::new(self.0.channel());
        let registry = request.registry.clone();
        match self.within(REGISTRY_DEADLINE, client.check(request)).await {
            Err(CallError::TimedOut(_)) => Err(trouble::registry_timed_out(&registry)),
            answer => answer,
        }
    }

    pub(crate) async fn list(&self, request: ListRequest) -> Result<Events<ImageSummary>, CallError> {
        let ask = || self.list_once(request.clone());
        let stream = insist(ask).await?;
        Ok(Events { stream, address: self.address().clone(), patience: Some(DEADLINE) })
    }

    /// Has no deadline: a pull takes as long as its registry takes.
    pub(crate) async fn pull(&self, request: PullRequest) -> Result<Events<PullEvent>, CallError> {
        let answer = self.images().pull(request).await;
        self.patient(answer)
    }

    /// As `pull`.
    pub(crate) async fn push(&self, request: PushRequest) -> Result<Events<PushEvent>, CallError> {
        let answer = self.images().push(request).await;
        self.patient(answer)
    }

    pub(crate) async fn distribution_inspect(
        &self,
        request: DistributionInspectRequest,
    ) -> Result<DistributionInspectResponse, CallError> {
        self.within(REGISTRY_DEADLINE, self.images().distribution_inspect(request)).await
    }

    async fn list_once(&self, request: ListRequest) -> Result<Streaming<ImageSummary>, CallError> {
        self.within(DEADLINE, self.images().list(request)).await
    }

    fn patient<T>(&self, answer: Result<Response<Streaming<T>>, Status>) -> Result<Events<T>, CallError> {
        let stream = answer.map_err(|status| trouble::explain(status, self.address()))?.into_inner();
        Ok(Events { stream, address: self.address().clone(), patience: None })
    }

    fn images(&self) -> ImagesClient<Asking<Authorized<Channel>>> {
        ImagesClient::new(self.0.channel()).max_decoding_message_size(LARGEST_MESSAGE)
    }

    fn address(&self) -> &ServiceAddress {
        self.0.address()
    }

    /// Not an async function, as one would hold the call twice: as its argument, and where it awaits it.
    fn within<T>(
        &self,
        deadline: Duration,
        call: impl Future<Output = Result<Response<T>, Status>>,
    ) -> impl Future<Output = Result<T, CallError>> {
        tokio::time::timeout(deadline, call).map(move |answer| match answer {
            Ok(Ok(response)) => Ok(response.into_inner()),
            Ok(Err(status)) => Err(trouble::explain(status, self.address())),
            Err(_) => Err(trouble::timed_out(self.address(), deadline)),
        })
    }
}

/// Reads are asked again while their connection is lost, until every connection had its turn: the service may just have been started anew.
async fn insist<T, Asked>(ask: impl Fn() -> Asked) -> Result<T, CallError>
where
    Asked: Future<Output = Result<T, CallError>>,
{
    let mut turns = CHANNELS;
    loop {
        match ask().await {
            Err(CallError::Lost(_)) if turns > 0 => turns -= 1,
            answer => return answer,
        }
    }
}

/// The messages of a streaming call. Dropping it cancels the call.
pub(crate) struct Events<T> {
    stream: Streaming<T>,
    address: ServiceAddress,
    /// With each message; without end for a pull.
    patience: Option<Duration>,
}

impl<T> Events<T> {
    /// The next message; none at the end.
    pub(crate) async fn next(&mut self) -> Result<Option<T>, CallError> {
        in_time(self.patience, self.stream.message(), &self.address).await
    }
}

async fn in_time<T>(
    patience: Option<Duration>,
    message: impl Future<Output = Result<T, Status>>,
    address: &ServiceAddress,
) -> Result<T, CallError> {
    let message = match patience {
        Some(patience) => tokio::time::timeout(patience, message)
            .await
            .map_err(|_| trouble::timed_out(address, patience))?,
        None => message.await,
    };
    message.map_err(|status| trouble::explain(status, address))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An address of this machine that nothing listens on.
    async fn free_address() -> String {
        tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().to_string()
    }

    #[tokio::test]
    async fn a_remote_service_that_is_away_is_named() {
        let host = free_address().await;
        for scheme in ["http", "https"] {
            let upstream =
                Upstream::new(format!("{scheme}://{host}").parse().unwrap(), AuthFiles::default()).unwrap();
            let Err(CallError::Unreachable(text)) = upstream.info().await else { panic!("{scheme}") };
            let expected = format!(
                "Cannot reach the image service at {scheme}://{host}/: dial tcp {host}: connect: connection refused"
            );
            assert_eq!(text, expected);
        }
    }

    #[tokio::test]
    async fn a_message_that_does_not_come_ends_a_listing() {
        let address: ServiceAddress = "unix:///x".parse().unwrap();
        let never = std::future::pending::<Result<(), Status>>();
        let outcome = in_time(Some(Duration::ZERO), never, &address).await;
        assert!(matches!(outcome, Err(CallError::TimedOut(_))));
    }

    #[tokio::test]
    async fn an_authority_that_is_none_is_refused_at_the_start() {
        let address: ServiceAddress = "https://localhost:1".parse().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let ca = folder.path().join("ca.pem");
        std::fs::write(&ca, "no certificate").unwrap();
        let auth = AuthFiles { ca: Some(ca), ..AuthFiles::default() };
        assert!(Upstream::new(address, auth).is_err());
    }
}
