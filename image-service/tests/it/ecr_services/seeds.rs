//! What is in a registry before a test asks for it.

use aws_sdk_ecr::{Client, primitives::Blob};
use fixtures::images::{Content, Image};
use imageservice_proto::ecr::v1::ImageIdentifier;

/// The repository of nearly all tests.
pub(super) const APP: &str = "team/app";

pub(super) async fn create(sdk: &Client, repository: &str) {
    sdk.create_repository().repository_name(repository).send().await.unwrap();
}

/// Pushes an image with its layers and its config, under some tags or none.
pub(super) async fn push(sdk: &Client, repository: &str, image: &Image, tags: &[&str]) -> String {
    for blob in image.layers.iter().chain([&image.config]) {
        push_blob(sdk, repository, blob).await;
    }
    put(sdk, repository, &image.manifest, tags).await
}

/// Puts a manifest whose parts are there.
pub(super) async fn put(sdk: &Client, repository: &str, manifest: &Content, tags: &[&str]) -> String {
    let text = std::str::from_utf8(&manifest.bytes).unwrap();
    let put = || {
        let call = sdk.put_image().repository_name(repository).image_manifest(text);
        call.image_manifest_media_type(&manifest.media_type)
    };
    if tags.is_empty() {
        put().send().await.unwrap();
    }
    for tag in tags {
        put().image_tag(*tag).send().await.unwrap();
    }
    manifest.digest()
}

async fn push_blob(sdk: &Client, repository: &str, blob: &Content) {
    let upload = sdk.initiate_layer_upload().repository_name(repository).send().await.unwrap();
    let id = upload.upload_id.unwrap();
    let last = i64::try_from(blob.bytes.len()).unwrap() - 1;
    let part = sdk.upload_layer_part().repository_name(repository).upload_id(&id);
    let part = part.part_first_byte(0).part_last_byte(last).layer_part_blob(Blob::new(blob.bytes.clone()));
    part.send().await.unwrap();
    let complete = sdk.complete_layer_upload().repository_name(repository).upload_id(&id);
    let completed = complete.layer_digests(blob.digest()).send().await;
    // Images of one test may share a layer.
    let known = completed.as_ref().is_err_and(|why| {
        why.as_service_error().is_some_and(|error| error.is_layer_already_exists_exception())
    });
    assert!(known || completed.is_ok(), "{completed:?}");
}

/// Pushes an image into a public repository.
pub(super) async fn publish(sdk: &aws_sdk_ecrpublic::Client, repository: &str, image: &Image, tag: &str) {
    for blob in image.layers.iter().chain([&image.config]) {
        let begun = sdk.initiate_layer_upload().repository_name(repository).send().await.unwrap();
        let id = begun.upload_id.unwrap();
        let last = i64::try_from(blob.bytes.len()).unwrap() - 1;
        let part = sdk.upload_layer_part().repository_name(repository).upload_id(&id);
        let part = part.part_first_byte(0).part_last_byte(last);
        part.layer_part_blob(Blob::new(blob.bytes.clone())).send().await.unwrap();
        let complete = sdk.complete_layer_upload().repository_name(repository).upload_id(id);
        complete.layer_digests(blob.digest()).send().await.unwrap();
    }
    let put = sdk.put_image().repository_name(repository).image_tag(tag);
    let put = put.image_manifest(std::str::from_utf8(&image.manifest.bytes).unwrap());
    put.image_manifest_media_type(&image.manifest.media_type).send().await.unwrap();
}

pub(super) fn tag(tag: &str) -> ImageIdentifier {
    ImageIdentifier { image_tag: tag.to_owned(), ..Default::default() }
}

pub(super) fn digest(digest: &str) -> ImageIdentifier {
    ImageIdentifier { image_digest: digest.to_owned(), ..Default::default() }
}
