//! Links within an archive, as dockerd and skopeo write them for layers that are the same.

use serde_json::json;

use super::world::{Recorder, Sample, Tar, diff_ids, layer, read_into, read_one, refusal};

/// A config with the same layer so many times, and the layer at `shared/layer.tar`.
fn sample(times: usize) -> (Sample, Tar) {
    let sample = Sample::new(&vec!["same"; times]);
    let tar = Tar::new().file("c", &sample.config).file("shared/layer.tar", layer("same"));
    (sample, tar)
}

fn archive(tar: Tar, layers: &[&str]) -> Vec<u8> {
    tar.json("manifest.json", &json!([{"Config": "c", "Layers": layers}])).bytes()
}

#[test]
fn a_link_stands_for_what_it_leads_to() {
    let (sample, tar) = sample(5);
    let tar = tar
        .symlink("a/layer.tar", "../shared/layer.tar")
        .symlink("b/layer.tar", "../a/layer.tar")
        .hardlink("c/layer.tar", "shared/layer.tar")
        .symlink("folder", "./shared/")
        .symlink("d/layer.tar", "/c/layer.tar");
    let layers = ["a/layer.tar", "b/layer.tar", "c/layer.tar", "folder/layer.tar", "d/layer.tar"];
    let mut recorder = Recorder::default();
    let [image] = read_into(archive(tar, &layers), &mut recorder).unwrap().try_into().unwrap();
    assert_eq!(diff_ids(&image), sample.diff_ids());
    assert_eq!(recorder.taken().len(), 1);
}

#[test]
fn a_link_may_come_before_what_it_leads_to() {
    let sample = Sample::new(&["same"]);
    let tar = Tar::new().symlink("l", "later").file("later", layer("same")).file("c", &sample.config);
    assert_eq!(read_one(archive(tar, &["l"])).id.to_string(), sample.id());
}

#[test]
fn documents_may_be_links_too() {
    let sample = Sample::new(&["a"]);
    let tar = sample.members(Tar::new()).json("real.json", &json!([sample.entry(&json!(["x:1"]))]));
    assert_eq!(read_one(tar.symlink("manifest.json", "real.json").bytes()).id.to_string(), sample.id());
}

#[test]
fn a_link_that_leads_outside_is_refused_whether_or_not_it_is_used() {
    for target in ["../../etc/passwd", "../..", "../../x/../shared/layer.tar"] {
        let (_, tar) = sample(1);
        let text = refusal(archive(tar.symlink("a/layer.tar", target), &["shared/layer.tar"]));
        assert_eq!(
            text,
            format!(
                "invalid archive: invalid symlink \"a/layer.tar\" -> {target:?}: it points outside the archive"
            )
        );
    }
    let (_, tar) = sample(1);
    assert!(refusal(archive(tar.hardlink("a/l", "../x"), &["a/l"])).contains("invalid hardlink \"a/l\""));
}

#[test]
fn links_that_lead_in_a_circle_are_refused() {
    for (one, two) in [("a", "a"), ("b", "a"), ("a/x", "a")] {
        let (_, tar) = sample(1);
        let text = refusal(archive(tar.symlink("a", one).symlink("b", two), &["a"]));
        assert_eq!(text, "invalid archive: \"a\": too many levels of symbolic links");
    }
}

#[test]
fn a_link_to_nothing_is_something_missing() {
    let (_, tar) = sample(1);
    assert!(
        refusal(archive(tar.symlink("l", "nowhere"), &["l"])).contains("layer \"l\" is named but not there")
    );
}
