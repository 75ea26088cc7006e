//! ImageService.PutImageTag: to do it twice is to do it once.

use aws_sdk_ecr::types::ImageTagMutability;
use fixtures::images::Image;
use imageservice_proto::ecr::v1::{DescribeImagesRequest, PutImageTagRequest};
use serde_json::json;

use super::{
    script,
    seeds::{self, APP, digest, tag},
    world::{World, reason},
};

fn put(image: imageservice_proto::ecr::v1::ImageIdentifier, name: &str) -> PutImageTagRequest {
    PutImageTagRequest {
        repository_name: APP.into(),
        image_id: Some(image),
        image_tag: name.to_owned(),
        ..Default::default()
    }
}

async fn digest_of(world: &World, name: &str) -> String {
    let named = DescribeImagesRequest {
        repository_name: APP.into(),
        image_ids: vec![tag(name)],
        ..Default::default()
    };
    let mut found = world.images().describe_images(named).await.unwrap().into_inner().image_details;
    found.remove(0).image_digest
}

#[tokio::test(flavor = "multi_thread")]
async fn an_immutable_tag_of_another_image_stays_where_it_is() {
    let world = World::local().await;
    let sdk = world.sdk().await;
    let create = sdk.create_repository().repository_name(APP);
    create.image_tag_mutability(ImageTagMutability::Immutable).send().await.unwrap();
    let one = seeds::push(&sdk, APP, &Image::oci("one"), &["v1"]).await;
    seeds::push(&sdk, APP, &Image::oci("two"), &["v2"]).await;
    assert_eq!(reason(world.images().put_image_tag(put(tag("v2"), "v1")).await), "IMAGE_TAG_ALREADY_EXISTS");
    assert_eq!(digest_of(&world, "v1").await, one);
    // Where it is already, there is nothing to refuse.
    let again = world.images().put_image_tag(put(tag("v1"), "v1")).await.unwrap().into_inner();
    assert!(again.already_tagged);
}

#[tokio::test(flavor = "multi_thread")]
async fn either_refusal_of_the_same_image_is_a_success() {
    let world = World::scripted("").await;
    let image = Image::oci("app").manifest;
    let found = json!({ "images": [{
        "imageId": { "imageDigest": image.digest() },
        "imageManifest": std::str::from_utf8(&image.bytes).unwrap(),
        "imageManifestMediaType": image.media_type,
    }] });
    let tagged = json!({ "imageDetails": [{ "imageDigest": image.digest(), "imageTags": ["v1"] }] });
    script::next(world.script(), &found);
    script::refuse(world.script(), "ImageTagAlreadyExistsException");
    script::next(world.script(), &tagged);
    let put = put(digest(&image.digest()), "v1");
    assert!(world.images().put_image_tag(put.clone()).await.unwrap().into_inner().already_tagged);

    script::next(world.script(), &found);
    script::refuse(world.script(), "ImageAlreadyExistsException");
    assert!(world.images().put_image_tag(put.clone()).await.unwrap().into_inner().already_tagged);

    script::next(world.script(), &found);
    script::refuse(world.script(), "LayersNotFoundException");
    assert_eq!(reason(world.images().put_image_tag(put).await), "LAYERS_NOT_FOUND");

    let sent =
        script::calls(world.script()).into_iter().find(|(operation, _)| operation == "PutImage").unwrap().1;
    assert_eq!(sent["imageManifest"].as_str().unwrap().as_bytes(), &image.bytes[..]);
    assert_eq!(sent["imageDigest"], image.digest());
    assert_eq!(sent["imageManifestMediaType"], image.media_type);
}
