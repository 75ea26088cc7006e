//! What is fetched, and what is refused to be taken for an image.

use fixtures::{
    images::{self, Content, DOCKER_LIST, DOCKER_MANIFEST, Image, ImageBuilder, OCI_INDEX, OCI_MANIFEST},
    registry::{Reply, ScriptedRegistry},
};
use http::Method;
use image_service::error::Error;
use serde_json::json;

use super::world::{MANIFEST, World, app};

#[tokio::test]
async fn a_single_image_takes_two_requests_and_comes_byte_for_byte() {
    for image in [Image::docker("app"), Image::oci("app")] {
        let (world, registry) = (World::new(), ScriptedRegistry::start().await);
        registry.push("team/app", "v1", &image);
        let resolved = world.pull(&app(&registry)).await.unwrap();
        assert_eq!(resolved.config, image.config.bytes);
        assert_eq!(resolved.config_digest.to_string(), image.id());
        assert_eq!(resolved.manifest.bytes, image.manifest.bytes);
        assert_eq!(resolved.manifest.media_type, image.manifest.media_type);
        assert_eq!(resolved.top, resolved.manifest);
        assert_eq!(resolved.layers[0].digest.to_string(), image.layers[0].digest());
        assert_eq!(resolved.platform.to_string(), "linux/amd64");
        let config = format!("GET /v2/team/app/blobs/{}", image.id());
        assert_eq!(registry.request_lines(), [format!("GET {MANIFEST}"), config]);
    }
}

#[tokio::test]
async fn every_request_says_who_sends_it_and_wants_no_compression() {
    let (world, registry) = (World::new(), ScriptedRegistry::start().await);
    registry.push("team/app", "v1", &Image::docker("app"));
    world.pull(&app(&registry)).await.unwrap();
    for request in registry.requests() {
        let header = |name: &str| request.headers.get(name).map(|value| value.to_str().unwrap());
        assert!(header("user-agent").unwrap().starts_with("image-service/"));
        assert_eq!(header("accept-encoding"), Some("identity"));
        assert_eq!((header("referer"), header("authorization")), (None, None));
    }
    let accept: Vec<_> = registry.requests()[0].headers.get_all("accept").iter().cloned().collect();
    for media_type in [DOCKER_MANIFEST, DOCKER_LIST, OCI_MANIFEST, OCI_INDEX] {
        assert!(accept.iter().any(|accepted| accepted == media_type), "{media_type}");
    }
}

#[tokio::test]
async fn an_image_is_pulled_by_digest_whatever_algorithm_the_digest_has() {
    let (world, registry) = (World::new(), ScriptedRegistry::start().await);
    let image = Image::docker("app");
    registry.push("team/app", "v1", &image);
    for digest in [image.manifest.digest(), images::sha512(&image.manifest.bytes)] {
        let name = format!("{}/team/app@{digest}", registry.host());
        assert_eq!(world.pull(&name).await.unwrap().top.digest.to_string(), digest);
    }
}

#[tokio::test]
async fn a_manifest_that_has_not_the_digest_that_was_asked_for_is_refused() {
    let (world, registry) = (World::new(), ScriptedRegistry::start().await);
    let (image, other) = (Image::docker("app"), Image::docker("other"));
    registry.push("team/app", "v1", &image);
    let digest = image.manifest.digest();
    let path = format!("/v2/team/app/manifests/{digest}");
    let reply = Reply::body(200, other.manifest.bytes.clone()).header("Docker-Content-Digest", &digest);
    registry.always(Method::GET, &path, reply);
    let error = world.failure(&format!("{}/team/app@{digest}", registry.host())).await;
    assert_eq!(
        error.to_string(),
        format!("manifest verification failed for digest {digest}: {}", other.manifest.digest())
    );
}

#[tokio::test]
async fn a_tag_whose_header_contradicts_its_body_is_refused() {
    let (world, registry) = (World::new(), ScriptedRegistry::start().await);
    registry.push("team/app", "v1", &Image::docker("app"));
    let wrong = images::sha256(b"something else");
    registry.always(Method::GET, MANIFEST, Reply::honest().header("Docker-Content-Digest", &wrong));
    assert!(
        matches!(world.failure(&app(&registry)).await.root(), Error::ContentMismatch { expected, .. } if *expected == wrong)
    );
}

#[tokio::test]
async fn a_tag_without_a_digest_header_or_with_junk_in_it_has_the_digest_of_its_bytes() {
    for header in ["", "md5:abc", "junk"] {
        let (world, registry) = (World::new(), ScriptedRegistry::start().await);
        let image = Image::docker("app");
        registry.push("team/app", "v1", &image);
        registry.always(Method::GET, MANIFEST, Reply::honest().header("Docker-Content-Digest", header));
        let resolved = world.pull(&app(&registry)).await.unwrap();
        assert_eq!(resolved.top.digest.to_string(), image.manifest.digest());
    }
}

#[tokio::test]
async fn a_content_type_may_have_parameters_or_be_wrong_or_missing() {
    for image in [Image::docker("app"), Image::oci("app").with_manifest(|m| m["mediaType"] = json!(null))] {
        let parameters = format!("{}; charset=utf-8", image.manifest.media_type.to_uppercase());
        for content_type in [parameters.as_str(), "text/html", "application/json", ""] {
            let (world, registry) = (World::new(), ScriptedRegistry::start().await);
            registry.push("team/app", "v1", &image);
            registry.always(Method::GET, MANIFEST, Reply::honest().header("Content-Type", content_type));
            let resolved = world.pull(&app(&registry)).await.unwrap();
            assert_eq!(resolved.top.media_type, image.manifest.media_type, "served as {content_type:?}");
        }
    }
}

#[tokio::test]
async fn a_content_type_that_contradicts_the_body_is_refused() {
    let (world, registry) = (World::new(), ScriptedRegistry::start().await);
    registry.push("team/app", "v1", &Image::docker("app"));
    registry.always(Method::GET, MANIFEST, Reply::honest().header("Content-Type", OCI_MANIFEST));
    assert!(matches!(world.failure(&app(&registry)).await.root(), Error::ManifestInvalid { .. }));
}

#[tokio::test]
async fn a_manifest_of_one_byte_too_many_is_refused_with_and_without_a_length() {
    const CAP: usize = 4 * 1024 * 1024;
    for reply in [Reply::body(200, vec![b' '; CAP + 1]), Reply::chunked(vec![b' '; 64 * 1024], 1000)] {
        let (world, registry) = (World::new(), ScriptedRegistry::start().await);
        registry.always(Method::GET, MANIFEST, reply);
        let error = world.failure(&app(&registry)).await;
        let name = app(&registry);
        assert_eq!(error.to_string(), format!("manifest for {name} is larger than the limit of {CAP} bytes"));
    }
}

#[tokio::test]
async fn a_manifest_of_just_the_limit_is_read() {
    let (world, registry) = (World::new(), ScriptedRegistry::start().await);
    let image = Image::docker("app");
    registry.push("team/app", "v1", &image);
    let mut bytes = image.manifest.bytes.to_vec();
    bytes.resize(4 * 1024 * 1024, b' ');
    registry.put_manifest("team/app", Some("v1"), &Content::of(DOCKER_MANIFEST, bytes));
    assert_eq!(world.pull(&app(&registry)).await.unwrap().config_digest.to_string(), image.id());
}

#[tokio::test]
async fn a_config_that_is_not_what_its_descriptor_says_is_refused() {
    let image = Image::docker("app");
    let (length, config) = (image.config.bytes.len(), &image.config.bytes);
    let long = [config, &b" "[..]].concat();
    let mut other = config.to_vec();
    other[5] ^= 1;
    for (reply, found) in [
        (Reply::body(200, config.slice(1..)), format!("{} bytes, not {length}", length - 1)),
        (Reply::body(200, long), format!("more than {length} bytes")),
        (Reply::body(200, other.clone()), images::sha256(&other)),
        (Reply::torn(length as u64, config.slice(..10)), format!("10 bytes of {length}")),
        (Reply::body(200, "<html>Welcome</html>"), format!("20 bytes, not {length}")),
        (Reply::chunked("x".repeat(1000), 1_000_000), format!("more than {length} bytes")),
    ] {
        let (world, registry) = (World::new(), ScriptedRegistry::start().await);
        registry.push("team/app", "v1", &image);
        registry.always(Method::GET, "/v2/team/app/blobs/*", reply);
        let error = world.failure(&app(&registry)).await;
        let text = format!("image config verification failed for digest {}: {found}", image.id());
        assert_eq!(error.to_string(), text);
    }
}

#[tokio::test]
async fn a_config_whose_descriptor_is_too_large_is_not_even_asked_for() {
    let (world, registry) = (World::new(), ScriptedRegistry::start().await);
    let image = Image::docker("app").with_manifest(|m| m["config"]["size"] = json!(8 * 1024 * 1024 + 1));
    registry.push("team/app", "v1", &image);
    assert!(matches!(world.failure(&app(&registry)).await.root(), Error::TooLarge { limit: 8_388_608, .. }));
    assert_eq!(registry.count(Method::GET, "/v2/team/app/blobs/*"), 0);
}

#[tokio::test]
async fn a_config_inside_its_manifest_saves_a_request_if_it_is_the_right_one() {
    use base64::Engine as _;
    for (tampered, requests) in [(false, 0), (true, 1)] {
        let (world, registry) = (World::new(), ScriptedRegistry::start().await);
        let image = Image::oci("app");
        let mut bytes = image.config.bytes.to_vec();
        bytes[0] ^= u8::from(tampered);
        let data = base64::engine::general_purpose::STANDARD.encode(bytes);
        let image = image.with_manifest(|m| m["config"]["data"] = json!(data));
        registry.push("team/app", "v1", &image);
        assert_eq!(world.pull(&app(&registry)).await.unwrap().config, image.config.bytes);
        assert_eq!(registry.count(Method::GET, "/v2/team/app/blobs/*"), requests);
    }
}

#[tokio::test]
async fn what_is_no_image_is_refused_by_name() {
    let chart = "application/vnd.cncf.helm.config.v1+json";
    let signature = Image::oci("x").with_manifest(|m| {
        m["artifactType"] = json!("application/vnd.dev.sigstore.bundle.v0.3+json");
        m["config"]["mediaType"] = json!("application/vnd.oci.empty.v1+json");
    });
    let artifact = json!({"mediaType": "application/vnd.oci.artifact.manifest.v1+json", "artifactType": "sbom/x", "blobs": []});
    for (manifest, media_type) in [
        (Image::oci("x").with_manifest(|m| m["config"]["mediaType"] = json!(chart)).manifest, chart),
        (signature.manifest, "application/vnd.dev.sigstore.bundle.v0.3+json"),
        (Content::json("application/vnd.oci.artifact.manifest.v1+json", &artifact), "sbom/x"),
    ] {
        let (world, registry) = (World::new(), ScriptedRegistry::start().await);
        registry.put_manifest("team/app", Some("v1"), &manifest);
        let name = app(&registry);
        let text = format!("{name} is not an image: its media type is {media_type}");
        assert_eq!(world.failure(&name).await.to_string(), text);
    }
}

#[tokio::test]
async fn schema_1_is_refused_by_name_however_it_is_served() {
    let schema1 = json!({"schemaVersion": 1, "name": "x", "tag": "v1", "fsLayers": [], "history": [], "signatures": []});
    for content_type in
        ["application/vnd.docker.distribution.manifest.v1+prettyjws", "text/plain", "application/json"]
    {
        let (world, registry) = (World::new(), ScriptedRegistry::start().await);
        registry.put_manifest("team/app", Some("v1"), &Content::json(content_type, &schema1));
        assert!(
            matches!(world.failure(&app(&registry)).await.root(), Error::Schema1 { .. }),
            "{content_type}"
        );
    }
}

#[tokio::test]
async fn a_document_that_two_readers_could_take_for_different_things_is_refused() {
    let image = Image::oci("app");
    let manifest = |change: &dyn Fn(&mut serde_json::Value)| {
        let changed = image.clone().with_manifest(|m| change(m));
        String::from_utf8(changed.manifest.bytes.to_vec()).unwrap()
    };
    let plain = manifest(&|_| {});
    for (why, body) in [
        ("manifest and index", manifest(&|m| m["manifests"] = json!([]))),
        ("manifest and schema 1", manifest(&|m| m["fsLayers"] = json!([]))),
        ("a member twice", plain.replacen("\"layers\"", "\"layers\":[],\"layers\"", 1)),
        ("a member in another case", plain.replacen("\"layers\"", "\"Layers\":[],\"layers\"", 1)),
        ("only in another case", plain.replacen("\"layers\"", "\"Layers\"", 1)),
        ("a folded letter", plain.replacen("\"layers\"", "\"layer\u{17f}\":[],\"layers\"", 1)),
        ("a digest twice", plain.replacen("\"digest\"", "\"digest\":\"x\",\"digest\"", 1)),
        ("another version", plain.replacen("\"schemaVersion\":2", "\"schemaVersion\":3", 1)),
        ("no version", plain.replacen("\"schemaVersion\":2,", "", 1).replacen(",\"schemaVersion\":2", "", 1)),
        (
            "a version twice",
            plain.replacen("\"schemaVersion\":2", "\"schemaVersion\":1,\"schemaVersion\":2", 1),
        ),
        ("an index by name", manifest(&|m| m["mediaType"] = json!(OCI_INDEX))),
        ("no JSON", "<html>".to_owned()),
        ("not an object", "[]".to_owned()),
        ("nothing in it", "{}".to_owned()),
        ("a bad digest", manifest(&|m| m["config"]["digest"] = json!("sha256:abc"))),
        ("a path for a digest", manifest(&|m| m["config"]["digest"] = json!("../../x"))),
        ("a negative size", manifest(&|m| m["config"]["size"] = json!(-1))),
        ("not closed", plain[..plain.len() - 1].to_owned()),
        (
            "too deep",
            format!("{{\"schemaVersion\":2,\"config\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000)),
        ),
    ] {
        let (world, registry) = (World::new(), ScriptedRegistry::start().await);
        registry.put_manifest("team/app", Some("v1"), &Content::of("application/json", body));
        let error = world.failure(&app(&registry)).await;
        assert!(matches!(error.root(), Error::ManifestInvalid { .. }), "{why}: {error}");
    }
}

#[tokio::test]
async fn members_that_nobody_reads_may_be_anything() {
    let (world, registry) = (World::new(), ScriptedRegistry::start().await);
    let image = ImageBuilder::new("app").config(|c| c["Unknown"] = json!([1, {"x": null}])).build();
    let image = image.with_manifest(|m| {
        m["x-vendor"] = json!({"a": 1});
        m["annotations"] = json!({"k": "v"});
        m["subject"] = json!({"digest": "none"});
    });
    registry.push("team/app", "v1", &image);
    assert_eq!(world.pull(&app(&registry)).await.unwrap().config, image.config.bytes);
}

#[tokio::test]
async fn a_config_that_cannot_be_read_is_no_image() {
    let (world, registry) = (World::new(), ScriptedRegistry::start().await);
    let mut image = Image::docker("app");
    image.config = Content::of(images::DOCKER_CONFIG, "no json");
    let descriptor = image.config.descriptor();
    let image = image.with_manifest(|m| m["config"] = descriptor);
    registry.push("team/app", "v1", &image);
    assert!(matches!(world.failure(&app(&registry)).await.root(), Error::ManifestInvalid { .. }));
}
