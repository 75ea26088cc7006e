//! What is counted of images and scans while the services work.

use fixtures::images::Image;
use image_service::{
    ecr::metrics::{IMAGES, Measured, SCANS},
    ports::EcrServices,
};
use imageservice_proto::ecr::v1::{
    BatchDeleteImageRequest, BatchGetImagesRequest, DescribeImagesRequest, GetScanStatusRequest,
    ImageIdentifier, ListImagesRequest, ListPublicImagesRequest, PutImageTagRequest, StartScanRequest,
};
use serde_json::{Value, json};

use super::world::{World, answer, refusal};

/// The services, with a server that has some answers for them.
async fn world(answers: &[Value]) -> (World, EcrServices) {
    let world = World::with("rates = { StartImageScan = 1000 }").await;
    for body in answers {
        world.next(answer(body));
    }
    let services = world.ecr.services(&world.config.ecr).unwrap();
    (world, services)
}

fn counted(world: &World, counter: &'static str, operation: &'static str) -> Option<u64> {
    match world.ecr.metrics().read().get(&(counter, vec![("operation", operation)])) {
        Some(Measured::Count(count)) => Some(*count),
        _ => None,
    }
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
    let (world, services) = world(&[
        json!({ "imageIds": ids(&["a", "b", "c"]) }),
        json!({ "imageDetails": [{ "imageDigest": "sha256:a" }, { "imageDigest": "sha256:b" }] }),
        found.clone(),
        found,
        json!({ "image": {} }),
        json!({ "imageIds": ids(&["a"]), "failures": [] }),
        json!({ "imageDetails": [{ "imageDigest": "sha256:a" }] }),
    ])
    .await;
    let (images, repository_name) = (services.images, || "app".to_owned());
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
    services.public.list_public_images(public).await.unwrap();
    for (operation, images) in [
        ("ListImages", 3),
        ("DescribeImages", 3),
        ("BatchGetImage", 2),
        ("PutImage", 1),
        ("BatchDeleteImage", 1),
    ] {
        assert_eq!(counted(&world, IMAGES, operation), Some(images), "{operation}");
    }
}

#[tokio::test]
async fn scans_are_counted_when_they_are_started_and_asked_about_but_not_when_they_are_refused() {
    let (world, services) =
        world(&[json!({}), json!({ "imageScanStatus": { "status": "IN_PROGRESS" } })]).await;
    let start =
        StartScanRequest { repository_name: "app".into(), image_id: Some(id("a")), ..Default::default() };
    services.scans.start_scan(start.clone()).await.unwrap();
    let status =
        GetScanStatusRequest { repository_name: "app".into(), image_id: Some(id("a")), ..Default::default() };
    services.scans.get_scan_status(status).await.unwrap();
    world.next(refusal(400, "LimitExceededException", json!({})));
    services.scans.start_scan(start).await.unwrap_err();
    assert_eq!(counted(&world, SCANS, "StartImageScan"), Some(1));
    assert_eq!(counted(&world, SCANS, "DescribeImageScanFindings"), Some(1));
    assert_eq!(counted(&world, IMAGES, "ListImages"), None);
}
