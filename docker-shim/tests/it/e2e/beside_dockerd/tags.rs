//! Tagging: what it makes, and what it refuses.

use fixtures::peers::Recipe;

use super::pair::Pair;

#[tokio::test(flavor = "multi_thread")]
async fn tags_are_made_moved_and_refused_as_by_dockerd() {
    let pair = Pair::start().await;
    let one = pair.registry.push("team/app", "v1", &Recipe::plain("one")).await;
    pair.registry.push("team/app", "v2", &Recipe::plain("two")).await;
    pair.pull("team/app", "v1").await;
    pair.pull("team/app", "v2").await;
    let source = pair.path("team/app", ":v1/tag");
    let long = "x".repeat(129);
    for target in [
        "repo=t",
        "repo=t&tag=1",
        "repo=t&tag=1",
        "repo=t:2",
        "repo=t:3&tag=4",
        "repo=docker.io%2Flibrary%2Fcanonical&tag=1",
        "repo=index.docker.io/u/x&tag=1",
        "repo=localhost:5000/a/b&tag=c",
        "repo=UPPER&tag=1",
        "repo=Host.example/lower&tag=1",
        "repo=a//b",
        "repo=-a",
        "repo=t&tag=-bad",
        &format!("repo=t&tag={long}"),
        "repo=t&tag=a%20b",
        "",
        "repo=",
        "tag=1",
        "repo=sha256&tag=abc",
        &format!("repo=t@{}", one.digest),
        &format!("repo={}", "a".repeat(64)),
    ] {
        pair.post(&format!("{source}?{target}")).await;
    }
    for source in [
        "nosuch".to_owned(),
        "nosuch:x".to_owned(),
        "UPPER".to_owned(),
        format!("sha256:{}", "a".repeat(64)),
        one.image_id.clone(),
        one.image_id["sha256:".len()..][..12].to_owned(),
    ] {
        pair.post(&format!("/v1.41/images/{source}/tag?repo=by-name&tag=1")).await;
    }
    pair.get("/v1.41/images/t:1/json").await;
    pair.get("/v1.41/images/t:1/history").await;
    // The tag moves to the other image.
    pair.post(&format!("{}?repo=t&tag=1", pair.path("team/app", ":v2/tag"))).await;
    pair.get("/v1.41/images/t:1/json").await;
    pair.get(&pair.path("team/app", ":v1/json")).await;
    pair.verdict();
}
