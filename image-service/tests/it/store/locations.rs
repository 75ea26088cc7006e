use bytes::Bytes;
use image_service::{
    error::Error,
    model::{Descriptor, Digest, Manifest, Reference, Repository},
    ports::{
        ArchivedImage, Compression, Loaded, Location, Origin, ReadLayer, Renamed, StagedImage, StagedLayer,
    },
};
use serde_json::json;
use time::{Duration, OffsetDateTime};

use super::{
    Stores, elsewhere, here,
    pulls::{amd64, look, name, names, pull, upstream},
    removing::everything,
};

const DOCKER_MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";
const DOCKER_LAYER: &str = "application/vnd.docker.image.rootfs.diff.tar.gzip";

/// An image of an archive; another name makes another image.
pub(super) fn archived(label: &str, names: &[&str]) -> ArchivedImage {
    let diff_id = Digest::of(label.as_bytes());
    let config = json!({
        "os": "linux",
        "architecture": "amd64",
        "config": {"Labels": {"name": label}},
        "rootfs": {"type": "layers", "diff_ids": [diff_id.to_string()]},
    });
    let config = Bytes::from(config.to_string());
    let layer = ReadLayer {
        digest: diff_id.clone(),
        diff_id,
        uncompressed_size: 1000,
        size: 1000,
        compression: Compression::None,
    };
    ArchivedImage {
        id: Digest::of(&config),
        config,
        platform: amd64(),
        names: names.iter().map(|name| name.parse().unwrap()).collect(),
        layers: vec![layer],
        manifest: None,
    }
}

pub(super) fn staging() -> Repository {
    "127.0.0.1:5100/staging".parse().unwrap()
}

pub(super) fn staged(image: &ArchivedImage) -> StagedImage {
    let layer = Descriptor { media_type: DOCKER_LAYER.into(), digest: Digest::of(b"blob"), size: 77 };
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": DOCKER_MANIFEST,
        "config": {
            "mediaType": "application/vnd.docker.container.image.v1+json",
            "digest": image.id.to_string(),
            "size": image.config.len(),
        },
        "layers": [{"mediaType": DOCKER_LAYER, "digest": layer.digest.to_string(), "size": layer.size}],
    });
    StagedImage { repository: staging(), manifest: manifest_of(&manifest.to_string()), layers: vec![layer] }
}

fn manifest_of(text: &str) -> Manifest {
    Manifest::parse(Digest::of(text.as_bytes()), None, Bytes::copy_from_slice(text.as_bytes())).unwrap()
}

async fn load(stores: &Stores, image: &ArchivedImage) -> Vec<Renamed> {
    let staged = staged(image);
    let loaded = Loaded { image, staged: Some(&staged), is_import: false };
    stores.locations.record_load(&here(), loaded).await.unwrap()
}

async fn locations(stores: &Stores, image: &ArchivedImage) -> Vec<Location> {
    stores.locations.locations(&here(), &image.id).await.unwrap()
}

async fn unneeded(stores: &Stores) -> Vec<Digest> {
    let soon = OffsetDateTime::now_utc() + Duration::MINUTE;
    stores.locations.unneeded_manifests(&staging(), soon).await.unwrap()
}

async fn remove(stores: &Stores, image: &ArchivedImage) {
    stores.images.remove(&here(), &name(image.id.hex()), Box::new(everything)).await.unwrap();
}

pub(super) async fn a_loaded_image_is_found_by_its_id_and_all_its_names(stores: &Stores) {
    let image = archived("app", &["app:1", "host:5000/team/app:2"]);
    assert!(load(stores, &image).await.is_empty());
    for text in ["app:1", "host:5000/team/app:2", image.id.hex(), &image.id.hex()[..12]] {
        let found = look(&*stores.images, text).await.unwrap();
        assert_eq!(found.config, image.config, "{text}");
        assert_eq!(found.layer_sizes, [77], "of the blobs that were staged");
        assert_eq!(names(&found), ["app:1", "host:5000/team/app:2"]);
    }
}

pub(super) async fn an_image_without_a_name_is_found_by_its_id(stores: &Stores) {
    let image = archived("nameless", &[]);
    load(stores, &image).await;
    assert!(names(&look(&*stores.images, image.id.hex()).await.unwrap()).is_empty());
}

pub(super) async fn a_name_that_a_load_takes_from_another_image_is_told(stores: &Stores) {
    let (old, new) = (archived("old", &["app:1"]), archived("new", &["app:1", "app:2"]));
    load(stores, &old).await;
    let renamed = load(stores, &new).await;
    assert_eq!(renamed, [Renamed { reference: "app:1".parse().unwrap(), previous: old.id.clone() }]);
    assert!(load(stores, &new).await.is_empty(), "loaded again it takes nothing");
    assert!(names(&look(&*stores.images, old.id.hex()).await.unwrap()).is_empty());
}

pub(super) async fn a_load_takes_a_tag_from_the_registry_that_it_was_pulled_from(stores: &Stores) {
    pull(&*stores.images, "app:1", &upstream("pulled")).await;
    load(stores, &archived("loaded", &["app:1"])).await;
    let reference: Reference = "app:1".parse().unwrap();
    let tag = reference.tag.unwrap();
    let held = stores.images.pulled_tag(&here(), &reference.repository, &tag).await.unwrap();
    assert_eq!(held.unwrap().target, None, "so that the next pull asks the registry");
}

pub(super) async fn a_load_whose_config_cannot_be_read_leaves_nothing_behind(stores: &Stores) {
    let mut image = archived("broken", &["app:1"]);
    image.config = Bytes::from_static(b"{}");
    let loaded = Loaded { image: &image, staged: None, is_import: false };
    let error = stores.locations.record_load(&here(), loaded).await.unwrap_err();
    assert!(matches!(error, Error::Archive(_)));
    assert_eq!(stores.images.count(&here()).await.unwrap(), 0);
}

pub(super) async fn an_image_that_was_staged_nowhere_has_no_location(stores: &Stores) {
    let image = archived("app", &["app:1"]);
    stores
        .locations
        .record_load(&here(), Loaded { image: &image, staged: None, is_import: false })
        .await
        .unwrap();
    assert!(locations(stores, &image).await.is_empty());
    assert_eq!(look(&*stores.images, "app:1").await.unwrap().layer_sizes, [1000], "as the archive has them");
}

pub(super) async fn the_staged_place_comes_before_the_pushed_one(stores: &Stores) {
    let image = archived("app", &["app:1"]);
    let manifest = staged(&image).manifest;
    load(stores, &image).await;
    let target: Reference = "registry.example/team/app:1".parse().unwrap();
    stores.locations.record_push(&here(), &image.id, &target, &manifest).await.unwrap();
    let found = locations(stores, &image).await;
    let found: Vec<_> = found.iter().map(|place| (place.pullable(), place.origin)).collect();
    let pullable = |repository: &str| format!("{repository}@{}", manifest.digest);
    assert_eq!(
        found,
        [
            (pullable("127.0.0.1:5100/staging"), Origin::Staged),
            (pullable("registry.example/team/app"), Origin::Pushed)
        ]
    );
    let digest = format!("registry.example/team/app@{}", manifest.digest);
    assert_eq!(names(&look(&*stores.images, &digest).await.unwrap()), ["app:1", &digest]);
}

pub(super) async fn a_push_of_an_image_that_went_meanwhile_is_not_recorded(stores: &Stores) {
    let image = archived("app", &["app:1"]);
    let manifest = staged(&image).manifest;
    let pushed = stores
        .locations
        .record_push(&here(), &image.id, &Reference::tagged(staging(), "1".parse().unwrap()), &manifest)
        .await;
    assert!(matches!(pushed, Err(Error::ImageNotFound { .. })));
}

pub(super) async fn locations_belong_to_a_namespace(stores: &Stores) {
    let image = archived("app", &["app:1"]);
    load(stores, &image).await;
    assert!(stores.locations.locations(&elsewhere(), &image.id).await.unwrap().is_empty());
}

pub(super) fn layer(label: &str) -> StagedLayer {
    let of = |part: &str| Digest::of(format!("{label} {part}").as_bytes());
    StagedLayer {
        diff_id: of("diff id"),
        uncompressed_size: 4096,
        head: of("head"),
        blob: Descriptor { media_type: DOCKER_LAYER.into(), digest: of("blob"), size: 99 },
        made_here: true,
    }
}

pub(super) async fn a_layer_is_found_by_diff_id_by_digest_and_by_its_beginning(stores: &Stores) {
    let layer = layer("base");
    let store = &stores.locations;
    store.record_layer(&staging(), &layer).await.unwrap();
    for digest in [&layer.diff_id, &layer.blob.digest] {
        assert_eq!(store.staged_layer(&staging(), digest).await.unwrap().as_ref(), Some(&layer));
    }
    assert_eq!(
        store.similar_layers(&staging(), 4096, &layer.head).await.unwrap(),
        std::slice::from_ref(&layer)
    );
    assert!(store.similar_layers(&staging(), 4097, &layer.head).await.unwrap().is_empty());
    let other: Repository = "127.0.0.1:5100/other".parse().unwrap();
    assert_eq!(store.staged_layer(&other, &layer.diff_id).await.unwrap(), None);
}

pub(super) async fn a_layer_compressed_anew_takes_the_place_of_the_old_and_a_lost_one_goes(stores: &Stores) {
    let (old, mut new) = (layer("base"), layer("base"));
    new.blob.digest = Digest::of(b"compressed anew");
    let store = &stores.locations;
    for layer in [&old, &new] {
        store.record_layer(&staging(), layer).await.unwrap();
    }
    assert_eq!(store.staged_layer(&staging(), &old.diff_id).await.unwrap().as_ref(), Some(&new));
    store.forget_layer(&staging(), &old.diff_id).await.unwrap();
    assert_eq!(store.staged_layer(&staging(), &old.diff_id).await.unwrap(), None);
}

pub(super) async fn a_blob_that_somebody_brought_does_not_replace_one_made_here(stores: &Stores) {
    let (own, mut brought) = (layer("base"), layer("base"));
    brought.blob.digest = Digest::of(b"brought");
    brought.made_here = false;
    let store = &stores.locations;
    for (next, found) in [(&brought, &brought), (&own, &own), (&brought, &own)] {
        store.record_layer(&staging(), next).await.unwrap();
        assert_eq!(store.staged_layer(&staging(), &own.diff_id).await.unwrap().as_ref(), Some(found));
    }
}

pub(super) async fn a_manifest_that_another_takes_the_place_of_is_unneeded(stores: &Stores) {
    let image = archived("app", &["app:1"]);
    load(stores, &image).await;
    let old = staged(&image);
    let text = std::str::from_utf8(&old.manifest.bytes).unwrap().replace("77", "78");
    let new = StagedImage { manifest: manifest_of(&text), ..old.clone() };
    let loaded = Loaded { image: &image, staged: Some(&new), is_import: false };
    stores.locations.record_load(&here(), loaded).await.unwrap();
    assert_eq!(unneeded(stores).await, std::slice::from_ref(&old.manifest.digest));
    let soon = OffsetDateTime::now_utc() + Duration::MINUTE;
    for (manifest, is_unneeded) in [(&old.manifest, true), (&new.manifest, false)] {
        let answer = stores.locations.is_unneeded(&staging(), &manifest.digest, soon).await.unwrap();
        assert_eq!(answer, is_unneeded);
    }
}

pub(super) async fn a_noted_manifest_is_unneeded_until_an_image_needs_it(stores: &Stores) {
    let image = archived("app", &["app:1"]);
    let manifest = staged(&image).manifest.digest;
    stores.locations.note_manifest(&staging(), &manifest).await.unwrap();
    assert_eq!(unneeded(stores).await, std::slice::from_ref(&manifest));
    let long_ago = OffsetDateTime::now_utc() - Duration::HOUR;
    assert!(stores.locations.unneeded_manifests(&staging(), long_ago).await.unwrap().is_empty());
    load(stores, &image).await;
    assert!(unneeded(stores).await.is_empty());
    stores.locations.note_manifest(&staging(), &manifest).await.unwrap();
    assert!(unneeded(stores).await.is_empty(), "whatever is noted of a manifest that an image needs");
}

pub(super) async fn what_was_staged_for_a_removed_image_is_unneeded(stores: &Stores) {
    let image = archived("app", &["app:1"]);
    load(stores, &image).await;
    remove(stores, &image).await;
    let manifest = staged(&image).manifest.digest;
    assert_eq!(unneeded(stores).await, std::slice::from_ref(&manifest));
    stores.locations.forget_manifest(&staging(), &manifest).await.unwrap();
    assert!(unneeded(stores).await.is_empty());
}

pub(super) async fn what_another_namespace_has_staged_too_stays(stores: &Stores) {
    let image = archived("app", &["app:1"]);
    load(stores, &image).await;
    let staged = staged(&image);
    let loaded = Loaded { image: &image, staged: Some(&staged), is_import: false };
    stores.locations.record_load(&elsewhere(), loaded).await.unwrap();
    remove(stores, &image).await;
    assert!(unneeded(stores).await.is_empty());
}

pub(super) async fn the_tags_of_a_repository_are_its_own(stores: &Stores) {
    load(stores, &archived("app", &["app:2", "app:1", "app2:3", "team/app:4"])).await;
    let repository: Repository = "app".parse().unwrap();
    let tags = stores.images.tags(&here(), &repository).await.unwrap();
    assert_eq!(tags.iter().map(ToString::to_string).collect::<Vec<_>>(), ["1", "2"]);
}
