//! OCI layouts without a `manifest.json`.

use image_service::{
    archive::{ArchiveReader, Limits},
    error::Error,
    ports::{ArchivedImage, Archives},
};
use serde_json::{Value, json};

use super::world::{Recorder, Sample, Tar, gzip, hex, names, read, read_one, refusal};

const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const LAYER: &str = "application/vnd.oci.image.layer.v1.tar+gzip";
const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";

/// A layout being written.
struct Layout {
    tar: Tar,
    written: Vec<String>,
}

impl Layout {
    fn new() -> Self {
        Self { tar: Tar::new().file("oci-layout", r#"{"imageLayoutVersion":"1.0.0"}"#), written: Vec::new() }
    }

    /// Puts a blob there; its descriptor.
    fn blob(&mut self, media_type: &str, content: impl AsRef<[u8]>) -> Value {
        let (content, hex) = (content.as_ref(), hex(content.as_ref()));
        if !self.written.contains(&hex) {
            let tar = std::mem::replace(&mut self.tar, Tar::new());
            self.tar = tar.file(&format!("blobs/sha256/{hex}"), content);
        }
        let descriptor =
            json!({"mediaType": media_type, "digest": format!("sha256:{hex}"), "size": content.len()});
        self.written.push(hex);
        descriptor
    }

    /// Puts an image there; the descriptor of its manifest.
    fn image(&mut self, sample: &Sample) -> Value {
        let layers: Vec<_> = sample.layers.iter().map(|layer| self.blob(LAYER, gzip(layer))).collect();
        let config = self.blob(CONFIG, &sample.config);
        let manifest = json!({"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": layers});
        self.blob(MANIFEST, manifest.to_string())
    }

    fn index(&mut self, entries: &[Value]) -> Value {
        self.blob(INDEX, json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": entries}).to_string())
    }

    fn archive(self, entries: &[Value]) -> Vec<u8> {
        self.tar.json("index.json", &json!({"schemaVersion": 2, "manifests": entries})).bytes()
    }
}

/// The image with a layer below it that its manifest says to be elsewhere; the manifest's descriptor.
fn on_foreign_layer(layout: &mut Layout, sample: &Sample, media_type: &str) -> Value {
    let layers = sample.layers[1..].iter().map(|layer| layout.blob(LAYER, gzip(layer)));
    let elsewhere = json!({
        "mediaType": media_type, "digest": format!("sha256:{}", hex(b"elsewhere")), "size": 9,
        "urls": ["https://elsewhere.test/layer"],
    });
    let layers: Vec<_> = std::iter::once(elsewhere).chain(layers).collect();
    let config = layout.blob(CONFIG, &sample.config);
    let manifest = json!({"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": layers});
    layout.blob(MANIFEST, manifest.to_string())
}

#[test]
fn a_foreign_layer_may_be_elsewhere_and_stays_in_the_manifest() {
    let sample = Sample::new(&["foreign", "ours"]);
    for media_type in [
        "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
        "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
    ] {
        let mut layout = Layout::new();
        let descriptor = on_foreign_layer(&mut layout, &sample, media_type);
        let image = read_one(layout.archive(std::slice::from_ref(&descriptor)));
        assert_eq!(image.id.to_string(), sample.id());
        let diff_ids: Vec<_> = image.layers.iter().map(|layer| layer.diff_id.to_string()).collect();
        assert_eq!(diff_ids, sample.diff_ids()[1..]);
        assert_eq!(image.manifest.unwrap().digest.to_string(), descriptor["digest"]);
    }
}

#[test]
fn a_layer_of_any_other_type_must_be_there() {
    let mut layout = Layout::new();
    let descriptor = on_foreign_layer(&mut layout, &Sample::new(&["missing", "ours"]), LAYER);
    let text = refusal(layout.archive(&[descriptor]));
    assert!(text.contains("is named but not there"), "{text}");
}

fn named(mut descriptor: Value, key: &str, name: &str) -> Value {
    descriptor["annotations"][key] = name.into();
    descriptor
}

fn containerd(descriptor: Value, name: &str) -> Value {
    named(descriptor, "io.containerd.image.name", name)
}

fn on(mut descriptor: Value, platform: &str) -> Value {
    let (os, architecture) = platform.split_once('/').unwrap();
    descriptor["platform"] = json!({"os": os, "architecture": architecture});
    descriptor
}

fn ids(images: &[ArchivedImage]) -> Vec<String> {
    images.iter().map(|image| image.id.to_string()).collect()
}

#[test]
fn an_image_comes_with_its_manifest_byte_for_byte() {
    let sample = Sample::new(&["a", "b"]);
    let mut layout = Layout::new();
    let manifest = layout.image(&sample);
    let image = read_one(layout.archive(&[containerd(manifest.clone(), "docker.io/library/x:1")]));
    assert_eq!(image.id.to_string(), sample.id());
    assert_eq!(names(&image), ["docker.io/library/x:1"]);
    let read = image.manifest.unwrap();
    assert_eq!(
        (read.digest.to_string().as_str(), read.media_type.as_str()),
        (manifest["digest"].as_str().unwrap(), MANIFEST)
    );
}

#[test]
fn only_what_can_be_nothing_but_a_name_is_one() {
    for (key, text, name) in [
        ("io.containerd.image.name", "ghcr.io/x/y:1", Some("ghcr.io/x/y:1")),
        ("org.opencontainers.image.ref.name", "ghcr.io/x/y:1", Some("ghcr.io/x/y:1")),
        ("org.opencontainers.image.ref.name", "x:1", Some("docker.io/library/x:1")),
        ("org.opencontainers.image.ref.name", "latest", None),
        ("org.opencontainers.image.ref.name", "Not: a name", None),
        ("org.example.other", "x:1", None),
    ] {
        let mut layout = Layout::new();
        let manifest = layout.image(&Sample::new(&["a"]));
        let image = read_one(layout.archive(&[named(manifest, key, text)]));
        assert_eq!(names(&image), name.into_iter().collect::<Vec<_>>(), "{key}={text}");
    }
    let mut layout = Layout::new();
    let manifest = layout.image(&Sample::new(&["a"]));
    assert!(
        refusal(layout.archive(&[containerd(manifest, "no tag")])).starts_with(r#"invalid tag "no tag""#)
    );
}

#[test]
fn one_image_under_several_descriptors_has_all_their_names() {
    let mut layout = Layout::new();
    let manifest = layout.image(&Sample::new(&["a"]));
    let entries = [containerd(manifest.clone(), "x:1"), containerd(manifest, "x:2")];
    assert_eq!(
        names(&read_one(layout.archive(&entries))),
        ["docker.io/library/x:1", "docker.io/library/x:2"]
    );
}

#[test]
fn an_index_within_the_index_gives_the_wanted_platform() {
    let (arm, amd) = (Sample::for_platform("linux", "arm64", &["arm"]), Sample::new(&["amd"]));
    let mut layout = Layout::new();
    let entries = [on(layout.image(&arm), "linux/arm64"), on(layout.image(&amd), "linux/amd64")];
    let inner = layout.index(&entries);
    let outer = layout.index(&[inner]);
    let archive = layout.archive(&[containerd(outer, "x:1")]);
    assert_eq!(ids(&read(&archive).unwrap()), [amd.id()]);
    let wanted = "linux/arm64".parse().unwrap();
    let reader = ArchiveReader::new(Limits::default(), false);
    let images = reader.read(&mut &archive[..], &wanted, &mut Recorder::default()).unwrap();
    assert_eq!(ids(&images), [arm.id()]);
    let error = reader.read(&mut &archive[..], &"linux/s390x".parse().unwrap(), &mut Recorder::default());
    let Err(Error::PlatformUnavailable { reference, available, .. }) = error else { panic!("{error:?}") };
    assert_eq!((reference.as_str(), available.join(" ").as_str()), ("x:1", "linux/arm64 linux/amd64"));
}

#[test]
fn attestations_and_charts_are_no_images() {
    let sample = Sample::new(&["a"]);
    let mut layout = Layout::new();
    let mut attestation = layout.blob(MANIFEST, "an attestation");
    attestation["annotations"] = json!({"vnd.docker.reference.type": "attestation-manifest"});
    let config = layout.blob("application/vnd.cncf.helm.config.v1+json", "{}");
    let chart =
        json!({"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": []}).to_string();
    let chart = layout.blob(MANIFEST, chart);
    let image = layout.image(&sample);
    let index = layout.index(&[attestation.clone(), image]);
    assert_eq!(ids(&read(layout.archive(&[attestation, chart, index])).unwrap()), [sample.id()]);
}

#[test]
fn platforms_that_the_archive_leaves_out_are_not_chosen() {
    let (present, missing) = (Sample::for_platform("linux", "arm64", &["a"]), Sample::new(&["b"]));
    let mut elsewhere = Layout::new();
    let missing = on(elsewhere.image(&missing), "linux/amd64");
    let mut layout = Layout::new();
    let here = on(layout.image(&present), "linux/arm64");
    let index = layout.index(&[missing.clone(), here]);
    assert_eq!(ids(&read(layout.archive(&[index])).unwrap()), [present.id()]);
    let mut nothing = Layout::new();
    let index = nothing.index(&[missing]);
    assert!(refusal(nothing.archive(&[index])).contains("is named but not there"));
}

#[test]
fn manifests_of_one_name_are_one_image_for_several_platforms() {
    let (arm, amd) = (Sample::for_platform("linux", "arm64", &["arm"]), Sample::new(&["amd"]));
    let mut layout = Layout::new();
    let entries = [containerd(layout.image(&arm), "x:1"), containerd(layout.image(&amd), "x:1")];
    assert_eq!(ids(&read(layout.archive(&entries)).unwrap()), [amd.id()]);
}

#[test]
fn manifests_without_names_are_images_of_their_own_unless_they_are_for_another_platform() {
    let samples = ["one", "two"].map(|text| Sample::new(&[text]));
    let arm = Sample::for_platform("linux", "arm64", &["arm"]);
    let mut layout = Layout::new();
    let entries = [&arm, &samples[0], &samples[1]].map(|sample| layout.image(sample));
    assert_eq!(ids(&read(layout.archive(&entries)).unwrap()), [samples[0].id(), samples[1].id()]);
    let mut alone = Layout::new();
    let entry = alone.image(&arm);
    assert_eq!(ids(&read(alone.archive(&[entry])).unwrap()), [arm.id()]);
}

#[test]
fn content_that_is_not_what_its_descriptor_says_is_refused() {
    let sample = Sample::new(&["a"]);
    let other = gzip(&Sample::new(&["b"]).layers[0]);
    for change in [
        |manifest: &mut Value, _: &[u8]| manifest["config"]["size"] = 1.into(),
        |manifest: &mut Value, _: &[u8]| manifest["layers"][0]["size"] = 1.into(),
        |manifest: &mut Value, other: &[u8]| {
            manifest["layers"][0]["digest"] = format!("sha256:{}", hex(other)).into()
        },
    ] {
        let mut layout = Layout::new();
        let hex_of_other = hex(&other);
        let layer = layout.blob(LAYER, gzip(&sample.layers[0]));
        layout.tar = layout.tar.file(&format!("blobs/sha256/{hex_of_other}"), gzip(b"something else"));
        let config = layout.blob(CONFIG, &sample.config);
        let mut manifest =
            json!({"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": [layer]});
        change(&mut manifest, &other);
        let manifest = layout.blob(MANIFEST, manifest.to_string());
        let text = refusal(layout.archive(&[manifest]));
        assert!(text.contains("is not what its digest and size say"), "{text}");
    }
}

#[test]
fn a_layer_of_another_diff_id_is_refused() {
    let mut sample = Sample::new(&["a"]);
    sample.layers[0] = Sample::new(&["b"]).layers[0].clone();
    let mut layout = Layout::new();
    let manifest = layout.image(&sample);
    assert!(refusal(layout.archive(&[manifest])).starts_with("invalid diffID for layer 0"));
}

#[test]
fn what_an_index_names_and_is_not_there_is_named() {
    let sample = Sample::new(&["a"]);
    let missing = hex(b"missing");
    let path = format!("\"blobs/sha256/{missing}\"");
    let absent = json!({"mediaType": MANIFEST, "digest": format!("sha256:{missing}"), "size": 7});
    assert!(
        refusal(Layout::new().archive(std::slice::from_ref(&absent)))
            .contains(&format!("manifest {path} is named but not"))
    );
    for (what, member) in [("config", "config"), ("layer", "layers")] {
        let mut layout = Layout::new();
        let config = layout.blob(CONFIG, &sample.config);
        let layer = layout.blob(LAYER, gzip(&sample.layers[0]));
        let mut manifest =
            json!({"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": [layer]});
        let mut absent = absent.clone();
        absent["mediaType"] = "".into();
        manifest[member] = if member == "layers" { json!([absent]) } else { absent };
        let manifest = layout.blob(MANIFEST, manifest.to_string());
        let text = refusal(layout.archive(&[on(manifest, "linux/amd64")]));
        assert!(text.contains(&format!("{what} {path} is named but not there")), "{text}");
    }
}

#[test]
fn what_is_no_index_is_refused() {
    for index in ["null", "[]", "{", "{}", r#"{"schemaVersion":2,"config":{},"layers":[]}"#] {
        let text = refusal(Tar::new().file("index.json", index).bytes());
        assert!(text.starts_with("invalid archive: ") && text.contains("index.json"), "{index}: {text}");
    }
}

#[test]
fn indexes_that_lead_too_far_are_refused() {
    let mut layout = Layout::new();
    let mut entry = layout.image(&Sample::new(&["a"]));
    for _ in 0..6 {
        entry = layout.index(&[entry]);
    }
    assert!(refusal(layout.archive(&[entry])).contains("leads too far"));
}

#[test]
fn an_image_that_is_named_by_itself_and_within_an_index_has_both_names() {
    let mut layout = Layout::new();
    let manifest = on(layout.image(&Sample::new(&["a"])), "linux/amd64");
    let index = layout.index(std::slice::from_ref(&manifest));
    let archive = layout.archive(&[containerd(index, "x:1"), containerd(manifest, "y:1")]);
    assert_eq!(names(&read_one(archive)), ["docker.io/library/x:1", "docker.io/library/y:1"]);
}

#[test]
fn a_manifest_that_no_registry_would_take_is_refused() {
    let mut layout = Layout::new();
    let large = format!("{{\"schemaVersion\":2,{}\"manifests\":[]}}", " ".repeat(5 << 20));
    let manifest = layout.blob(INDEX, large);
    let text = refusal(layout.archive(&[manifest]));
    assert!(text.contains("it is larger than the limit of 4194304 bytes"), "{text}");
}

#[test]
fn a_manifest_of_more_layers_than_an_image_has_is_refused() {
    let mut layout = Layout::new();
    let config = layout.blob(CONFIG, "{}");
    let layers = vec![config.clone(); 1025];
    let manifest = json!({"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": layers});
    let manifest = layout.blob(MANIFEST, manifest.to_string());
    assert!(refusal(layout.archive(&[manifest])).contains("has more than the limit of 1024 layers"));
}
