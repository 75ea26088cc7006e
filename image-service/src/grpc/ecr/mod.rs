//! The services of `ecr.v1`: each call one operation, in the protocol's own messages.

mod auth;
mod images;
mod manifests;
mod public;
mod replication;
mod repositories;
mod scans;

use std::pin::Pin;

use futures_util::{Stream, StreamExt};
use imageservice_proto::ecr::v1::{
    auth_service_server::AuthServiceServer, image_service_server::ImageServiceServer,
    manifest_service_server::ManifestServiceServer,
    public_registry_service_server::PublicRegistryServiceServer,
    replication_service_server::ReplicationServiceServer, repository_service_server::RepositoryServiceServer,
    scan_service_server::ScanServiceServer,
};
use tonic::{Response, Status, transport::server::Router};

use super::status::failed;
use crate::{
    error::Result,
    ports::{EcrServices, EcrStream},
};

/// For the health service.
pub(super) const NAMES: [&str; 7] = [
    "ecr.v1.AuthService",
    "ecr.v1.ImageService",
    "ecr.v1.ManifestService",
    "ecr.v1.PublicRegistryService",
    "ecr.v1.ReplicationService",
    "ecr.v1.RepositoryService",
    "ecr.v1.ScanService",
];

type Answers<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

/// Adds all services, for requests of at most `most` bytes.
pub(super) fn add<L>(router: Router<L>, services: EcrServices, most: usize) -> Router<L> {
    let EcrServices { repositories, images, manifests, scans, auth, replication, public } = services;
    let auth = AuthServiceServer::new(auth::Auth(auth));
    let images = ImageServiceServer::new(images::Images(images));
    let manifests = ManifestServiceServer::new(manifests::Manifests(manifests));
    let public = PublicRegistryServiceServer::new(public::Public(public));
    let replication = ReplicationServiceServer::new(replication::Replication(replication));
    let repositories = RepositoryServiceServer::new(repositories::Repositories(repositories));
    let scans = ScanServiceServer::new(scans::Scans(scans));
    router
        .add_service(auth.max_decoding_message_size(most))
        .add_service(images.max_decoding_message_size(most))
        .add_service(manifests.max_decoding_message_size(most))
        .add_service(public.max_decoding_message_size(most))
        .add_service(replication.max_decoding_message_size(most))
        .add_service(repositories.max_decoding_message_size(most))
        .add_service(scans.max_decoding_message_size(most))
}

async fn answer<T>(
    operation: &'static str,
    work: impl Future<Output = Result<T>>,
) -> Result<Response<T>, Status> {
    work.await.map(Response::new).map_err(failed(operation))
}

fn answers<T: 'static>(
    operation: &'static str,
    listing: EcrStream<T>,
) -> Result<Response<Answers<T>>, Status> {
    Ok(Response::new(listing.map(move |element| element.map_err(failed(operation))).boxed()))
}
