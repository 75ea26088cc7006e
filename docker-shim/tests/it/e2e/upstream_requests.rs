//! What a registry is asked, counted by the registry itself.

use fixtures::{
    peers::{Access, DockerRegistry, Grants, Recipe, TokenServer},
    system::System,
};
use tokio::task::JoinSet;

#[tokio::test(flavor = "multi_thread")]
async fn an_unchanged_tag_costs_one_head() {
    let (registry, system) = (DockerRegistry::open().await, System::start().await);
    registry.push("team/app", "v1", &Recipe::plain("head")).await;
    let name = registry.reference("team/app");
    system.engine().pull(&name, "v1").await;
    let before = registry.requests().await.len();
    let answer = system.engine().pull(&name, "v1").await;
    assert!(answer.text().contains("Image is up to date"), "{}", answer.text());
    let asked = registry.requests().await.split_off(before);
    let head = Access { method: "HEAD".into(), uri: "/v2/team/app/manifests/v1".into(), status: 200 };
    assert_eq!(asked, [head]);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_pulls_of_one_tag_fetch_it_once() {
    let (registry, system) = (DockerRegistry::open().await, System::start().await);
    let pushed = registry.push("team/app", "v1", &Recipe::plain("once")).await;
    let name = registry.reference("team/app");
    let before = registry.requests().await.len();
    let mut pulls = JoinSet::new();
    for _ in 0..200 {
        let (engine, name) = (system.engine().clone(), name.clone());
        pulls.spawn(async move { engine.pull(&name, "v1").await });
    }
    for answer in pulls.join_all().await {
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert!(answer.text().contains(&pushed.digest), "{}", answer.text());
    }
    // Those that came when the first was done find the tag known, and may ask whether it has changed.
    let asked = registry.requests().await.split_off(before);
    let gets: Vec<_> =
        asked.iter().filter(|access| access.method == "GET").map(|access| access.uri.as_str()).collect();
    let config = format!("/v2/team/app/blobs/{}", pushed.image_id);
    assert_eq!(gets, ["/v2/team/app/manifests/v1", &config], "{asked:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cold_pull_of_an_index_costs_a_token_and_three_requests() {
    let grants = Grants::none().allow("", "warm/app", &["pull"]).allow("", "team/multi", &["pull"]);
    let tokens = TokenServer::start(grants).await;
    let (registry, system) = (DockerRegistry::with_tokens(&tokens).await, System::start().await);
    registry.push("warm/app", "v1", &Recipe::plain("warm")).await;
    let recipes = [Recipe::plain("multi").oci(), Recipe::for_platform("multi", "arm64", "v8").oci()];
    registry.push_index("team/multi", "v1", &recipes).await;
    // The first pull of all teaches the realm.
    assert_eq!(system.engine().pull(&registry.reference("warm/app"), "v1").await.status, 200);
    let (before, tokens_before) = (registry.requests().await.len(), tokens.requests().len());
    let answer = system.engine().pull(&registry.reference("team/multi"), "v1").await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let asked = registry.requests().await.split_off(before);
    assert!(asked.len() <= 3, "{asked:?}");
    assert!(tokens.requests().len() - tokens_before <= 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_layer_is_ever_asked_for() {
    let (registry, system) = (DockerRegistry::open().await, System::start().await);
    let recipe = Recipe::plain("layers");
    let pushed = registry.push("team/app", "v1", &recipe).await;
    let before = registry.requests().await.len();
    system.engine().pull(&registry.reference("team/app"), "v1").await;
    let asked = registry.requests().await.split_off(before);
    let blobs = asked.iter().filter(|access| access.uri.contains("/blobs/"));
    assert!(blobs.clone().all(|access| access.uri.ends_with(&pushed.image_id)), "{asked:?}");
    assert_eq!(blobs.count(), 1);
}
