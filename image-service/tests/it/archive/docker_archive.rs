//! `manifest.json`: whatever Docker, skopeo and others have written for ten years.

use image_service::ports::Compression;
use serde_json::json;

use super::world::{
    Recorder, Sample, Tar, diff_ids, gzip, hex, layer_name, names, read, read_into, read_one, refusal, zstd,
};

#[test]
fn an_image_is_what_its_config_says_and_its_layers_are_handed_on() {
    let sample = Sample::new(&["lower", "upper"]);
    let mut recorder = Recorder::default();
    let images =
        read_into(sample.archive(&["docker.io/library/two:1", "ghcr.io/team/app:v2"]), &mut recorder);
    let [image] = images.unwrap().try_into().unwrap();
    assert_eq!(image.id.to_string(), sample.id());
    assert_eq!(image.config, sample.config);
    assert_eq!(image.platform.to_string(), "linux/amd64");
    assert_eq!(names(&image), ["docker.io/library/two:1", "ghcr.io/team/app:v2"]);
    assert_eq!(diff_ids(&image), sample.diff_ids());
    assert!(image.manifest.is_none());
    let taken = recorder.taken();
    assert_eq!(taken.iter().map(|taken| taken.bytes.clone()).collect::<Vec<_>>(), sample.layers);
    for taken in taken {
        assert_eq!(taken.offered.promised, Some(taken.layer.diff_id.clone()));
        assert_eq!(taken.offered.size, Some(taken.bytes.len() as u64));
        assert_eq!(taken.layer.digest, taken.layer.diff_id);
    }
}

#[test]
fn manifest_json_may_come_first() {
    let sample = Sample::new(&["a"]);
    let tar = Tar::new().json("manifest.json", &json!([sample.entry(&json!(["x:1"]))]));
    assert_eq!(read_one(sample.members(tar).bytes()).id.to_string(), sample.id());
}

#[test]
fn an_image_without_names_has_none_however_that_is_written() {
    let sample = Sample::new(&["a"]);
    for written in [json!(null), json!([])] {
        let tar = sample.members(Tar::new()).json("manifest.json", &json!([sample.entry(&written)]));
        assert!(read_one(tar.bytes()).names.is_empty(), "{written}");
    }
    let mut entry = sample.entry(&json!(null));
    entry.as_object_mut().unwrap().remove("RepoTags");
    let tar = sample.members(Tar::new()).json("manifest.json", &json!([entry]));
    assert!(read_one(tar.bytes()).names.is_empty());
}

#[test]
fn familiar_and_canonical_names_are_one() {
    let image =
        read_one(Sample::new(&["a"]).archive(&["two:1", "docker.io/library/two:1", "localhost:5000/x:1"]));
    assert_eq!(names(&image)[0], "docker.io/library/two:1");
    assert_eq!(names(&image).last().unwrap(), "localhost:5000/x:1");
}

#[test]
fn several_images_share_layers_that_are_handed_on_once() {
    let (one, two) = (Sample::new(&["shared", "one"]), Sample::new(&["shared", "two"]));
    let tar = one.members(Tar::new()).file(&layer_name(&two.layers[1]), &two.layers[1]);
    let tar = tar.file(&two.config_name(), &two.config);
    let manifest = json!([one.entry(&json!(["one:1"])), two.entry(&json!(["two:1"]))]);
    let mut recorder = Recorder::default();
    let images = read_into(tar.json("manifest.json", &manifest).bytes(), &mut recorder).unwrap();
    assert_eq!(images.iter().map(|image| image.id.to_string()).collect::<Vec<_>>(), [one.id(), two.id()]);
    assert_eq!(images[0].layers[0], images[1].layers[0]);
    assert_eq!(recorder.taken().len(), 3);
}

#[test]
fn an_image_that_is_listed_twice_is_one_with_the_names_of_both() {
    let sample = Sample::new(&["a"]);
    let manifest = json!([sample.entry(&json!(["x:1"])), sample.entry(&json!(["x:2", "x:1"]))]);
    let image = read_one(sample.members(Tar::new()).json("manifest.json", &manifest).bytes());
    assert_eq!(names(&image), ["docker.io/library/x:1", "docker.io/library/x:2"]);
}

#[test]
fn an_empty_manifest_is_no_image_and_no_error() {
    assert!(read(Tar::new().file("manifest.json", "[]").bytes()).unwrap().is_empty());
}

#[test]
fn an_image_without_layers_is_one() {
    let image = read_one(Sample::new(&[]).archive(&["scratch:1"]));
    assert!(image.layers.is_empty());
}

#[test]
fn an_empty_tar_is_a_layer() {
    let empty = vec![0; 1024];
    let config =
        json!({"os": "linux", "rootfs": {"diff_ids": [format!("sha256:{}", hex(&empty))]}}).to_string();
    let manifest = json!([{"Config": "c", "Layers": ["l/layer.tar"]}]);
    let tar = Tar::new().file("c", config).file("l/layer.tar", &empty).json("manifest.json", &manifest);
    assert_eq!(read_one(tar.bytes()).layers[0].size, 1024);
}

#[test]
fn an_image_of_windows_is_read_like_any_other() {
    let sample = Sample::for_platform("windows", "amd64", &["Files"]);
    assert_eq!(read_one(sample.archive(&["w:1"])).platform.os(), "windows");
}

#[test]
fn the_folder_of_an_old_layer_promises_nothing() {
    let sample = Sample::new(&["a"]);
    let folder = hex(b"an image id of old");
    let manifest = json!([{"Config": "c.json", "Layers": [format!("{folder}/layer.tar")]}]);
    let tar = Tar::new()
        .file(&format!("{folder}/VERSION"), "1.0")
        .file(&format!("{folder}/json"), r#"{"id":"x"}"#)
        .file(&format!("{folder}/layer.tar"), &sample.layers[0])
        .file("c.json", &sample.config)
        .json("manifest.json", &manifest);
    let mut recorder = Recorder::default();
    read_into(tar.bytes(), &mut recorder).unwrap();
    assert_eq!(recorder.begun()[0].promised, None);
}

#[test]
fn dockers_25_archive_gives_the_manifest_if_its_layers_are_what_a_registry_will_have() {
    for (compressed, pack) in [(true, gzip as fn(&[u8]) -> Vec<u8>), (true, zstd), (false, <[u8]>::to_vec)] {
        let sample = Sample::new(&["a", "b"]);
        let blob = |content: &[u8]| format!("blobs/sha256/{}", hex(content));
        let descriptor = |content: &[u8]| {
            json!({"mediaType": "application/vnd.oci.image.layer.v1.tar",
            "digest": format!("sha256:{}", hex(content)), "size": content.len()})
        };
        let layers: Vec<_> = sample.layers.iter().map(|layer| pack(layer)).collect();
        let mut config = descriptor(&sample.config);
        config["mediaType"] = "application/vnd.oci.image.config.v1+json".into();
        let layer_descriptors: Vec<_> = layers.iter().map(|layer| descriptor(layer)).collect();
        let manifest = json!({"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": config, "layers": layer_descriptors})
        .to_string();
        let mut entry = descriptor(manifest.as_bytes());
        entry["mediaType"] = "application/vnd.oci.image.manifest.v1+json".into();
        let mut tar = Tar::new();
        for layer in &layers {
            tar = tar.file(&blob(layer), layer);
        }
        let paths: Vec<_> = layers.iter().map(|layer| blob(layer)).collect();
        let docker = json!([{"Config": blob(&sample.config), "RepoTags": ["x:1"], "Layers": paths}]);
        let tar = tar
            .file(&blob(&sample.config), &sample.config)
            .file(&blob(manifest.as_bytes()), &manifest)
            .json("index.json", &json!({"schemaVersion": 2, "manifests": [entry]}))
            .json("manifest.json", &docker)
            .json("oci-layout", &json!({"imageLayoutVersion": "1.0.0"}));
        let image = read_one(tar.bytes());
        assert_eq!(image.manifest.map(|manifest| manifest.bytes), compressed.then(|| manifest.into()));
        assert_eq!(image.layers[0].compression == Compression::None, !compressed);
    }
}

#[test]
fn an_index_json_that_makes_no_sense_does_not_matter_beside_a_manifest_json() {
    let sample = Sample::new(&["a"]);
    for index in ["null", "[]", "{", r#"{"manifests":[{"digest":"sha256:00"}]}"#] {
        let tar = sample.members(Tar::new()).json("manifest.json", &json!([sample.entry(&json!(["x:1"]))]));
        assert!(read_one(tar.file("index.json", index).bytes()).manifest.is_none());
    }
}

#[test]
fn a_manifest_that_cannot_be_read_is_refused_in_dockers_words() {
    let refused = |manifest: &str| refusal(Tar::new().file("manifest.json", manifest).bytes());
    assert_eq!(refused("null"), "invalid manifest, manifest cannot be null (but can be [])");
    for manifest in ["", "{}", "[1]", r#"[{"Layers":"x"}]"#, "[", "not JSON", r#"[{"Config":1}]"#] {
        let text = refused(manifest);
        assert!(text.starts_with("invalid archive: failed to decode manifest.json: "), "{manifest}: {text}");
    }
}

#[test]
fn a_name_that_is_no_name_and_tag_is_refused_by_name() {
    for name in
        ["justname", "x@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "X Y:1", ""]
    {
        let text = refusal(Sample::new(&["a"]).archive(&[name]));
        assert!(text.starts_with(&format!(r#"invalid tag "{name}""#)), "{text}");
    }
}

#[test]
fn what_is_named_and_not_there_is_named_in_the_refusal() {
    let sample = Sample::new(&["a"]);
    let manifest = json!([sample.entry(&json!(["x:1"]))]);
    let without_config = Tar::new().file(&layer_name(&sample.layers[0]), &sample.layers[0]);
    let text = refusal(without_config.json("manifest.json", &manifest).bytes());
    assert!(text.contains(&format!("config {:?} is named but not there", sample.config_name())), "{text}");
    let without_layer = Tar::new().file(&sample.config_name(), &sample.config);
    let text = refusal(without_layer.json("manifest.json", &manifest).bytes());
    assert!(
        text.contains(&format!("layer {:?} is named but not there", layer_name(&sample.layers[0]))),
        "{text}"
    );
}

#[test]
fn what_is_named_and_something_else_is_refused() {
    let sample = Sample::new(&["a"]);
    let refused = |config: &[u8], layer: &[u8]| {
        let manifest = json!([{"Config": "c", "Layers": ["l"]}]);
        refusal(Tar::new().file("c", config).file("l", layer).json("manifest.json", &manifest).bytes())
    };
    let (config, layer) = (&sample.config[..], &sample.layers[0][..]);
    assert!(refused(layer, layer).contains(r#""c" is not JSON"#));
    assert!(refused(config, config).contains(r#"layer "l" is not a tar"#));
    assert!(refused(config, b"VERSION").contains(r#"layer "l" is named but not there"#));
    assert!(
        refused(config, &gzip(layer)[..40])
            .contains(r#"layer "l" cannot be used: it cannot be decompressed"#)
    );
}

#[test]
fn configs_are_checked_in_dockers_order_and_words() {
    let refused = |config: &str, layers: &[&str]| {
        let manifest = json!([{"Config": "c", "RepoTags": ["bad name"], "Layers": layers}]);
        let tar = Tar::new().file("c", config).file("l", super::world::layer("a"));
        refusal(tar.json("manifest.json", &manifest).bytes())
    };
    assert_eq!(refused("{}", &[]), "invalid image JSON, no RootFS key");
    assert!(refused("{", &[]).starts_with("invalid image JSON, EOF"));
    let none = r#"{"rootfs":{"diff_ids":[]}}"#;
    assert_eq!(refused(none, &["l"]), "invalid manifest, layers length mismatch: expected 1, got 0");
    let wrong = format!("sha256:{}", hex(b"wrong"));
    let config = json!({"rootfs": {"diff_ids": [wrong]}}).to_string();
    let right = format!("sha256:{}", hex(&super::world::layer("a")));
    assert_eq!(
        refused(&config, &["l"]),
        format!(r#"invalid diffID for layer 0: expected "{wrong}", got "{right}""#)
    );
    assert!(refused(none, &[]).starts_with(r#"invalid tag "bad name""#));
}
