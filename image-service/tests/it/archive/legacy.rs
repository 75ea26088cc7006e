//! Archives of Docker before 1.10: `repositories`, and a folder for each layer.

use fixtures::images::sha256;
use image_service::ports::ArchivedImage;
use serde_json::{Value, json};

use super::world::{Tar, layer, names, read, read_one, refusal};

/// Two layers, one upon the other, as Docker 1.9 wrote them.
pub(super) fn two_layers(repositories: &Value) -> Vec<u8> {
    members().json("repositories", repositories).bytes()
}

fn members() -> Tar {
    let lower = r##"{"id": "lower", "created": "2015-10-01T10:11:12.1200Z", "docker_version": "1.9.1", "Size": 7,
        "container_config": {"Cmd": ["/bin/sh", "-c", "#(nop) ADD a && <b> in /"]}, "os": "linux"}"##;
    let upper = "{\"id\": \"upper\", \"parent\": \"lower\", \"created\": \"2015-10-01T12:11:12+02:00\", \"author\": \"A \\\"B\\\" <a@b.example>\",
        \"comment\": \"tab\\tand \u{2028}\", \"docker_version\": \"1.9.1\", \"architecture\": \"amd64\", \"os\": \"linux\", \"throwaway\": true,
        \"container_config\": {\"Cmd\": null}, \"config\": {\"Env\": [\"A=1 & 2\", \"B=\\\\\\\" x\"], \"Cmd\": [ \"/a\" ]}}";
    Tar::new()
        .file("lower/VERSION", "1.0")
        .file("lower/json", lower)
        .file("lower/layer.tar", layer("lower"))
        .file("upper/VERSION", "1.0")
        .file("upper/json", upper)
        .file("upper/layer.tar", layer("upper"))
}

fn config(image: &ArchivedImage) -> Value {
    serde_json::from_slice(&image.config).unwrap()
}

#[test]
fn the_config_is_made_of_the_layers_configurations() {
    let image =
        read_one(two_layers(&json!({"old": {"1": "upper", "2": "upper"}, "ghcr.io/x/y": {"1": "upper"}})));
    assert_eq!(names(&image), ["ghcr.io/x/y:1", "docker.io/library/old:1", "docker.io/library/old:2"]);
    let config = config(&image);
    let diff_ids = [sha256(&layer("lower")), sha256(&layer("upper"))];
    assert_eq!(config["rootfs"], json!({"type": "layers", "diff_ids": diff_ids}));
    assert_eq!(
        config["history"],
        json!([
            {"created": "2015-10-01T10:11:12.12Z", "created_by": "/bin/sh -c #(nop) ADD a && <b> in /"},
            {"created": "2015-10-01T12:11:12+02:00", "author": "A \"B\" <a@b.example>", "comment": "tab\tand \u{2028}"},
        ])
    );
    assert_eq!(config["config"]["Cmd"], json!(["/a"]));
    for dropped in ["id", "parent", "Size", "throwaway"] {
        assert!(config[dropped].is_null(), "{dropped}");
    }
}

#[test]
fn an_image_that_no_name_points_at_is_there_without_one() {
    assert!(read_one(two_layers(&json!({}))).names.is_empty());
}

#[test]
fn a_layer_that_has_a_name_is_an_image_of_its_own() {
    let images = read(two_layers(&json!({"old": {"base": "lower", "app": "upper"}}))).unwrap();
    assert_eq!(images.iter().map(|image| image.layers.len()).collect::<Vec<_>>(), [1, 2]);
}

#[test]
fn a_name_that_points_at_nothing_is_refused() {
    assert_eq!(refusal(two_layers(&json!({"old": {"1": "gone"}}))), "invalid target ID: gone");
}

#[test]
fn parents_that_are_missing_or_go_in_a_circle_are_refused() {
    let archive = |parent: &str| {
        let config = json!({"id": "a", "parent": parent, "created": "2015-10-01T12:11:12Z"});
        let tar = Tar::new().json("a/json", &config).file("a/layer.tar", layer("a"));
        tar.json("repositories", &json!({"x": {"1": "a"}})).bytes()
    };
    assert!(refusal(archive("b")).contains(r#"layer "b" is named as a parent but not there"#));
    assert!(refusal(archive("a")).contains("a loop of parents"));
}

#[test]
fn what_cannot_be_read_is_named() {
    let archive = |config: &str, repositories: &str| {
        let tar = Tar::new().file("a/json", config).file("a/layer.tar", layer("a"));
        tar.file("repositories", repositories).bytes()
    };
    let repositories = r#"{"x":{"1":"a"}}"#;
    assert!(refusal(archive("{}", "[")).contains("failed to decode repositories"));
    assert!(refusal(archive("{", repositories)).contains("failed to decode json"));
    let text = refusal(archive(r#"{"created":"yesterday"}"#, repositories));
    assert!(
        text.contains(r#"the configuration of layer "a" cannot be used: "yesterday" is no time"#),
        "{text}"
    );
}

#[test]
fn what_a_layer_says_cannot_become_larger_than_the_archive_by_being_everywhere() {
    let told = "x".repeat(500_000);
    let mut tar = Tar::new();
    let mut parent = String::new();
    for id in 0..20 {
        let config = json!({"parent": parent, "created": "2015-10-01T12:11:12Z", "comment": told});
        tar = tar.json(&format!("{id}/json"), &config).file(&format!("{id}/layer.tar"), layer("a"));
        parent = id.to_string();
    }
    let text = refusal(tar.file("repositories", "{}").bytes());
    assert!(text.contains("the image's history is too large"), "{text}");
}

#[test]
fn files_that_are_too_large_are_named_with_the_limit() {
    let large = format!(r#"{{"created":"2015-10-01T12:11:12Z","comment":"{}"}}"#, "x".repeat(2 << 20));
    let tar = || Tar::new().file("a/layer.tar", layer("a"));
    let text = refusal(tar().file("a/json", &large).file("repositories", "{}").bytes());
    assert_eq!(
        text,
        r#"invalid archive: "a/json" cannot be used: it is larger than the limit of 1048576 bytes"#
    );
    let text = refusal(tar().file("a/json", "{}").file("repositories", &large).bytes());
    assert!(text.starts_with(r#"invalid archive: "repositories" cannot be used"#), "{text}");
}
