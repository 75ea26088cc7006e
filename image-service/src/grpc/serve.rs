//! Serving: every service, health and reflection on one listener, until told to stop; then what is under way is finished.

use std::{sync::Arc, time::Duration};

use futures_util::StreamExt;
use imageservice_proto::{
    FILE_DESCRIPTOR_SET,
    v1::{
        credentials_server::CredentialsServer, events_server::EventsServer, images_server::ImagesServer,
        keys_server::KeysServer, similarity_server::SimilarityServer, system_server::SystemServer,
    },
};
use tokio::sync::watch;
use tokio_util::task::AbortOnDropHandle;
use tonic::transport::{Server, server::Router};
use tonic_health::{ServingStatus, server::HealthReporter};

use super::{
    access::{Access, Identities, Recognition},
    connections,
    credentials::CredentialsService,
    door::Door,
    ecr,
    events::EventsService,
    gathering::Gathering,
    images::ImagesService,
    keys::KeysService,
    methods,
    patience::Patience,
    similarity::SimilarityService,
    system::SystemService,
};
use crate::{config::ServingConfig, ops::Operations, ports::EcrServices};

/// How often readiness is checked against the store.
const HEALTH_INTERVAL: Duration = Duration::from_secs(5);
/// Requests hold names, or one chunk of an archive: anything longer is a mistake or an attack.
const MAX_REQUEST: usize = 2 * 1024 * 1024;
/// Streams that a client has reset and that were not looked at yet; HTTP/2's own count, said here because much hangs on it.
const MOST_RESETS: usize = 20;
/// Streams that a client had reset by its mistakes.
const MOST_FAULTS: usize = 1024;
/// As long as a chunk of an archive: HTTP/2's 16 KiB would be sixteen frames, and a read from the socket for each.
const FRAME: u32 = 256 * 1024;
/// Of whose health is told; the empty name stands for the whole server (grpc.health.v1).
const SERVICES: [&str; 7] = [
    "",
    "imageservice.v1.Credentials",
    "imageservice.v1.Events",
    "imageservice.v1.Images",
    "imageservice.v1.Keys",
    "imageservice.v1.Similarity",
    "imageservice.v1.System",
];

/// Serves those who come through the door and are known until `asked` resolves: then no new work is let in, and what runs has its time to end,
/// unless `urged` resolves.
pub async fn serve(
    operations: Operations,
    services_of_ecr: EcrServices,
    (identities, door): (watch::Receiver<Arc<Identities>>, Door),
    config: &ServingConfig,
    asked: impl Future<Output = ()>,
    urged: impl Future<Output = ()>,
) -> anyhow::Result<()> {
    let (mut reporter, health) = tonic_health::server::health_reporter();
    let watching = tokio::spawn(watch_readiness(operations.clone(), reporter.clone()));
    let watching = AbortOnDropHandle::new(watching);
    let admission = operations.admission().clone();
    let mut server = limited_server(config)
        .layer(Recognition::new(identities))
        .layer(methods::known()?)
        .layer(Patience::new(config.stall)?)
        .layer(Access);
    let router = add_reflection(server.add_service(health))?
        .add_service(
            ImagesServer::new(ImagesService(operations.clone())).max_decoding_message_size(MAX_REQUEST),
        )
        .add_service(
            CredentialsServer::new(CredentialsService(operations.clone()))
                .max_decoding_message_size(MAX_REQUEST),
        )
        .add_service(KeysServer::new(KeysService(operations.clone())).max_decoding_message_size(MAX_REQUEST))
        .add_service(
            EventsServer::new(EventsService(operations.clone())).max_decoding_message_size(MAX_REQUEST),
        )
        .add_service(
            SimilarityServer::new(SimilarityService(operations.clone()))
                .max_decoding_message_size(MAX_REQUEST),
        )
        .add_service(SystemServer::new(SystemService(operations)).max_decoding_message_size(MAX_REQUEST));
    let router = ecr::add(router, services_of_ecr, MAX_REQUEST);
    let speaks_plainly = door.speaks_plainly();
    let incoming = connections::limited(door.connections(), config, speaks_plainly);
    let incoming = incoming.map(|connection| connection.map(Gathering::new));
    let told = async {
        asked.await;
        admission.end();
        admission.is_idle().await;
        watching.abort();
        forget(&mut reporter).await;
    };
    let drain = config.drain;
    let late = async {
        admission.is_ending().await;
        tokio::time::sleep(drain).await;
    };
    tokio::select! {
        served = router.serve_with_incoming_shutdown(incoming, told) => served?,
        () = late => tracing::warn!("some calls did not end in {drain:?}; they are broken off"),
        () = urged => {}
    }
    Ok(())
}

/// How much a client may take up. Of streams that it resets, some must wait until they are seen to be reset: who does nothing else is
/// sent away (CVE-2023-44487).
fn limited_server(config: &ServingConfig) -> Server {
    Server::builder()
        .http2_keepalive_interval(Some(config.keepalive))
        .http2_keepalive_timeout(Some(config.keepalive))
        .max_concurrent_streams(config.calls_per_connection.get())
        .http2_max_header_list_size(config.header_bytes.get())
        .http2_max_pending_accept_reset_streams(Some(MOST_RESETS))
        .http2_max_local_error_reset_streams(Some(MOST_FAULTS))
        .max_frame_size(FRAME)
}

fn add_reflection<L>(router: Router<L>) -> anyhow::Result<Router<L>> {
    let builder = || {
        tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(FILE_DESCRIPTOR_SET)
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
            // What the details of an error are made of, so that grpcurl can print them.
            .register_encoded_file_descriptor_set(tonic_types::pb::FILE_DESCRIPTOR_SET)
    };
    Ok(router.add_service(builder().build_v1()?).add_service(builder().build_v1alpha()?))
}

/// The service is ready as long as the store answers and new work is let in.
async fn watch_readiness(operations: Operations, reporter: HealthReporter) {
    let mut workload = operations.admission().watch();
    loop {
        let is_draining = workload.borrow_and_update().is_draining;
        let status = tokio::select! {
            _ = workload.wait_for(|load| load.is_draining) => ServingStatus::NotServing,
            answer = operations.images().ping() => match answer {
                Ok(()) => ServingStatus::Serving,
                Err(error) => {
                    tracing::warn!("not ready: {error}");
                    ServingStatus::NotServing
                }
            },
        };
        report(&reporter, status).await;
        tokio::select! {
            () = tokio::time::sleep(HEALTH_INTERVAL) => {}
            _ = workload.wait_for(|load| load.is_draining != is_draining) => {}
        }
    }
}

/// A watch of something that nobody reports ends.
async fn forget(reporter: &mut HealthReporter) {
    for service in SERVICES.into_iter().chain(ecr::NAMES) {
        reporter.clear_service_status(service).await;
    }
}

async fn report(reporter: &HealthReporter, status: ServingStatus) {
    for service in SERVICES.into_iter().chain(ecr::NAMES) {
        reporter.set_service_status(service, status).await;
    }
}
