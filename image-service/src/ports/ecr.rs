//! Amazon ECR as the services of `ecr.v1` show it: one trait for each service, in the protocol's own messages. The `.proto` files are the manual; a third
//! vocabulary between AWS's and theirs would say nothing new.

use std::{fmt::Debug, pin::Pin, sync::Arc};

use async_trait::async_trait;
use futures_util::Stream;
use imageservice_proto::ecr::v1;

use crate::error::Result;

/// A listing that asks for its next page when the last one was read. Dropping it ends it.
pub type EcrStream<T> = Pin<Box<dyn Stream<Item = Result<T>> + Send>>;

/// All services.
#[derive(Clone, Debug)]
pub struct EcrServices {
    /// Repositories.
    pub repositories: Arc<dyn EcrRepositories>,
    /// Images.
    pub images: Arc<dyn EcrImages>,
    /// Manifests and configs.
    pub manifests: Arc<dyn EcrManifests>,
    /// Scans.
    pub scans: Arc<dyn EcrScans>,
    /// Passwords.
    pub auth: Arc<dyn EcrAuth>,
    /// Replication.
    pub replication: Arc<dyn EcrReplication>,
    /// ECR Public.
    pub public: Arc<dyn EcrPublic>,
}

/// `ecr.v1.RepositoryService`
#[async_trait]
pub trait EcrRepositories: Send + Sync + Debug {
    /// A page of repositories.
    async fn list_repositories(
        &self,
        request: v1::ListRepositoriesRequest,
    ) -> Result<v1::ListRepositoriesResponse>;

    /// All repositories.
    fn stream_repositories(&self, request: v1::StreamRepositoriesRequest) -> EcrStream<v1::Repository>;

    /// One repository.
    async fn get_repository(&self, request: v1::GetRepositoryRequest) -> Result<v1::Repository>;

    /// Who may do what.
    async fn get_repository_policy(
        &self,
        request: v1::GetRepositoryPolicyRequest,
    ) -> Result<v1::RepositoryPolicy>;

    /// Which images expire.
    async fn get_lifecycle_policy(
        &self,
        request: v1::GetLifecyclePolicyRequest,
    ) -> Result<v1::LifecyclePolicy>;

    /// Tags of a repository as a resource.
    async fn list_tags_for_resource(
        &self,
        request: v1::ListTagsForResourceRequest,
    ) -> Result<v1::ListTagsForResourceResponse>;
}

/// `ecr.v1.ImageService`
#[async_trait]
pub trait EcrImages: Send + Sync + Debug {
    /// A page of identifiers.
    async fn list_images(&self, request: v1::ListImagesRequest) -> Result<v1::ListImagesResponse>;

    /// All identifiers.
    fn stream_images(&self, request: v1::StreamImagesRequest) -> EcrStream<v1::ImageIdentifier>;

    /// A page of images, or those that are named.
    async fn describe_images(&self, request: v1::DescribeImagesRequest)
    -> Result<v1::DescribeImagesResponse>;

    /// All images.
    fn stream_image_details(&self, request: v1::StreamImageDetailsRequest) -> EcrStream<v1::ImageDetail>;

    /// One manifest, and its config if asked for.
    async fn get_image(&self, request: v1::GetImageRequest) -> Result<v1::GetImageResponse>;

    /// Several manifests.
    async fn batch_get_images(
        &self,
        request: v1::BatchGetImagesRequest,
    ) -> Result<v1::BatchGetImagesResponse>;

    /// Another tag for an image.
    async fn put_image_tag(&self, request: v1::PutImageTagRequest) -> Result<v1::PutImageTagResponse>;

    /// Fewer tags and images.
    async fn batch_delete_image(
        &self,
        request: v1::BatchDeleteImageRequest,
    ) -> Result<v1::BatchDeleteImageResponse>;
}

/// `ecr.v1.ManifestService`
#[async_trait]
pub trait EcrManifests: Send + Sync + Debug {
    /// The manifest of one image.
    async fn get_manifest(&self, request: v1::GetManifestRequest) -> Result<v1::ImageManifest>;

    /// The entries of an index.
    async fn get_manifest_list(&self, request: v1::GetManifestListRequest) -> Result<v1::ManifestList>;

    /// The config of one image, verified.
    async fn get_image_config(&self, request: v1::GetImageConfigRequest) -> Result<v1::ImageConfig>;

    /// The layers of one image.
    async fn get_layers(&self, request: v1::GetLayersRequest) -> Result<v1::GetLayersResponse>;

    /// A page of what refers to an image.
    async fn list_image_referrers(
        &self,
        request: v1::ListImageReferrersRequest,
    ) -> Result<v1::ListImageReferrersResponse>;

    /// All that refers to an image.
    fn stream_image_referrers(
        &self,
        request: v1::StreamImageReferrersRequest,
    ) -> EcrStream<v1::ImageReferrer>;
}

/// `ecr.v1.ScanService`
#[async_trait]
pub trait EcrScans: Send + Sync + Debug {
    /// A page of findings.
    async fn get_scan_findings(
        &self,
        request: v1::GetScanFindingsRequest,
    ) -> Result<v1::GetScanFindingsResponse>;

    /// All findings.
    fn stream_scan_findings(
        &self,
        request: v1::StreamScanFindingsRequest,
    ) -> EcrStream<v1::GetScanFindingsResponse>;

    /// Starts a basic scan.
    async fn start_scan(&self, request: v1::StartScanRequest) -> Result<v1::StartScanResponse>;

    /// Where the scan is.
    async fn get_scan_status(&self, request: v1::GetScanStatusRequest) -> Result<v1::GetScanStatusResponse>;

    /// Where the scan is, until it has ended.
    fn wait_for_scan(&self, request: v1::WaitForScanRequest) -> EcrStream<v1::ScanProgress>;
}

/// `ecr.v1.AuthService`
#[async_trait]
pub trait EcrAuth: Send + Sync + Debug {
    /// The password that is kept.
    async fn get_authorization_token(
        &self,
        request: v1::GetAuthorizationTokenRequest,
    ) -> Result<v1::AuthorizationData>;

    /// How docker logs in with it.
    async fn get_login_command(&self, request: v1::GetLoginCommandRequest) -> Result<v1::LoginCommand>;

    /// A new one.
    async fn refresh_token(&self, request: v1::RefreshTokenRequest) -> Result<v1::AuthorizationData>;
}

/// `ecr.v1.ReplicationService`
#[async_trait]
pub trait EcrReplication: Send + Sync + Debug {
    /// Where an image's copies are.
    async fn get_replication_status(
        &self,
        request: v1::GetReplicationStatusRequest,
    ) -> Result<v1::GetReplicationStatusResponse>;

    /// Where images are copied to.
    async fn list_replication_destinations(
        &self,
        request: v1::ListReplicationDestinationsRequest,
    ) -> Result<v1::ListReplicationDestinationsResponse>;

    /// Whether a copy is one.
    async fn check_consistency(
        &self,
        request: v1::CheckConsistencyRequest,
    ) -> Result<v1::CheckConsistencyResponse>;
}

/// `ecr.v1.PublicRegistryService`
#[async_trait]
pub trait EcrPublic: Send + Sync + Debug {
    /// A page of repositories.
    async fn list_public_repositories(
        &self,
        request: v1::ListPublicRepositoriesRequest,
    ) -> Result<v1::ListPublicRepositoriesResponse>;

    /// All repositories.
    fn stream_public_repositories(
        &self,
        request: v1::StreamPublicRepositoriesRequest,
    ) -> EcrStream<v1::PublicRepository>;

    /// One repository.
    async fn get_public_repository(
        &self,
        request: v1::GetPublicRepositoryRequest,
    ) -> Result<v1::PublicRepository>;

    /// A page of images, or those that are named.
    async fn list_public_images(
        &self,
        request: v1::ListPublicImagesRequest,
    ) -> Result<v1::ListPublicImagesResponse>;

    /// All images.
    fn stream_public_images(
        &self,
        request: v1::StreamPublicImagesRequest,
    ) -> EcrStream<v1::PublicImageDetail>;

    /// The password for public.ecr.aws.
    async fn get_public_auth_token(
        &self,
        request: v1::GetPublicAuthTokenRequest,
    ) -> Result<v1::AuthorizationData>;
}
