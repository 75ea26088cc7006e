//! Pull, inspect and history of every kind of image, by every kind of name.

use fixtures::peers::Recipe;

use super::{
    pair::Pair,
    recipes::{self, Created},
};

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_image_is_pulled_and_inspected_as_by_dockerd() {
    let pair = Pair::start().await;
    for (name, recipe) in recipes::all() {
        pair.registry.push(name, "v1", &recipe).await;
        pair.pull(name, "v1").await;
        let again = pair.pull(name, "v1").await;
        assert!(again.text().contains("Image is up to date"), "{}", again.text());
        pair.get(&pair.path(name, ":v1/json")).await;
        pair.get(&pair.path(name, ":v1/history")).await;
    }
    pair.verdict();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_answers_to_the_names_that_dockerd_knows() {
    let pair = Pair::start().await;
    let pushed = pair.registry.push("team/app", "v1", &Recipe::plain("names")).await;
    pair.pull("team/app", "v1").await;
    let hex = &pushed.image_id["sha256:".len()..];
    let host = pair.registry.host().replace(':', "%3A");
    for name in [
        &pushed.image_id,
        hex,
        &hex[..12],
        &hex[..4],
        &format!("sha256:{}", &hex[..12]),
        &format!("{}/team/app@{}", pair.registry.host(), pushed.digest),
        &format!("{host}%2Fteam%2Fapp%3Av1"),
        // No tag means latest, which is not there.
        &pair.registry.reference("team/app"),
        // Not how it was pulled.
        "team/app:v1",
        &format!("team/app@{}", pushed.digest),
        &hex.to_uppercase(),
    ] {
        pair.get(&format!("/v1.41/images/{name}/json")).await;
        pair.get(&format!("/v1.41/images/{name}/history")).await;
    }
    pair.verdict();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_pulled_by_digest_has_no_tag_until_it_is_given_one() {
    let pair = Pair::start().await;
    let pushed = pair.registry.push("team/app", "v1", &Recipe::plain("digest")).await;
    pair.pull("team/app", &pushed.digest).await;
    pair.pull("team/app", &pushed.digest).await;
    let by_digest = pair.path("team/app", &format!("@{}/json", pushed.digest));
    pair.get(&by_digest).await;
    pair.get("/v1.41/images/json").await;
    pair.pull("team/app", "v1").await;
    pair.get(&by_digest).await;
    pair.get("/v1.41/images/json").await;
    pair.verdict();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_index_gives_the_platform_that_dockerd_would_choose() {
    let pair = Pair::start().await;
    let platforms = [("arm64", "v8"), ("amd64", ""), ("s390x", "")];
    let mut year = 2010;
    let recipes = platforms.map(|(machine, variant)| {
        // Another year for each, so that lists have one order.
        year += 1;
        Recipe::for_platform("multi", machine, variant).created(&format!("{year}-01-01T00:00:00Z"))
    });
    pair.registry.push_index("team/list", "v1", &recipes).await;
    pair.registry.push_index("team/index", "v1", &recipes.clone().map(Recipe::oci)).await;
    pair.registry.push_index("team/foreign", "v1", &recipes[2..]).await;
    for name in ["team/list", "team/index"] {
        pair.pull(name, "v1").await;
        pair.get(&pair.path(name, ":v1/json")).await;
        let name_in_query = pair.registry.reference(name);
        for platform in ["linux/arm64", "linux/s390x", "linux"] {
            pair.post(&format!("/v1.41/images/create?fromImage={name_in_query}&tag=v1&platform={platform}"))
                .await;
            pair.get(&pair.path(name, ":v1/json")).await;
        }
        // One tag, one platform: those pulled before are left without a name.
        pair.get("/v1.41/images/json?filters=%7B%22dangling%22:%5B%22true%22%5D%7D").await;
    }
    pair.pull("team/foreign", "v1").await;
    pair.verdict();
}

#[tokio::test(flavor = "multi_thread")]
async fn all_tags_of_a_repository_come_as_from_dockerd() {
    let pair = Pair::start().await;
    for (tag, recipe) in [("v1", "one"), ("v2", "two"), ("v2-again", "two")] {
        pair.registry.push("team/app", tag, &Recipe::plain(recipe)).await;
    }
    let name = pair.registry.reference("team/app");
    pair.post(&format!("/v1.41/images/create?fromImage={name}")).await;
    pair.post(&format!("/v1.41/images/create?fromImage={name}")).await;
    pair.get(&pair.path("team/app", ":v2/json")).await;
    pair.verdict();
}
