//! ImageService.BatchDeleteImage: what goes, what is told, and what stays.

use fixtures::images::{self, Image};
use imageservice_proto::ecr::v1::{BatchDeleteImageRequest, ImageFailureCode, ImageIdentifier};
use serde_json::json;

use super::{
    script,
    seeds::{self, APP, digest, tag},
    world::{World, reason},
};

fn delete(image_ids: Vec<ImageIdentifier>) -> BatchDeleteImageRequest {
    BatchDeleteImageRequest { repository_name: APP.into(), image_ids, ..Default::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_deleted_is_told_even_if_a_later_call_fails() {
    let world = World::scripted("").await;
    script::next(world.script(), &json!({ "imageIds": [{ "imageDigest": "sha256:a", "imageTag": "v0" }] }));
    script::refuse(world.script(), "AccessDeniedException");
    let tags = (0..101).map(|number| tag(&format!("v{number}"))).collect();
    let removed = world.images().batch_delete_image(delete(tags)).await.unwrap().into_inner();
    assert_eq!(removed.image_ids[0].image_tag, "v0");
    assert_eq!(removed.failures.len(), 1);
    assert_eq!(removed.failures[0].failure_code(), ImageFailureCode::CallFailed);
    assert_eq!(removed.failures[0].image_id.as_ref().unwrap().image_tag, "v100");

    script::refuse(world.script(), "AccessDeniedException");
    let first = world.images().batch_delete_image(delete(vec![tag("v1")])).await;
    assert_eq!(reason(first), "ACCESS_DENIED");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tag_with_its_digest_goes_by_tag_alone_and_only_if_they_belong_together() {
    let world = World::local().await;
    let sdk = world.sdk().await;
    seeds::create(&sdk, APP).await;
    let one = seeds::push(&sdk, APP, &Image::oci("one"), &["v1", "also"]).await;
    let two = seeds::push(&sdk, APP, &Image::oci("two"), &["v2"]).await;
    let both =
        |digest: &str, tag: &str| ImageIdentifier { image_digest: digest.into(), image_tag: tag.into() };
    let removed = world.images().batch_delete_image(delete(vec![both(&one, "v1"), both(&one, "v2")])).await;
    let removed = removed.unwrap().into_inner();
    assert_eq!(removed.image_ids, [both(&one, "v1")]);
    assert_eq!(removed.failures[0].failure_code(), ImageFailureCode::ImageTagDoesNotMatchDigest);

    let left = world.images().batch_delete_image(delete(vec![digest(&one), digest(&two)])).await;
    let mut left = left.unwrap().into_inner().image_ids;
    left.sort_by(|one, other| one.image_tag.cmp(&other.image_tag));
    assert_eq!(left, [both(&one, "also"), both(&two, "v2")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_child_of_an_index_stays_as_long_as_the_index() {
    let world = World::local().await;
    let sdk = world.sdk().await;
    seeds::create(&sdk, APP).await;
    let child = Image::oci("child");
    seeds::push(&sdk, APP, &child, &[]).await;
    let index = images::index(images::OCI_INDEX, &[child.manifest.entry("linux/amd64")]);
    seeds::put(&sdk, APP, &index, &["all"]).await;
    let kept = world.images().batch_delete_image(delete(vec![digest(&child.manifest.digest())])).await;
    let kept = kept.unwrap().into_inner();
    assert!(kept.image_ids.is_empty());
    assert_eq!(kept.failures[0].failure_code(), ImageFailureCode::ImageReferencedByManifestList);
}
