use super::*;

const DIGEST: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";

fn read(media_type: &str, text: &str) -> Result<Document, String> {
    document(&v1::Image {
        image_manifest: text.to_owned(),
        image_manifest_media_type: media_type.to_owned(),
        ..Default::default()
    })
}

fn entry(media_type: &str) -> String {
    format!(r#"{{"mediaType":"{media_type}","size":7,"digest":"{DIGEST}","annotations":{{"a":"b"}}}}"#)
}

#[test]
fn a_document_that_can_be_read_in_two_ways_is_refused() {
    let config = entry("application/vnd.oci.image.config.v1+json");
    for text in [
        format!(r#"{{"schemaVersion":2,"config":{config},"layers":[],"manifests":[]}}"#),
        format!(r#"{{"schemaVersion":2,"config":{config},"Layers":[],"layers":[]}}"#),
        format!(r#"{{"schemaVersion":1,"config":{config}}}"#),
        r#"{"schemaVersion":1,"fsLayers":[]}"#.to_owned(),
        "{".to_owned(),
        String::new(),
    ] {
        assert!(read(MANIFEST, &text).is_err(), "{text}");
    }
}

#[test]
fn an_artifact_is_read_like_an_image() {
    let (config, layer) = (entry("application/vnd.oci.empty.v1+json"), entry("text/spdx+json"));
    let text = format!(
        r#"{{"schemaVersion":2,"mediaType":"{MANIFEST}","artifactType":"application/spdx","config":{config},"layers":[{layer}],
            "subject":{layer},"annotations":{{"made":"today"}}}}"#
    );
    let Ok(Document::Image(manifest)) = read(MANIFEST, &text) else { panic!("it is a manifest") };
    assert_eq!(manifest.artifact_type, "application/spdx");
    assert_eq!(manifest.media_type, MANIFEST);
    assert_eq!(manifest.layers[0].annotations["a"], "b");
    assert_eq!(manifest.subject.unwrap().digest, DIGEST);
    assert_eq!(manifest.image_digest, Digest::of(text.as_bytes()).to_string());
}

#[test]
fn an_index_keeps_its_attestations_and_platforms() {
    let child = format!(
        r#"{{"mediaType":"{MANIFEST}","size":7,"digest":"{DIGEST}","platform":{{"os":"windows","architecture":"amd64","os.version":"10.0"}}}}"#
    );
    let attestation = format!(
        r#"{{"mediaType":"{MANIFEST}","size":7,"digest":"{DIGEST}","platform":{{"os":"unknown","architecture":"unknown"}}}}"#
    );
    let text = format!(r#"{{"schemaVersion":2,"manifests":[{child},{attestation}]}}"#);
    let Ok(Document::List(list)) = read(INDEX, &text) else { panic!("it is an index") };
    assert_eq!(list.manifests.len(), 2);
    assert_eq!(list.manifests[0].platform.as_ref().unwrap().os_version, "10.0");
}

#[test]
fn a_config_that_names_no_platform_has_none() {
    assert!(platform_of_config(b"{}").is_none());
    assert!(platform_of_config(b"not json").is_none());
    let config = br#"{"architecture":"arm64","os":"linux","variant":"v8","rootfs":{}}"#;
    assert_eq!(platform_of_config(config).unwrap().variant, "v8");
}
