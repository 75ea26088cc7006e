//! What documents say, and which say too much.

use super::*;

const CONFIG: &str = r#"{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","size":0}"#;

fn parse(content_type: Option<&str>, document: &str) -> Result<Manifest, ManifestFault> {
    let bytes = Bytes::copy_from_slice(document.as_bytes());
    Manifest::parse(Digest::of(&bytes), content_type, bytes)
}

fn image(more: &str) -> String {
    format!(r#"{{"schemaVersion":2,"config":{CONFIG},"layers":[]{more}}}"#)
}

fn entry(more: &str) -> String {
    format!("{}{more}}}", CONFIG.trim_end_matches('}').replace("config", "manifest"))
}

#[test]
fn the_type_is_what_header_and_body_agree_on() {
    let (docker, oci) = (MediaType::DockerManifest.as_str(), MediaType::OciManifest.as_str());
    let says_docker = image(&format!(r#","mediaType":"{docker}""#));
    for (header, body, media_type) in [
        (None, &image(""), oci),
        (Some(docker), &image(""), docker),
        (None, &says_docker, docker),
        (Some(docker), &says_docker, docker),
        (Some("text/plain"), &says_docker, docker),
    ] {
        assert_eq!(parse(header, body).unwrap().media_type, media_type, "{header:?} {body}");
    }
    for header in [oci, MediaType::OciIndex.as_str()] {
        assert!(matches!(parse(Some(header), &says_docker), Err(ManifestFault::Invalid(_))));
    }
    assert!(matches!(parse(Some(MediaType::OciIndex.as_str()), &image("")), Err(ManifestFault::Invalid(_))));
}

#[test]
fn an_index_keeps_its_order_and_leaves_attestations_out() {
    let entries = [
        entry(r#","platform":{"os":"unknown","architecture":"unknown"}"#),
        entry(r#","platform":{"os":"linux","architecture":"arm64","variant":"v8"}"#),
        entry(r#","annotations":{"vnd.docker.reference.type":"attestation-manifest"}"#),
        entry(""),
        entry(r#","platform":{}"#),
        entry(r#","platform":null"#),
        entry(r#","platform":{"architecture":"amd64","os.features":["x"]}"#),
    ];
    let index = format!(r#"{{"schemaVersion":2,"manifests":[{}]}}"#, entries.join(","));
    let ManifestBody::Index(entries) = parse(None, &index).unwrap().body else { panic!() };
    let platforms: Vec<_> =
        entries.iter().map(|(_, platform)| platform.as_ref().map(ToString::to_string)).collect();
    assert_eq!(platforms, [Some("linux/arm64".into()), None, None, None, Some("linux/amd64".into())]);
}

#[test]
fn null_is_absent() {
    let manifest = parse(None, &image(r#","manifests":null,"fsLayers":null,"mediaType":null"#)).unwrap();
    assert!(matches!(manifest.body, ManifestBody::Image { layers, .. } if layers.is_empty()));
}

#[test]
fn a_member_is_written_once_and_as_it_is_called() {
    for more in [
        r#","layers":[]"#,
        r#","LAYERS":[]"#,
        r#","conFig":{}"#,
        r#","ſchemaVersion":1"#,
        r#","mediaType":"","mediaType":"""#,
        r#","manifests":[]"#,
        r#","mediatype":"x""#,
        r#","fſLayers":[]"#,
    ] {
        assert!(matches!(parse(None, &image(more)), Err(ManifestFault::Invalid(_))), "{more}");
    }
    assert!(parse(None, &image(r#","other":1,"other":2"#)).is_ok(), "nobody reads it");
}

#[test]
fn an_unknown_type_is_no_image() {
    let chart = image(r#","mediaType":"application/vnd.example+json; x=y""#);
    assert_eq!(parse(None, &chart), Err(ManifestFault::NotAnImage("application/vnd.example+json".into())));
}

proptest::proptest! {
    #[test]
    fn no_document_can_hurt(document in ".{0,200}", content_type in ".{0,40}") {
        let _ = parse(Some(&content_type), &document);
    }

    #[test]
    fn no_document_of_the_right_words_can_hurt(
        words in proptest::collection::vec(proptest::sample::select(vec![
            "{", "}", "[", "]", ":", ",", "\"manifests\"", "\"config\"", "\"layers\"", "\"digest\"", "\"size\"",
            "\"schemaVersion\"", "2", "\"mediaType\"", "null", "\"platform\"", CONFIG, "1e999", "-1",
        ]), 0..30),
    ) {
        let document = words.concat();
        let _ = parse(None, &document);
        let _ = parse(None, &format!("{{\"schemaVersion\":2,{document}}}"));
    }
}
