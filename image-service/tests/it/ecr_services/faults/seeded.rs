//! A service and a local ECR in which every call succeeds, as long as nothing goes wrong.

use std::sync::atomic::{AtomicU32, Ordering};

use ecr_local::Running;
use fixtures::images::{self, Image};
use imageservice_proto::ecr::v1::Registry;

use super::calls::Call;
use crate::ecr_services::{
    seeds::{self, APP},
    world::{LONG, REGION, World, in_region},
};

const LIFECYCLE: &str = r#"{"rules":[{"rulePriority":1,"selection":{"tagStatus":"any","countType":"imageCountMoreThan","countNumber":1000},"action":{"type":"expire"}}]}"#;
const POLICY: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":["ecr:BatchGetImage"]}]}"#;

/// Both.
pub(super) struct Seeded {
    pub(super) world: World,
    image: Image,
    /// Places that were given out.
    places: AtomicU32,
}

/// Where a call is made.
pub(super) struct Place {
    pub(super) registry: Option<Registry>,
    number: u32,
}

/// What a call may have changed: images with their tags, and the scan.
pub(super) type Snapshot = (Vec<(String, Vec<String>)>, String);

impl Seeded {
    /// With lines for `[ecr]`.
    pub(super) async fn with(ecr: &str) -> Self {
        let quick = "scans = { first_poll_ms = 5, longest_poll_ms = 5 }";
        let world = World::local_with(&format!("{quick}\n{ecr}")).await;
        let sdk = world.sdk().await;
        repository(&sdk).await;
        let image = Image::docker("app");
        seeds::push(&sdk, APP, &image, &["v1"]).await;
        let index = images::index(images::OCI_INDEX, &[image.manifest.entry("linux/amd64")]);
        seeds::put(&sdk, APP, &index, &["all"]).await;
        let public = aws_sdk_ecrpublic::Client::new(&world.sdk_config("us-east-1").await);
        public.create_repository().repository_name(APP).send().await.unwrap();
        seeds::publish(&public, APP, &image, "v1").await;
        let seeded = Self { world, image, places: AtomicU32::new(0) };
        seeded.scan().await;
        seeded
    }

    pub(super) fn local(&self) -> &Running {
        self.world.local_ecr().unwrap()
    }

    /// Where a call can be made and will succeed. What the service remembers of a Region is no help in another.
    pub(super) async fn place(&self, call: &Call) -> Place {
        let number = self.places.fetch_add(1, Ordering::Relaxed);
        let registry = match (call.service, call.method) {
            ("AuthService", _) => in_region(&region(number)),
            ("RepositoryService", "ListRepositories" | "StreamRepositories" | "GetRepository") => {
                let region: &'static str = region(number).leak();
                repository(&self.world.sdk_in(region).await).await;
                in_region(region)
            }
            (_, "BatchDeleteImage") => {
                self.tag("going").await;
                None
            }
            (_, "StartScan") => {
                self.scan().await;
                None
            }
            ("ScanService", _) => {
                self.world.pass(LONG);
                None
            }
            _ => None,
        };
        Place { registry, number }
    }

    pub(super) async fn snapshot(&self) -> Snapshot {
        let sdk = self.world.sdk().await;
        let found = sdk.describe_images().repository_name(APP).send().await.unwrap();
        let mut images: Vec<_> = found
            .image_details
            .unwrap_or_default()
            .into_iter()
            .map(|image| {
                let mut tags = image.image_tags.unwrap_or_default();
                tags.sort();
                (image.image_digest.unwrap_or_default(), tags)
            })
            .collect();
        images.sort();
        let id = aws_sdk_ecr::types::ImageIdentifier::builder().image_tag("v1").build();
        let scan = sdk.describe_image_scan_findings().repository_name(APP).image_id(id).send().await.unwrap();
        (images, format!("{:?}", scan.image_scan_status))
    }

    /// Gives the image a tag, which it may have.
    async fn tag(&self, tag: &str) {
        let put = self.world.sdk().await.put_image().repository_name(APP).image_tag(tag);
        let put = put.image_manifest(std::str::from_utf8(&self.image.manifest.bytes).unwrap());
        let put = put.image_manifest_media_type(&self.image.manifest.media_type).send().await;
        let is_there =
            |error: &aws_sdk_ecr::error::SdkError<aws_sdk_ecr::operation::put_image::PutImageError>| {
                error.as_service_error().is_some_and(|error| error.is_image_already_exists_exception())
            };
        assert!(put.as_ref().err().is_none_or(is_there), "{put:?}");
    }

    /// A scan that is over, since so long that there may be another.
    async fn scan(&self) {
        let id = aws_sdk_ecr::types::ImageIdentifier::builder().image_tag("v1").build();
        self.world.pass(25 * LONG);
        let sdk = self.world.sdk().await;
        sdk.start_image_scan().repository_name(APP).image_id(id).send().await.unwrap();
        self.world.pass(25 * LONG);
    }
}

impl Place {
    /// A tag that there is not.
    pub(super) fn fresh_tag(&self) -> String {
        format!("fresh-{}", self.number)
    }
}

/// A repository with policies.
async fn repository(sdk: &aws_sdk_ecr::Client) {
    seeds::create(sdk, APP).await;
    sdk.put_lifecycle_policy().repository_name(APP).lifecycle_policy_text(LIFECYCLE).send().await.unwrap();
    sdk.set_repository_policy().repository_name(APP).policy_text(POLICY).send().await.unwrap();
}

fn region(number: u32) -> String {
    format!("{REGION}-{number}")
}
