//! Serving: every service, health and reflection on one listener, until told to stop; then what is under way is finished.

use std::time::Duration;

use futures_util::{Stream, StreamExt};
use imageservice_proto::{
    FILE_DESCRIPTOR_SET,
    v1::{
        credentials_server::CredentialsServer, events_server::EventsServer, images_server::ImagesServer,
        similarity_server::SimilarityServer, system_server::SystemServer,
    },
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::watch,
};
use tonic::transport::{
    Server, ServerTlsConfig,
    server::{Connected, Router},
};
use tonic_health::{ServingStatus, server::HealthReporter};

use super::{
    credentials::CredentialsService, ecr, events::EventsService, gathering::Gathering, images::ImagesService,
    similarity::SimilarityService, system::SystemService,
};
use crate::{ops::Operations, ports::EcrServices};

/// How long calls that are under way may take to end once the server is told to stop. A watch of the health service never ends by itself.
const DRAIN: Duration = Duration::from_secs(10);
/// A client that is gone without a word is noticed, and its pull ended.
const KEEPALIVE: Duration = Duration::from_secs(30);
/// How often readiness is checked against the store.
const HEALTH_INTERVAL: Duration = Duration::from_secs(5);
/// Requests hold names, or one chunk of an archive: anything longer is a mistake or an attack.
const MAX_REQUEST: usize = 2 * 1024 * 1024;
/// As long as a chunk of an archive: HTTP/2's 16 KiB would be sixteen frames, and a read from the socket for each.
const FRAME: u32 = 256 * 1024;
/// Of whose health is told; the empty name stands for the whole server (grpc.health.v1).
const SERVICES: [&str; 6] = [
    "",
    "imageservice.v1.Credentials",
    "imageservice.v1.Events",
    "imageservice.v1.Images",
    "imageservice.v1.Similarity",
    "imageservice.v1.System",
];

/// Serves on `incoming` until `stop` resolves.
pub async fn serve<I, C>(
    operations: Operations,
    services_of_ecr: EcrServices,
    tls: Option<ServerTlsConfig>,
    incoming: I,
    stop: impl Future<Output = ()>,
) -> anyhow::Result<()>
where
    I: Stream<Item = std::io::Result<C>>,
    C: AsyncRead + AsyncWrite + Connected + Unpin + Send + 'static,
{
    let (reporter, health) = tonic_health::server::health_reporter();
    let watching = tokio::spawn(watch_store(operations.clone(), reporter.clone()));
    let mut server =
        Server::builder().tcp_nodelay(true).http2_keepalive_interval(Some(KEEPALIVE)).max_frame_size(FRAME);
    if let Some(tls) = tls {
        server = server.tls_config(tls)?;
    }
    let router = add_reflection(server.add_service(health))?
        .add_service(
            ImagesServer::new(ImagesService(operations.clone())).max_decoding_message_size(MAX_REQUEST),
        )
        .add_service(
            CredentialsServer::new(CredentialsService(operations.clone()))
                .max_decoding_message_size(MAX_REQUEST),
        )
        .add_service(
            EventsServer::new(EventsService(operations.clone())).max_decoding_message_size(MAX_REQUEST),
        )
        .add_service(
            SimilarityServer::new(SimilarityService(operations.clone()))
                .max_decoding_message_size(MAX_REQUEST),
        )
        .add_service(SystemServer::new(SystemService(operations)).max_decoding_message_size(MAX_REQUEST));
    let router = ecr::add(router, services_of_ecr, MAX_REQUEST);
    let incoming = incoming.map(|connection| connection.map(Gathering::new));
    let (stopping, mut stopped) = watch::channel(false);
    let told = async {
        stop.await;
        watching.abort();
        report(&reporter, ServingStatus::NotServing).await;
        stopping.send_replace(true);
    };
    let too_late = async {
        // An error means that the server has ended by itself, and the other branch is ready.
        if stopped.wait_for(|stopped| *stopped).await.is_ok() {
            tokio::time::sleep(DRAIN).await;
        }
    };
    tokio::select! {
        served = router.serve_with_incoming_shutdown(incoming, told) => served?,
        () = too_late => tracing::warn!("some calls did not end in {DRAIN:?}; they are broken off"),
    }
    Ok(())
}

fn add_reflection(router: Router) -> anyhow::Result<Router> {
    let builder = || {
        tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(FILE_DESCRIPTOR_SET)
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
            // What the details of an error are made of, so that grpcurl can print them.
            .register_encoded_file_descriptor_set(tonic_types::pb::FILE_DESCRIPTOR_SET)
    };
    Ok(router.add_service(builder().build_v1()?).add_service(builder().build_v1alpha()?))
}

/// The service is ready as long as the store answers.
async fn watch_store(operations: Operations, reporter: HealthReporter) {
    loop {
        let status = match operations.images().ping().await {
            Ok(()) => ServingStatus::Serving,
            Err(error) => {
                tracing::warn!("not ready: {error}");
                ServingStatus::NotServing
            }
        };
        report(&reporter, status).await;
        tokio::time::sleep(HEALTH_INTERVAL).await;
    }
}

async fn report(reporter: &HealthReporter, status: ServingStatus) {
    for service in SERVICES.into_iter().chain(ecr::NAMES) {
        reporter.set_service_status(service, status).await;
    }
}
