//! Archives that cannot be loaded: the text that says why, a status that nobody takes for success, and nothing left of them.

use fixtures::{
    peers::{Archive, DockerCli, Layer, Recipe},
    process::until,
    system::System,
};
use serde_json::json;

/// What is wrong, the archive, and what is said of it.
fn all() -> Vec<(&'static str, Vec<u8>, &'static str)> {
    let mut recipe = Recipe::plain("bad");
    recipe.layers.push(Layer::with_file("second", &[b'x'; 3000]));
    let good = Archive::docker(&[(&recipe, &["app:1"])]);
    let config = format!("{}.json", &recipe.image_id()["sha256:".len()..]);
    let layer = format!("{}/layer.tar", &recipe.layers[1].diff_id["sha256:".len()..]);
    let other = Layer::with_file("second", b"something else");
    let tar = good.tar();
    let eof = "Error processing tar file(exit status 1): unexpected EOF";
    vec![
        ("empty", Vec::new(), "does not contain a manifest.json"),
        ("not a tar", b"hello this is not a tar at all".to_vec(), eof),
        (
            "random",
            vec![0xa5; 2048],
            "Error processing tar file(exit status 1): archive/tar: invalid tar header",
        ),
        ("cut in a header", tar[..700].to_vec(), eof),
        ("cut in a layer", tar[..4096].to_vec(), eof),
        (
            "cut compressed data",
            vec![0x28, 0xb5, 0x2f, 0xfd, 0x04, 0x58],
            "Error processing tar file(exit status 1): ",
        ),
        ("no manifest.json", good.clone().without("manifest.json").tar(), "does not contain a manifest.json"),
        ("no config", good.clone().without(&config).tar(), "is named but not there"),
        ("no layer", good.clone().without(&layer).tar(), "is named but not there"),
        (
            "a wrong layer",
            good.clone().with(&layer, other.tar()).tar(),
            "invalid diffID for layer 1: expected \"sha256:",
        ),
        ("a config that is no JSON", good.clone().with(&config, b"{".to_vec()).tar(), "invalid image JSON"),
        (
            "a config without rootfs",
            good.clone().with(&config, b"{}".to_vec()).tar(),
            "invalid image JSON, no RootFS key",
        ),
        (
            "a manifest that is no list",
            good.clone().with("manifest.json", b"{}".to_vec()).tar(),
            "failed to decode manifest.json",
        ),
        (
            "a manifest that is null",
            good.with("manifest.json", b"null".to_vec()).tar(),
            "manifest cannot be null",
        ),
        ("a name that is none", Archive::docker(&[(&recipe, &["-bad-:1"])]).tar(), "invalid tag \"-bad-:1\""),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn each_is_a_500_with_a_length_and_its_reason_and_records_nothing() {
    let system = System::start().await;
    for (what, archive, message) in all() {
        let refused = system.engine().load(archive).await;
        assert_eq!(refused.status, 500, "{what}: {}", refused.text());
        assert_eq!(refused.header("content-type"), "application/json", "{what}");
        assert_eq!(refused.header("content-length"), refused.body.len().to_string(), "{what}");
        let told = refused.json()["message"].as_str().unwrap().to_owned();
        assert!(told.contains(message), "{what}: {told}");
        assert_eq!(system.engine().get("/images/json?all=1").await.json(), json!([]), "{what}");
    }
    until("nothing is left in the spool", async || (system.spooled() == 0).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_archive_that_is_cut_at_any_block_is_refused() {
    let system = System::start().await;
    let tar = Archive::docker(&[(&Recipe::plain("cut"), &["app:1"])]).tar();
    // Two blocks of zeros say that it ends; up to them it has not.
    for length in (0..tar.len() - 1024).step_by(512) {
        let refused = system.engine().load(tar[..length].to_vec()).await;
        assert_eq!(refused.status, 500, "cut at {length}: {}", refused.text());
    }
    assert_eq!(system.engine().get("/images/json?all=1").await.json(), json!([]));
    assert_eq!(system.engine().load(tar).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_fails_and_shows_the_reason() {
    let system = System::start().await;
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("bad.tar");
    for cli in DockerCli::all(&system.docker_host()) {
        for (what, archive, message) in all() {
            std::fs::write(&file, archive).unwrap();
            let refused = cli.run(&["load", "-i", file.to_str().unwrap()]).await.refused();
            assert!(refused.contains(message), "{what}: {refused}");
        }
        assert_eq!(cli.run(&["images", "-qa"]).await.ok(), "");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_archive_does_not_spoil_the_next_good_one() {
    let system = System::start().await;
    let recipe = Recipe::plain("next");
    let good = Archive::docker(&[(&recipe, &["app:1"])]);
    // Its layers pass, and are staged, before it turns out that there is no image.
    let bad = good.clone().without("manifest.json");
    assert_eq!(system.engine().load(bad.tar()).await.status, 500);
    let answer = system.engine().load(good.tar()).await;
    assert_eq!(answer.results()[0], "Loaded image: app:1");
    super::staged::assert_pullable(&system, "app:1").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_good_image_before_a_bad_one_is_not_recorded_either() {
    let system = System::start().await;
    let (good, bad) = (Recipe::plain("good"), Recipe::plain("bad"));
    let archive = Archive::docker(&[(&good, &["good:1"]), (&bad, &["bad:1"])]);
    let layer = format!("{}/layer.tar", &bad.layers[0].diff_id["sha256:".len()..]);
    let refused = system.engine().load(archive.without(&layer).tar()).await;
    assert_eq!(refused.status, 500, "{}", refused.text());
    assert_eq!(system.engine().get("/images/json?all=1").await.json(), json!([]));
}
