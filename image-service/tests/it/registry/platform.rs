//! Which image of an index is chosen.

use fixtures::{
    images::{self, Content, DOCKER_LIST, Image, ImageBuilder, OCI_INDEX},
    registry::{Reply, ScriptedRegistry},
};
use http::Method;
use image_service::error::Error;
use serde_json::{Value, json};

use super::world::{MANIFEST, Names, World, app};

/// A registry with an index of images for these platforms, tagged v1.
async fn index_of(platforms: &[&str]) -> (ScriptedRegistry, Vec<Image>) {
    let registry = ScriptedRegistry::start().await;
    let images: Vec<_> = platforms.iter().map(|platform| Image::for_platform(platform, platform)).collect();
    let entries: Vec<_> =
        images.iter().zip(platforms).map(|(image, platform)| image.manifest.entry(platform)).collect();
    push_index(&registry, &entries, &images);
    (registry, images)
}

fn push_index(registry: &ScriptedRegistry, entries: &[Value], images: &[Image]) {
    images.iter().for_each(|image| registry.push_untagged("team/app", image));
    registry.put_manifest("team/app", Some("v1"), &images::index(DOCKER_LIST, entries));
}

#[tokio::test]
async fn a_multi_platform_image_takes_three_requests() {
    let (world, (registry, images)) = (World::new(), index_of(&["linux/arm64", "linux/amd64"]).await);
    let resolved = world.pull(&app(&registry)).await.unwrap();
    assert_eq!(resolved.config_digest.to_string(), images[1].id());
    assert_eq!(resolved.manifest.bytes, images[1].manifest.bytes);
    assert_ne!(resolved.top, resolved.manifest);
    assert_eq!(registry.requests().len(), 3);
}

#[tokio::test]
async fn the_best_candidate_is_chosen_and_among_equals_the_first() {
    for (wanted, offered, chosen) in [
        ("linux/arm/v7", &["linux/arm/v6", "linux/arm64"][..], Some(0)),
        ("linux/arm/v7", &["linux/arm/v5", "linux/arm/v6", "linux/arm/v7"], Some(2)),
        ("linux/amd64/v3", &["linux/amd64", "linux/amd64/v2", "linux/amd64/v4"], Some(1)),
        ("linux/amd64", &["linux/amd64/v2"], None),
        ("linux/arm64", &["linux/arm64/v8", "linux/arm64"], Some(0)),
        ("linux/arm64", &["linux/arm/v7"], None),
        ("linux/amd64", &["linux/386"], None),
        ("linux/s390x", &["linux/amd64"], None),
        ("windows/amd64", &["linux/amd64"], None),
    ] {
        let (world, (registry, images)) = (World::new(), index_of(offered).await);
        let pulled = world.pull_for(&app(&registry), wanted, &world.anonymous()).await;
        match (pulled, chosen) {
            (Ok(resolved), Some(chosen)) => {
                assert_eq!(
                    resolved.config_digest.to_string(),
                    images[chosen].id(),
                    "{wanted} of {offered:?}"
                );
            }
            (Err(Error::PlatformUnavailable { available, .. }), None) => {
                assert_eq!(available.len(), offered.len())
            }
            (pulled, _) => panic!("{wanted} of {offered:?}: {pulled:?}"),
        }
    }
}

#[tokio::test]
async fn other_architectures_stand_in_only_where_an_operator_says_so() {
    let world = World::on("", Names::default(), std::time::Duration::from_secs(20), true);
    for (wanted, offered) in [("linux/amd64", "linux/386"), ("linux/arm64", "linux/arm/v7")] {
        let (registry, images) = index_of(&[offered]).await;
        let resolved = world.pull_for(&app(&registry), wanted, &world.anonymous()).await.unwrap();
        assert_eq!(resolved.config_digest.to_string(), images[0].id());
    }
}

#[tokio::test]
async fn a_platform_that_is_not_there_is_told_with_those_that_are() {
    let (world, (registry, _)) = (World::new(), index_of(&["linux/amd64", "linux/arm64/v8"]).await);
    let error = world.pull_for(&app(&registry), "linux/s390x", &world.anonymous()).await.unwrap_err();
    assert_eq!(error.to_string(), "no matching manifest for linux/s390x in the manifest list entries");
    let Error::PlatformUnavailable { available, .. } = error else { panic!("{error}") };
    assert_eq!(available, ["linux/amd64", "linux/arm64"]);
    assert_eq!(registry.requests().len(), 1);
}

#[tokio::test]
async fn of_very_many_platforms_a_few_are_told_and_none_at_length() {
    let (world, registry) = (World::new(), ScriptedRegistry::start().await);
    let image = Image::docker("app");
    let entry = |n: usize| {
        let mut entry = image.manifest.descriptor();
        entry["platform"] = json!({"os": format!("os{n}\n{}", "x".repeat(1000)), "architecture": "amd64"});
        entry
    };
    push_index(&registry, &(0..1000).map(entry).collect::<Vec<_>>(), &[]);
    let error = world.failure(&app(&registry)).await;
    let Error::PlatformUnavailable { available, .. } = error else { panic!("{error}") };
    assert_eq!(available.len(), 32);
    assert!(available.iter().all(|text| text.len() == 64 && !text.contains('\n')), "{available:?}");
}

#[tokio::test]
async fn an_unknown_variant_of_arm64_is_an_error_that_says_so() {
    let (world, (registry, _)) = (World::new(), index_of(&["linux/arm64"]).await);
    let error = world.pull_for(&app(&registry), "linux/arm64/v99", &world.anonymous()).await.unwrap_err();
    assert_eq!(error.to_string(), "linux/arm64/v99 is not a known variant of arm64");
}

#[tokio::test]
async fn a_single_image_of_another_platform_is_returned_as_it_is() {
    let (world, registry) = (World::new(), ScriptedRegistry::start().await);
    registry.push("team/app", "v1", &Image::for_platform("app", "linux/arm64/v8"));
    assert_eq!(world.pull(&app(&registry)).await.unwrap().platform.to_string(), "linux/arm64");
}

#[tokio::test]
async fn attestations_are_passed_over_wherever_they_stand() {
    let (world, registry) = (World::new(), ScriptedRegistry::start().await);
    let image = Image::oci("app");
    let mut unmarked = images::attestation(&image.manifest);
    unmarked.as_object_mut().unwrap().remove("annotations");
    let mut marked = images::attestation(&image.config);
    marked["platform"] = json!({"os": "linux", "architecture": "amd64"});
    let entries =
        [images::attestation(&image.manifest), unmarked, marked, image.manifest.entry("linux/amd64")];
    push_index(&registry, &entries, std::slice::from_ref(&image));
    assert_eq!(world.pull(&app(&registry)).await.unwrap().config_digest.to_string(), image.id());
    assert_eq!(registry.requests().len(), 3);
}

#[tokio::test]
async fn an_entry_without_a_platform_is_opened_to_know() {
    let (world, registry) = (World::new(), ScriptedRegistry::start().await);
    let (arm, amd) = (Image::for_platform("arm", "linux/arm64"), Image::docker("amd"));
    push_index(
        &registry,
        &[arm.manifest.descriptor(), amd.manifest.descriptor()],
        &[arm.clone(), amd.clone()],
    );
    let resolved = world.pull(&app(&registry)).await.unwrap();
    assert_eq!(resolved.config_digest.to_string(), amd.id());
    assert_eq!(registry.requests().len(), 5, "index, two manifests, two configs");
    let arm64 = world.pull_for(&app(&registry), "linux/arm64", &world.anonymous()).await.unwrap();
    assert_eq!(arm64.config_digest.to_string(), arm.id());
}

#[tokio::test]
async fn an_entry_without_a_platform_that_is_no_image_is_passed_over() {
    let (world, registry) = (World::new(), ScriptedRegistry::start().await);
    let image = Image::docker("app");
    let chart = Image::oci("chart")
        .with_manifest(|m| m["config"]["mediaType"] = json!("application/vnd.cncf.helm.config.v1+json"));
    let schema1 = Content::json("", &json!({"schemaVersion": 1, "fsLayers": [], "signatures": []}));
    registry.put_manifest("team/app", None, &schema1);
    let entries = [chart.manifest.descriptor(), schema1.descriptor(), image.manifest.descriptor()];
    push_index(&registry, &entries, &[chart, image.clone()]);
    assert_eq!(world.pull(&app(&registry)).await.unwrap().config_digest.to_string(), image.id());
}

#[tokio::test]
async fn a_config_with_an_architecture_alone_is_linux() {
    let (world, registry) = (World::new(), ScriptedRegistry::start().await);
    let image = ImageBuilder::new("app").config(|c| drop(c.as_object_mut().unwrap().remove("os"))).build();
    push_index(&registry, &[image.manifest.descriptor()], std::slice::from_ref(&image));
    assert_eq!(world.pull(&app(&registry)).await.unwrap().platform.to_string(), "linux/amd64");
}

#[tokio::test]
async fn an_entry_with_an_architecture_alone_is_linux() {
    let (world, registry) = (World::new(), ScriptedRegistry::start().await);
    let image = Image::docker("app");
    let mut entry = image.manifest.descriptor();
    entry["platform"] = json!({"architecture": "amd64"});
    push_index(&registry, &[entry], std::slice::from_ref(&image));
    assert_eq!(world.pull(&app(&registry)).await.unwrap().config_digest.to_string(), image.id());
}

#[tokio::test]
async fn windows_is_chosen_by_its_build() {
    let (world, registry) = (World::new(), ScriptedRegistry::start().await);
    let builds = ["10.0.17763.5122", "10.0.20348.2113"];
    let images = builds.map(|build| {
        ImageBuilder::new(build).platform("windows/amd64").config(|c| c["os.version"] = json!(build)).build()
    });
    let entries: Vec<_> = images
        .iter()
        .zip(builds)
        .map(|(image, build)| {
            let mut entry = image.manifest.entry("windows/amd64");
            entry["platform"]["os.version"] = json!(build);
            entry
        })
        .collect();
    push_index(&registry, &entries, &images);
    let wanted = "windows(10.0.20348)/amd64";
    let resolved = world.pull_for(&app(&registry), wanted, &world.anonymous()).await.unwrap();
    assert_eq!(resolved.config_digest.to_string(), images[1].id());
}

#[tokio::test]
async fn an_index_within_an_index_is_followed() {
    for named in [true, false] {
        let (world, registry) = (World::new(), ScriptedRegistry::start().await);
        let image = Image::oci("app");
        registry.push_untagged("team/app", &image);
        let inner = images::index(OCI_INDEX, &[image.manifest.entry("linux/amd64")]);
        registry.put_manifest("team/app", None, &inner);
        let entry = if named { inner.entry("linux/amd64") } else { inner.descriptor() };
        push_index(&registry, &[entry], &[]);
        let resolved = world.pull(&app(&registry)).await.unwrap();
        assert_eq!(resolved.config_digest.to_string(), image.id());
        assert_eq!(registry.requests().len(), 4);
    }
}

#[tokio::test]
async fn indexes_that_lead_nowhere_are_left_after_a_few() {
    let (world, registry) = (World::new(), ScriptedRegistry::start().await);
    let mut inner = Image::oci("app").manifest;
    for _ in 0..6 {
        registry.put_manifest("team/app", None, &inner);
        inner = images::index(OCI_INDEX, &[inner.descriptor()]);
    }
    registry.put_manifest("team/app", Some("v1"), &inner);
    assert!(matches!(world.failure(&app(&registry)).await.root(), Error::ManifestInvalid { .. }));
    assert_eq!(registry.requests().len(), 5, "the index and four levels below it");

    let wide: Vec<_> = (0..20).map(|n| images::index(OCI_INDEX, &[json!({"mediaType": OCI_INDEX, "size": n, "digest": images::sha256(&[n]), "platform": {"os": "x", "architecture": "y"}})])).collect();
    wide.iter().for_each(|index| registry.put_manifest("team/app", None, index));
    push_index(&registry, &wide.iter().map(Content::descriptor).collect::<Vec<_>>(), &[]);
    registry.forget_requests();
    assert!(matches!(world.failure(&app(&registry)).await.root(), Error::ManifestInvalid { .. }));
    assert_eq!(registry.requests().len(), 9, "the index and eight below it");
}

#[tokio::test]
async fn an_index_that_claims_to_contain_itself_is_found_out_by_its_digest() {
    let (world, registry) = (World::new(), ScriptedRegistry::start().await);
    let claimed = images::sha256(b"whatever");
    let size = 300;
    let mut entry = Content::of(OCI_INDEX, "").descriptor();
    entry["digest"] = json!(claimed);
    entry["size"] = json!(size);
    let mut body = images::index(OCI_INDEX, &[entry]).bytes.to_vec();
    body.resize(size, b' ');
    registry.always(Method::GET, "/v2/team/app/manifests/*", Reply::body(200, body));
    assert!(matches!(world.failure(&app(&registry)).await.root(), Error::ContentMismatch { .. }));
    assert_eq!(registry.requests().len(), 2);
}

#[tokio::test]
async fn a_child_that_is_not_as_long_as_its_entry_says_is_refused() {
    let (world, registry) = (World::new(), ScriptedRegistry::start().await);
    let image = Image::docker("app");
    let mut entry = image.manifest.entry("linux/amd64");
    entry["size"] = json!(1);
    push_index(&registry, &[entry.clone()], std::slice::from_ref(&image));
    assert!(matches!(world.failure(&app(&registry)).await.root(), Error::ContentMismatch { .. }));
    entry["size"] = json!(5 * 1024 * 1024);
    push_index(&registry, &[entry], &[image]);
    registry.forget_requests();
    assert!(matches!(world.failure(&app(&registry)).await.root(), Error::TooLarge { .. }));
    assert_eq!(registry.request_lines(), [format!("GET {MANIFEST}")]);
}

#[tokio::test]
async fn an_empty_index_has_nothing_for_anyone() {
    let (world, registry) = (World::new(), ScriptedRegistry::start().await);
    push_index(&registry, &[], &[]);
    assert!(matches!(world.failure(&app(&registry)).await.root(), Error::PlatformUnavailable { .. }));
}
