//! Archives as they are laid out for `docker save`.

use std::collections::HashMap;

use bytes::Bytes;
use image_service::{
    archive::SaveLayout,
    model::{Digest, Manifest, Reference},
    ports::{ArchiveWriter, SavedImage, SavedPart},
};
use serde_json::{Value, json};

use super::world::{Recorder, Sample, diff_ids, gzip, hex, names, read, read_into};

/// An image as a registry has it, and its blobs.
pub(super) struct Stored {
    pub(super) image: SavedImage,
    blobs: HashMap<String, Vec<u8>>,
}

impl Stored {
    pub(super) fn new(sample: &Sample, names: &[&str]) -> Self {
        let blobs: HashMap<_, _> =
            sample.layers.iter().map(|layer| gzip(layer)).map(|blob| (hex(&blob), blob)).collect();
        let descriptor = |media_type: &str, content: &[u8]| {
            json!({"mediaType": media_type,
            "digest": format!("sha256:{}", hex(content)), "size": content.len()})
        };
        let layers: Vec<_> = sample
            .layers
            .iter()
            .map(|layer| descriptor("application/vnd.docker.image.rootfs.diff.tar.gzip", &gzip(layer)))
            .collect();
        let manifest = json!({"schemaVersion": 2,
            "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
            "config": descriptor("application/vnd.docker.container.image.v1+json", &sample.config), "layers": layers});
        let manifest = Bytes::from(manifest.to_string());
        let image = SavedImage {
            config: sample.config.clone().into(),
            manifest: Manifest::parse(Digest::of(&manifest), None, manifest).unwrap(),
            names: names.iter().map(|name| name.parse::<Reference>().unwrap()).collect(),
            repository: "registry.example/staging".parse().unwrap(),
        };
        Self { image, blobs }
    }
}

/// The archive, with the blobs in their places.
pub(super) fn saved(stored: &[Stored]) -> Vec<u8> {
    let images: Vec<_> = stored.iter().map(|stored| stored.image.clone()).collect();
    let mut archive = Vec::new();
    for part in SaveLayout.lay_out(&images).unwrap() {
        match part {
            SavedPart::Bytes(bytes) => archive.extend_from_slice(&bytes),
            SavedPart::Blob { repository, blob } => {
                assert_eq!(repository.to_string(), "registry.example/staging");
                let content = stored.iter().find_map(|stored| stored.blobs.get(blob.digest.hex())).unwrap();
                assert_eq!(blob.size, content.len() as u64);
                archive.extend_from_slice(content);
            }
        }
    }
    archive
}

fn document(archive: &[u8], name: &str) -> Option<Value> {
    let mut tar = tar::Archive::new(archive);
    let entry =
        tar.entries().unwrap().map(Result::unwrap).find(|entry| entry.path_bytes() == name.as_bytes());
    entry.map(|entry| serde_json::from_reader(entry).unwrap())
}

#[test]
fn what_was_saved_loads_as_the_same_images() {
    let (one, two) = (Sample::new(&["shared", "one"]), Sample::new(&["shared", "two"]));
    let stored = [Stored::new(&one, &["x:1", "ghcr.io/a/b:2"]), Stored::new(&two, &[])];
    let archive = saved(&stored);
    let mut recorder = Recorder::default();
    let images = read_into(&archive, &mut recorder).unwrap();
    assert_eq!(images.iter().map(|image| image.id.to_string()).collect::<Vec<_>>(), [one.id(), two.id()]);
    assert_eq!(names(&images[0]), ["docker.io/library/x:1", "ghcr.io/a/b:2"]);
    assert_eq!(diff_ids(&images[1]), two.diff_ids());
    assert_eq!(images[0].manifest.as_ref(), Some(&stored[0].image.manifest));
    assert_eq!(recorder.taken().len(), 3, "the layer that both have is there once");
}

#[test]
fn it_loads_as_a_mere_oci_layout_too() {
    let sample = Sample::new(&["a"]);
    let archive = saved(&[Stored::new(&sample, &["x:1", "x:2"])]);
    let mut layout = tar::Builder::new(Vec::new());
    for entry in tar::Archive::new(&archive[..]).entries().unwrap().map(Result::unwrap) {
        if !["manifest.json", "repositories"].contains(&&*String::from_utf8_lossy(&entry.path_bytes())) {
            layout.append(&entry.header().clone(), entry).unwrap();
        }
    }
    let [image] = read(layout.into_inner().unwrap()).unwrap().try_into().unwrap();
    assert_eq!(image.id.to_string(), sample.id());
    assert_eq!(names(&image), ["docker.io/library/x:1", "docker.io/library/x:2"]);
}

#[test]
fn names_are_written_where_dockers_readers_look_for_them() {
    let sample = Sample::new(&["a"]);
    let archive = saved(&[Stored::new(&sample, &["team/x:1", "localhost:5000/y:2"])]);
    let blob = gzip(&sample.layers[0]);
    let manifest = document(&archive, "manifest.json").unwrap();
    assert_eq!(
        manifest,
        json!([{"Config": format!("blobs/sha256/{}", hex(&sample.config)), "RepoTags": ["team/x:1", "localhost:5000/y:2"],
            "Layers": [format!("blobs/sha256/{}", hex(&blob))]}])
    );
    let repositories = document(&archive, "repositories").unwrap();
    assert_eq!(repositories, json!({"team/x": {"1": hex(&blob)}, "localhost:5000/y": {"2": hex(&blob)}}));
    let index = document(&archive, "index.json").unwrap();
    let annotations: Vec<_> =
        index["manifests"].as_array().unwrap().iter().map(|entry| &entry["annotations"]).collect();
    assert_eq!(
        annotations[0],
        &json!({"io.containerd.image.name": "docker.io/team/x:1",
        "org.opencontainers.image.ref.name": "1"})
    );
    assert_eq!(annotations.len(), 2);
}

#[test]
fn an_image_without_names_says_so_and_nothing_is_null() {
    let archive = saved(&[Stored::new(&Sample::new(&["a"]), &[])]);
    assert_eq!(document(&archive, "manifest.json").unwrap()[0]["RepoTags"], Value::Null);
    assert!(document(&archive, "repositories").is_none());
    assert!(document(&archive, "index.json").unwrap()["manifests"][0].get("annotations").is_none());
    assert_eq!(document(&saved(&[]), "manifest.json"), Some(Value::Null));
}

#[test]
fn the_same_images_give_the_same_bytes_without_a_date() {
    let stored = || [Stored::new(&Sample::new(&["a"]), &["x:1"])];
    assert_eq!(saved(&stored()), saved(&stored()));
    for entry in tar::Archive::new(&saved(&stored())[..]).entries().unwrap().map(Result::unwrap) {
        assert_eq!(entry.header().mtime().unwrap(), 0);
    }
}

#[test]
fn a_layer_of_more_than_eight_gibibytes_has_its_size() {
    let mut stored = Stored::new(&Sample::new(&["a"]), &[]);
    let text = String::from_utf8(stored.image.manifest.bytes.to_vec()).unwrap();
    let size = gzip(&Sample::new(&["a"]).layers[0]).len();
    let bytes = Bytes::from(text.replace(&format!(r#""size":{size}}}]"#), r#""size":20000000000}]"#));
    stored.image.manifest = Manifest::parse(Digest::of(&bytes), None, bytes).unwrap();
    let parts = SaveLayout.lay_out(&[stored.image]).unwrap();
    let at = parts.iter().position(|part| matches!(part, SavedPart::Blob { .. })).unwrap();
    let SavedPart::Bytes(header) = &parts[at - 1] else { panic!("a blob without a header") };
    assert_eq!(tar::Header::from_byte_slice(header).size().unwrap(), 20_000_000_000);
    let SavedPart::Bytes(padding) = &parts[at + 1] else { panic!("a blob without padding") };
    assert_eq!((20_000_000_000 + padding.len() as u64) % 512, 0);
}
