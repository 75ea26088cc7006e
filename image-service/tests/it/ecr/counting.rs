//! What is counted of images and scans while the services work.

use fixtures::{
    images::Image,
    registry::{Reply, ScriptedRegistry},
    scraped::Scraped,
    system::System,
};
use http::Method;
use imageservice_proto::ecr::v1::{
    BatchDeleteImageRequest, BatchGetImagesRequest, DescribeImagesRequest, GetScanStatusRequest,
    ImageIdentifier, ListImagesRequest, ListPublicImagesRequest, PutImageTagRequest, StartScanRequest,
    image_service_client::ImageServiceClient, public_registry_service_client::PublicRegistryServiceClient,
    scan_service_client::ScanServiceClient,
};
use serde_json::{Value, json};

use super::world::{answer, refusal};

/// The service with a page for Prometheus, and the server that it asks.
struct Counted {
    aws: ScriptedRegistry,
    system: System,
}

impl Counted {
    /// The server has these answers.
    async fn with(answers: &[Value]) -> Self {
        let aws = ScriptedRegistry::start().await;
        let url = aws.url("");
        let config = format!(
            "[ecr]\nregion = 'eu-central-1'\nendpoint_url = '{url}'\npublic_endpoint_url = '{url}'\n\
             rates = {{ StartImageScan = 1000 }}\n\
             [ecr.auth]\nkind = 'static'\naccess_key_id = 'AKIDBASE'\nsecret_access_key = 's3cret'\n\
             [telemetry]\nprometheus = '127.0.0.1:0'\n"
        );
        let counted = Self { aws, system: System::with_config(&config).await };
        answers.iter().for_each(|body| counted.next(answer(body)));
        counted
    }

    fn next(&self, reply: Reply) {
        self.aws.next(Method::POST, "/", reply);
    }

    async fn page(&mut self) -> Scraped {
        Scraped::of(self.system.service()).await
    }
}

fn counted(page: &Scraped, counter: &str, operation: &str) -> f64 {
    page.sum(counter, &[&format!("operation=\"{operation}\"")])
}

fn id(tag: &str) -> ImageIdentifier {
    ImageIdentifier { image_tag: tag.into(), ..Default::default() }
}

fn ids(tags: &[&str]) -> Value {
    tags.iter().map(|tag| json!({ "imageTag": tag })).collect()
}

#[tokio::test]
async fn images_are_counted_as_they_are_listed_described_put_and_deleted() {
    let image = Image::oci("app").manifest;
    let found = json!({ "images": [{ "imageId": { "imageDigest": image.digest() },
        "imageManifest": std::str::from_utf8(&image.bytes).unwrap() }] });
    let mut world = Counted::with(&[
        json!({ "imageIds": ids(&["a", "b", "c"]) }),
        json!({ "imageDetails": [{ "imageDigest": "sha256:a" }, { "imageDigest": "sha256:b" }] }),
        found.clone(),
        found,
        json!({ "image": {} }),
        json!({ "imageIds": ids(&["a"]), "failures": [] }),
        json!({ "imageDetails": [{ "imageDigest": "sha256:a" }] }),
    ])
    .await;
    let channel = world.system.channel().await;
    let (mut images, repository_name) = (ImageServiceClient::new(channel.clone()), || "app".to_owned());
    images
        .list_images(ListImagesRequest { repository_name: repository_name(), ..Default::default() })
        .await
        .unwrap();
    let describe = DescribeImagesRequest { repository_name: repository_name(), ..Default::default() };
    images.describe_images(describe).await.unwrap();
    let image_ids = vec![id("a")];
    let get = BatchGetImagesRequest {
        repository_name: repository_name(),
        image_ids: image_ids.clone(),
        ..Default::default()
    };
    images.batch_get_images(get).await.unwrap();
    let put = PutImageTagRequest {
        repository_name: repository_name(),
        image_id: Some(id("a")),
        image_tag: "b".into(),
        ..Default::default()
    };
    images.put_image_tag(put).await.unwrap();
    let delete =
        BatchDeleteImageRequest { repository_name: repository_name(), image_ids, ..Default::default() };
    images.batch_delete_image(delete).await.unwrap();
    let public = ListPublicImagesRequest { repository_name: repository_name(), ..Default::default() };
    PublicRegistryServiceClient::new(channel).list_public_images(public).await.unwrap();
    let page = world.page().await;
    for (operation, images) in [
        ("ListImages", 3.0),
        ("DescribeImages", 3.0),
        ("BatchGetImage", 2.0),
        ("PutImage", 1.0),
        ("BatchDeleteImage", 1.0),
    ] {
        assert_eq!(counted(&page, "ecr_images_total", operation), images, "{operation}");
    }
}

#[tokio::test]
async fn scans_are_counted_when_they_are_started_and_asked_about_but_not_when_they_are_refused() {
    let mut world =
        Counted::with(&[json!({}), json!({ "imageScanStatus": { "status": "IN_PROGRESS" } })]).await;
    let mut scans = ScanServiceClient::new(world.system.channel().await);
    let start =
        StartScanRequest { repository_name: "app".into(), image_id: Some(id("a")), ..Default::default() };
    scans.start_scan(start.clone()).await.unwrap();
    let status =
        GetScanStatusRequest { repository_name: "app".into(), image_id: Some(id("a")), ..Default::default() };
    scans.get_scan_status(status).await.unwrap();
    world.next(refusal(400, "LimitExceededException", json!({})));
    scans.start_scan(start).await.unwrap_err();
    let page = world.page().await;
    assert_eq!(counted(&page, "ecr_scans_total", "StartImageScan"), 1.0);
    assert_eq!(counted(&page, "ecr_scans_total", "DescribeImageScanFindings"), 1.0);
    assert_eq!(page.series("ecr_images_total"), 0);
}
