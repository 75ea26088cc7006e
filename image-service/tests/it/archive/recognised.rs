//! Layers that are there already: nothing of them is read, and nothing but what the config says makes an image of them.

use serde_json::json;

use super::world::{Recorder, Sample, Tar, diff_ids, fault, gzip, layer_name, read_into};

/// The sample's archive with other bytes in place of its first layer.
fn with_first(sample: &Sample, bytes: &[u8]) -> Vec<u8> {
    let [first, rest @ ..] = &sample.layers[..] else { panic!("it has a layer") };
    let tar = Tar::new().file(&layer_name(first), bytes);
    let tar = rest.iter().fold(tar, |tar, layer| tar.file(&layer_name(layer), layer));
    let tar = tar.file(&sample.config_name(), &sample.config);
    tar.json("manifest.json", &json!([sample.entry(&json!(["x:1"]))])).bytes()
}

#[test]
fn a_layer_that_is_there_is_passed_over_unread() {
    let sample = Sample::new(&["known", "new"]);
    let mut damaged = sample.layers[0].clone();
    *damaged.last_mut().unwrap() ^= 1;
    let mut recorder = Recorder::having(&sample.layers[0]);
    let [image] = read_into(with_first(&sample, &damaged), &mut recorder).unwrap().try_into().unwrap();
    assert_eq!(diff_ids(&image), sample.diff_ids());
    assert_eq!(image.id.to_string(), sample.id());
    assert_eq!(recorder.begun().len(), 1, "the other one");
}

#[test]
fn a_name_that_promises_a_layer_which_the_config_does_not_mean_is_refused() {
    let (known, sample) = (Sample::new(&["known"]), Sample::new(&["meant"]));
    let name = layer_name(&known.layers[0]);
    let entry = json!({"Config": sample.config_name(), "RepoTags": ["x:1"], "Layers": [name]});
    let tar = Tar::new().file(&name, &sample.layers[0]).file(&sample.config_name(), &sample.config);
    let archive = tar.json("manifest.json", &json!([entry])).bytes();
    let refused = fault(read_into(archive, &mut Recorder::having(&known.layers[0])));
    let expected = format!(
        r#"invalid diffID for layer 0: expected "{}", got "{}""#,
        sample.diff_ids()[0],
        known.diff_ids()[0]
    );
    assert!(refused.contains(&expected), "{refused}");
}

#[test]
fn an_archive_that_ends_within_a_layer_that_is_there_is_no_archive() {
    let sample = Sample::new(&["known"]);
    let mut archive = sample.archive(&["x:1"]);
    archive.truncate(2 * 512 + 100);
    let refused = fault(read_into(archive, &mut Recorder::having(&sample.layers[0])));
    assert!(refused.contains("unexpected EOF"), "{refused}");
}

#[test]
fn what_comes_compressed_is_recognised_by_its_end_alone() {
    let sample = Sample::new(&["known"]);
    let mut recorder = Recorder::having(&sample.layers[0]);
    let archive = with_first(&sample, &gzip(&sample.layers[0]));
    read_into(archive, &mut recorder).unwrap();
    assert_eq!(recorder.taken().len(), 1);
}
