//! The calls, with the operations of AWS's that each makes, in their order.

#![allow(clippy::needless_update, reason = "`of_image!` makes requests with few members and with many")]

use std::fmt::Debug;

use fixtures::images::sha256;
use futures_util::StreamExt as _;
use image_service::ecr::Operation::{self, *};
use imageservice_proto::ecr::v1::{
    BatchDeleteImageRequest, BatchGetImagesRequest, CheckConsistencyRequest, DescribeImagesRequest,
    GetAuthorizationTokenRequest, GetImageConfigRequest, GetImageRequest, GetLayersRequest,
    GetLifecyclePolicyRequest, GetLoginCommandRequest, GetManifestListRequest, GetManifestRequest,
    GetPublicAuthTokenRequest, GetPublicRepositoryRequest, GetReplicationStatusRequest,
    GetRepositoryPolicyRequest, GetRepositoryRequest, GetScanFindingsRequest, GetScanStatusRequest,
    ListImageReferrersRequest, ListImagesRequest, ListPublicImagesRequest, ListPublicRepositoriesRequest,
    ListReplicationDestinationsRequest, ListRepositoriesRequest, ListTagsForResourceRequest,
    PutImageTagRequest, RefreshTokenRequest, ReplicationDestination, StartScanRequest,
    StreamImageDetailsRequest, StreamImageReferrersRequest, StreamImagesRequest, StreamPublicImagesRequest,
    StreamPublicRepositoriesRequest, StreamRepositoriesRequest, StreamScanFindingsRequest,
    WaitForScanRequest,
};
use prost_types::Duration;
use tonic::{Response, Status, Streaming};

use super::seeded::Place;
use crate::ecr_services::{
    seeds::{APP, tag},
    world::{ACCOUNT, World},
};

/// A call of ours.
pub(super) struct Call {
    pub(super) service: &'static str,
    pub(super) method: &'static str,
    pub(super) operations: &'static [Operation],
}

pub(super) const CALLS: &[Call] = &[
    call("AuthService", "GetAuthorizationToken", &[GetAuthorizationToken]),
    call("AuthService", "GetLoginCommand", &[GetAuthorizationToken]),
    call("AuthService", "RefreshToken", &[GetAuthorizationToken]),
    call("ImageService", "ListImages", &[ListImages]),
    call("ImageService", "StreamImages", &[ListImages]),
    call("ImageService", "DescribeImages", &[DescribeImages]),
    call("ImageService", "StreamImageDetails", &[DescribeImages]),
    call("ImageService", "GetImage", &[BatchGetImage, GetDownloadUrlForLayer]),
    call("ImageService", "BatchGetImages", &[BatchGetImage]),
    call("ImageService", "PutImageTag", &[BatchGetImage, PutImage]),
    call("ImageService", "BatchDeleteImage", &[DescribeImages, BatchDeleteImage]),
    call("ManifestService", "GetManifest", &[BatchGetImage]),
    call("ManifestService", "GetManifestList", &[BatchGetImage]),
    call("ManifestService", "GetImageConfig", &[BatchGetImage, GetDownloadUrlForLayer]),
    call("ManifestService", "GetLayers", &[BatchGetImage]),
    call("ManifestService", "ListImageReferrers", &[ListImageReferrers]),
    call("ManifestService", "StreamImageReferrers", &[ListImageReferrers]),
    call("PublicRegistryService", "ListPublicRepositories", &[PublicDescribeRepositories]),
    call("PublicRegistryService", "StreamPublicRepositories", &[PublicDescribeRepositories]),
    call("PublicRegistryService", "GetPublicRepository", &[PublicDescribeRepositories]),
    call("PublicRegistryService", "ListPublicImages", &[PublicDescribeImages]),
    call("PublicRegistryService", "StreamPublicImages", &[PublicDescribeImages]),
    call("PublicRegistryService", "GetPublicAuthToken", &[PublicGetAuthorizationToken]),
    call("ReplicationService", "GetReplicationStatus", &[DescribeImageReplicationStatus]),
    call("ReplicationService", "ListReplicationDestinations", &[DescribeRegistry]),
    call("ReplicationService", "CheckConsistency", &[DescribeImages, BatchGetImage]),
    call("RepositoryService", "ListRepositories", REPOSITORIES),
    call("RepositoryService", "StreamRepositories", REPOSITORIES),
    call("RepositoryService", "GetRepository", REPOSITORIES),
    call("RepositoryService", "GetRepositoryPolicy", &[GetRepositoryPolicy]),
    call("RepositoryService", "GetLifecyclePolicy", &[GetLifecyclePolicy]),
    call("RepositoryService", "ListTagsForResource", &[DescribeRepositories, ListTagsForResource]),
    call("ScanService", "GetScanFindings", &[DescribeImageScanFindings]),
    call("ScanService", "StreamScanFindings", &[DescribeImageScanFindings]),
    call("ScanService", "StartScan", &[StartImageScan]),
    call("ScanService", "GetScanStatus", &[DescribeImageScanFindings]),
    call("ScanService", "WaitForScan", &[DescribeImageScanFindings]),
];

const REPOSITORIES: &[Operation] =
    &[DescribeRepositories, GetRegistryScanningConfiguration, BatchGetRepositoryScanningConfiguration];

const fn call(service: &'static str, method: &'static str, operations: &'static [Operation]) -> Call {
    Call { service, method, operations }
}

/// A request for one image, as far as requests agree.
macro_rules! of_image {
    ($request:ident, $place:ident $(, $member:ident: $value:expr)*) => {
        $request {
            registry: $place.registry.clone(),
            repository_name: APP.into(),
            $($member: $value,)*
            ..Default::default()
        }
    };
}

impl Call {
    pub(super) fn name(&self) -> String {
        format!("{}/{}", self.service, self.method)
    }

    /// Makes it, to the end of what it streams.
    pub(super) async fn make(&self, world: &World, place: Place) -> Result<(), Status> {
        match self.service {
            "AuthService" => self.auth(world, place).await,
            "ImageService" => self.images(world, place).await,
            "ManifestService" => self.manifests(world, place).await,
            "PublicRegistryService" => self.public(world).await,
            "ReplicationService" => self.replication(world, place).await,
            "RepositoryService" => self.repositories(world, place).await,
            _ => self.scans(world, place).await,
        }
    }

    async fn auth(&self, world: &World, Place { registry, .. }: Place) -> Result<(), Status> {
        let mut auth = world.auth();
        match self.method {
            "GetAuthorizationToken" => {
                one(auth.get_authorization_token(GetAuthorizationTokenRequest { registry }).await)
            }
            "GetLoginCommand" => one(auth.get_login_command(GetLoginCommandRequest { registry }).await),
            "RefreshToken" => one(auth.refresh_token(RefreshTokenRequest { registry }).await),
            new => panic!("how {new} is called is not said here"),
        }
    }

    async fn images(&self, world: &World, place: Place) -> Result<(), Status> {
        let mut images = world.images();
        let (image_id, image_ids) = (Some(tag("v1")), vec![tag("v1")]);
        match self.method {
            "ListImages" => one(images.list_images(of_image!(ListImagesRequest, place)).await),
            "StreamImages" => all(images.stream_images(of_image!(StreamImagesRequest, place)).await).await,
            "DescribeImages" => one(images
                .describe_images(of_image!(DescribeImagesRequest, place, image_ids: image_ids))
                .await),
            "StreamImageDetails" => {
                all(images.stream_image_details(of_image!(StreamImageDetailsRequest, place)).await).await
            }
            "GetImage" => {
                let get = of_image!(GetImageRequest, place, image_id: image_id, with_config: true);
                one(images.get_image(get).await)
            }
            "BatchGetImages" => one(images
                .batch_get_images(of_image!(BatchGetImagesRequest, place, image_ids: image_ids))
                .await),
            "PutImageTag" => {
                let put =
                    of_image!(PutImageTagRequest, place, image_id: image_id, image_tag: place.fresh_tag());
                one(images.put_image_tag(put).await)
            }
            "BatchDeleteImage" => {
                let going = vec![tag("going")];
                let delete = of_image!(BatchDeleteImageRequest, place, image_ids: going, keep_image: true);
                one(images.batch_delete_image(delete).await)
            }
            new => panic!("how {new} is called is not said here"),
        }
    }

    async fn manifests(&self, world: &World, place: Place) -> Result<(), Status> {
        let mut manifests = world.manifests();
        let image_id = Some(tag("v1"));
        match self.method {
            "GetManifest" => {
                one(manifests.get_manifest(of_image!(GetManifestRequest, place, image_id: image_id)).await)
            }
            "GetManifestList" => {
                let list = of_image!(GetManifestListRequest, place, image_id: Some(tag("all")));
                one(manifests.get_manifest_list(list).await)
            }
            "GetImageConfig" => one(manifests
                .get_image_config(of_image!(GetImageConfigRequest, place, image_id: image_id))
                .await),
            "GetLayers" => {
                one(manifests.get_layers(of_image!(GetLayersRequest, place, image_id: image_id)).await)
            }
            "ListImageReferrers" => {
                let list = of_image!(ListImageReferrersRequest, place, subject_digest: sha256(b"none"));
                one(manifests.list_image_referrers(list).await)
            }
            "StreamImageReferrers" => {
                let stream = of_image!(StreamImageReferrersRequest, place, subject_digest: sha256(b"none"));
                all(manifests.stream_image_referrers(stream).await).await
            }
            new => panic!("how {new} is called is not said here"),
        }
    }

    async fn public(&self, world: &World) -> Result<(), Status> {
        let mut public = world.public();
        let repository_name = APP.to_owned();
        match self.method {
            "ListPublicRepositories" => {
                one(public.list_public_repositories(ListPublicRepositoriesRequest::default()).await)
            }
            "StreamPublicRepositories" => {
                all(public.stream_public_repositories(StreamPublicRepositoriesRequest::default()).await).await
            }
            "GetPublicRepository" => {
                let get = GetPublicRepositoryRequest { repository_name, ..Default::default() };
                one(public.get_public_repository(get).await)
            }
            "ListPublicImages" => {
                let list = ListPublicImagesRequest { repository_name, ..Default::default() };
                one(public.list_public_images(list).await)
            }
            "StreamPublicImages" => {
                let stream = StreamPublicImagesRequest { repository_name, ..Default::default() };
                all(public.stream_public_images(stream).await).await
            }
            "GetPublicAuthToken" => {
                one(public.get_public_auth_token(GetPublicAuthTokenRequest::default()).await)
            }
            new => panic!("how {new} is called is not said here"),
        }
    }

    async fn replication(&self, world: &World, place: Place) -> Result<(), Status> {
        let mut replication = world.replication();
        match self.method {
            "GetReplicationStatus" => {
                let get = of_image!(GetReplicationStatusRequest, place, image_id: Some(tag("v1")));
                one(replication.get_replication_status(get).await)
            }
            "ListReplicationDestinations" => {
                let list = ListReplicationDestinationsRequest { registry: place.registry };
                one(replication.list_replication_destinations(list).await)
            }
            "CheckConsistency" => {
                let there =
                    ReplicationDestination { region: "us-west-2".into(), registry_id: ACCOUNT.into() };
                let check = of_image!(CheckConsistencyRequest, place, image_id: Some(tag("all")), destination: Some(there));
                one(replication.check_consistency(check).await)
            }
            new => panic!("how {new} is called is not said here"),
        }
    }

    async fn repositories(&self, world: &World, place: Place) -> Result<(), Status> {
        let mut repositories = world.repositories();
        let registry = place.registry.clone();
        match self.method {
            "ListRepositories" => {
                let list = ListRepositoriesRequest { registry, scan_frequency: true, ..Default::default() };
                one(repositories.list_repositories(list).await)
            }
            "StreamRepositories" => {
                let stream = StreamRepositoriesRequest { registry, scan_frequency: true };
                all(repositories.stream_repositories(stream).await).await
            }
            "GetRepository" => one(repositories
                .get_repository(of_image!(GetRepositoryRequest, place, scan_frequency: true))
                .await),
            "GetRepositoryPolicy" => {
                one(repositories.get_repository_policy(of_image!(GetRepositoryPolicyRequest, place)).await)
            }
            "GetLifecyclePolicy" => {
                one(repositories.get_lifecycle_policy(of_image!(GetLifecyclePolicyRequest, place)).await)
            }
            "ListTagsForResource" => {
                one(repositories.list_tags_for_resource(of_image!(ListTagsForResourceRequest, place)).await)
            }
            new => panic!("how {new} is called is not said here"),
        }
    }

    async fn scans(&self, world: &World, place: Place) -> Result<(), Status> {
        let mut scans = world.scans();
        let image_id = Some(tag("v1"));
        match self.method {
            "GetScanFindings" => one(scans
                .get_scan_findings(of_image!(GetScanFindingsRequest, place, image_id: image_id))
                .await),
            "StreamScanFindings" => {
                let stream = of_image!(StreamScanFindingsRequest, place, image_id: image_id);
                all(scans.stream_scan_findings(stream).await).await
            }
            "StartScan" => {
                one(scans.start_scan(of_image!(StartScanRequest, place, image_id: image_id)).await)
            }
            "GetScanStatus" => {
                one(scans.get_scan_status(of_image!(GetScanStatusRequest, place, image_id: image_id)).await)
            }
            "WaitForScan" => {
                let timeout = Some(Duration { seconds: 0, nanos: 30_000_000 });
                let wait = of_image!(WaitForScanRequest, place, image_id: image_id, timeout: timeout);
                all(scans.wait_for_scan(wait).await).await
            }
            new => panic!("how {new} is called is not said here"),
        }
    }
}

fn one<T>(answer: Result<Response<T>, Status>) -> Result<(), Status> {
    answer.map(drop)
}

async fn all<T: Debug>(answer: Result<Response<Streaming<T>>, Status>) -> Result<(), Status> {
    let mut stream = answer?.into_inner();
    while let Some(element) = stream.next().await {
        element?;
    }
    Ok(())
}
