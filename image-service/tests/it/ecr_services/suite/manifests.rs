//! Manifests and configs as they were pushed, and tags that move from one to another.

use fixtures::images::{self, Content, Image, ImageBuilder};
use futures_util::TryStreamExt as _;
use imageservice_proto::ecr::v1::{
    ArtifactStatus, DescribeImagesRequest, GetImageConfigRequest, GetImageRequest, GetLayersRequest,
    GetManifestListRequest, GetManifestRequest, ImageIdentifier, ListImageReferrersRequest,
    PutImageTagRequest, ReferrerFilter, StreamImageReferrersRequest,
};

use crate::ecr_services::{
    seeds::{self, APP, digest, tag},
    world::{World, reason},
};

const SIGNATURE: &str = "application/vnd.dev.cosign.artifact.sig.v1+json";

pub(crate) async fn reads_manifests(world: &World) {
    let sdk = world.sdk().await;
    seeds::create(&sdk, APP).await;
    let image = ImageBuilder::new("app").layers(["one", "longer"]).platform("linux/arm64/v8").build();
    let pushed = seeds::push(&sdk, APP, &image, &["one"]).await;
    let index = images::index(images::OCI_INDEX, &[image.manifest.entry("linux/arm64/v8")]);
    seeds::put(&sdk, APP, &index, &["all"]).await;

    let mut manifests = world.manifests();
    let read = manifests.get_manifest(manifest(digest(&pushed))).await.unwrap().into_inner();
    assert_eq!((read.image_digest.as_str(), read.schema_version), (pushed.as_str(), 2));
    assert_eq!(read.media_type, image.manifest.media_type);
    assert_eq!(read.config.unwrap().digest, image.id());
    let digests: Vec<_> = read.layers.iter().map(|layer| layer.digest.clone()).collect();
    assert_eq!(digests, image.layers.iter().map(Content::digest).collect::<Vec<_>>());
    let found = manifests.get_layers(layers("one")).await.unwrap().into_inner();
    assert_eq!((found.image_digest, found.total_size), (pushed.clone(), 9));
    let read = manifests.get_image_config(config("one")).await.unwrap().into_inner();
    assert_eq!((&read.content[..], read.digest), (&image.config.bytes[..], image.id()));
    assert_eq!(read.platform.unwrap().architecture, "arm64");
    let get = GetImageRequest {
        repository_name: APP.into(),
        image_id: Some(tag("one")),
        with_config: true,
        ..Default::default()
    };
    let got = world.images().get_image(get.clone()).await.unwrap().into_inner();
    assert_eq!(got.image.unwrap().image_manifest.as_bytes(), &image.manifest.bytes[..]);
    assert_eq!(got.config.unwrap().content, image.config.bytes);
    let bare = world.images().get_image(GetImageRequest { with_config: false, ..get }).await.unwrap();
    assert_eq!(bare.into_inner().config, None);

    let listed = manifests.get_manifest_list(list("all")).await.unwrap().into_inner();
    assert_eq!((listed.image_digest, listed.media_type.as_str()), (index.digest(), images::OCI_INDEX));
    assert_eq!(listed.manifests[0].digest, pushed);
    let platform = listed.manifests[0].platform.as_ref().unwrap();
    assert_eq!([&platform.os, &platform.architecture, &platform.variant], ["linux", "arm64", "v8"]);
    assert_eq!(reason(manifests.get_manifest_list(list("one")).await), "NOT_A_MANIFEST_LIST");
    assert_eq!(reason(manifests.get_manifest(manifest(tag("all"))).await), "IS_A_MANIFEST_LIST");
    assert_eq!(reason(manifests.get_image_config(config("all")).await), "IS_A_MANIFEST_LIST");
    assert_eq!(reason(manifests.get_layers(layers("all")).await), "IS_A_MANIFEST_LIST");
}

pub(crate) async fn lists_referrers(world: &World) {
    let sdk = world.sdk().await;
    seeds::create(&sdk, APP).await;
    let image = Image::oci("app");
    let subject = seeds::push(&sdk, APP, &image, &["v1"]).await;
    let mut manifests = world.manifests();
    let list = ListImageReferrersRequest {
        repository_name: APP.into(),
        subject_digest: subject.clone(),
        ..Default::default()
    };
    assert!(manifests.list_image_referrers(list.clone()).await.unwrap().into_inner().referrers.is_empty());
    let mut pushed = Vec::new();
    for (name, kind) in [("sbom", "application/spdx+json"), ("one", SIGNATURE), ("two", SIGNATURE)] {
        let referrer = Image::oci(name).with_manifest(|manifest| {
            manifest["artifactType"] = kind.into();
            manifest["subject"] = image.manifest.entry("linux/amd64");
            manifest["annotations"] = serde_json::json!({ "name": name });
        });
        pushed.push(seeds::push(&sdk, APP, &referrer, &[]).await);
    }
    let page = ListImageReferrersRequest { page_size: 2, ..list.clone() };
    let first = manifests.list_image_referrers(page.clone()).await.unwrap().into_inner();
    assert_eq!(first.referrers.len(), 2);
    let rest = ListImageReferrersRequest { page_token: first.next_page_token, ..page };
    let rest = manifests.list_image_referrers(rest).await.unwrap().into_inner();
    assert_eq!(rest.next_page_token, "");
    let mut found: Vec<_> = first.referrers.into_iter().chain(rest.referrers).collect();
    found.sort_by(|one, other| one.digest.cmp(&other.digest));
    pushed.sort();
    assert_eq!(
        found.iter().map(|referrer| &referrer.digest).collect::<Vec<_>>(),
        pushed.iter().collect::<Vec<_>>()
    );
    let sbom = found.iter().find(|referrer| referrer.artifact_type == "application/spdx+json").unwrap();
    assert_eq!((sbom.annotations["name"].as_str(), sbom.artifact_status()), ("sbom", ArtifactStatus::Active));
    assert!(sbom.size > 0 && sbom.media_type == image.manifest.media_type);

    let filter = ReferrerFilter { artifact_types: vec![SIGNATURE.into()], ..Default::default() };
    let signatures = StreamImageReferrersRequest {
        repository_name: APP.into(),
        subject_digest: subject,
        filter: Some(filter),
        ..Default::default()
    };
    let signatures = manifests.stream_image_referrers(signatures).await.unwrap().into_inner();
    assert_eq!(signatures.try_collect::<Vec<_>>().await.unwrap().len(), 2);
}

pub(crate) async fn moves_a_tag(world: &World) {
    let sdk = world.sdk().await;
    seeds::create(&sdk, APP).await;
    let one = seeds::push(&sdk, APP, &Image::docker("one"), &["v1"]).await;
    let two = seeds::push(&sdk, APP, &Image::oci("two"), &["v2"]).await;
    let moved = world.images().put_image_tag(put(digest(&two), "v1")).await.unwrap().into_inner();
    assert!(!moved.already_tagged);
    let image = moved.image.unwrap();
    assert_eq!((image.image_manifest.as_str(), &image.image_id.unwrap().image_digest), ("", &two));
    let mut tags = tags_of(world, &two).await;
    tags.sort();
    assert_eq!(tags, ["v1", "v2"]);
    assert!(tags_of(world, &one).await.is_empty(), "the image that had it stays");
    let again = world.images().put_image_tag(put(tag("v2"), "v1")).await.unwrap().into_inner();
    assert!(again.already_tagged);
}

async fn tags_of(world: &World, image: &str) -> Vec<String> {
    let named = DescribeImagesRequest {
        repository_name: APP.into(),
        image_ids: vec![digest(image)],
        ..Default::default()
    };
    let mut found = world.images().describe_images(named).await.unwrap().into_inner().image_details;
    found.remove(0).image_tags
}

fn put(image: ImageIdentifier, name: &str) -> PutImageTagRequest {
    PutImageTagRequest {
        repository_name: APP.into(),
        image_id: Some(image),
        image_tag: name.to_owned(),
        ..Default::default()
    }
}

fn manifest(image_id: ImageIdentifier) -> GetManifestRequest {
    GetManifestRequest { repository_name: APP.into(), image_id: Some(image_id), ..Default::default() }
}

fn list(name: &str) -> GetManifestListRequest {
    GetManifestListRequest { repository_name: APP.into(), image_id: Some(tag(name)), ..Default::default() }
}

fn config(name: &str) -> GetImageConfigRequest {
    GetImageConfigRequest { repository_name: APP.into(), image_id: Some(tag(name)), ..Default::default() }
}

fn layers(name: &str) -> GetLayersRequest {
    GetLayersRequest { repository_name: APP.into(), image_id: Some(tag(name)), ..Default::default() }
}
