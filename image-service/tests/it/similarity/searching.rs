use fixtures::{
    peers::{DockerRegistry, Layer, Recipe},
    system::System,
};
use imageservice_proto::v1::{SearchRequest, SimilarImage};
use serde_json::json;

use super::world::{ENABLED, ON_DEMAND, found, index, indexed, like_image, like_text, load, search};

fn server(name: &str, members: serde_json::Value) -> Recipe {
    let mut recipe = Recipe::plain(name);
    recipe.config["config"] = members;
    recipe
}

/// Three servers, of which two are databases.
async fn servers() -> System {
    let system = System::with_config(ON_DEMAND).await;
    let database = server(
        "database",
        json!({ "Cmd": ["postgres"], "Env": ["PGDATA=/var/lib/postgresql/data"], "ExposedPorts": { "5432/tcp": {} },
            "Labels": { "team": "data", "tier": "back" } }),
    );
    let other = server(
        "other",
        json!({ "Cmd": ["mysqld"], "Env": ["MYSQL_VERSION=8"], "Labels": { "team": "data", "kind": "database" } }),
    );
    let web = server("web", json!({ "Cmd": ["nginx", "-g", "daemon off"], "Labels": { "team": "web" } }));
    load(
        &system,
        &[
            (&database, &["team/postgresql:16", "db:prod"]),
            (&other, &["team/mysql:8"]),
            (&web, &["nginx:1.25"]),
        ],
    )
    .await;
    assert_eq!(index(&system, "").await.unwrap().indexed, 3);
    system
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_finds_what_its_words_are_about() {
    let system = servers().await;
    for (text, first) in [
        ("postgres 16", "db:prod"),
        ("PostgreSQL", "db:prod"),
        ("mysqld", "team/mysql:8"),
        ("nginx web server", "nginx:1.25"),
        ("database", "team/mysql:8"),
    ] {
        assert_eq!(found(&system, like_text(text)).await[0], first, "{text}");
    }
    let answer = search(&system, like_text("postgres 16")).await.unwrap();
    assert_eq!((answer.not_indexed, answer.embedder.as_str()), (0, "hashing-1/256"));
    let best = &answer.images[0];
    assert_eq!(best.repo_tags, ["db:prod", "team/postgresql:16"]);
    assert_eq!(best.shared_layers, None, "there is no image to share layers with");
    assert!(answer.images.is_sorted_by(|one, next| one.score >= next.score), "{answer:?}");
    assert!(answer.images.iter().all(|image| (0.0..=1.0).contains(&image.score)), "{answer:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_scores_labels_and_platforms_leave_images_out() {
    let system = servers().await;
    let arm = Recipe::for_platform("arm", "arm64", "v8");
    load(&system, &[(&arm, &["postgres-arm:16"])]).await;
    index(&system, "postgres-arm:16").await.unwrap();
    let text = || like_text("postgres");
    let best = search(&system, text()).await.unwrap().images[0].score;
    for (request, expected) in [
        (SearchRequest { labels: vec!["team=data".into()], ..text() }, &["db:prod", "team/mysql:8"][..]),
        (SearchRequest { labels: vec!["team=data".into(), "kind".into()], ..text() }, &["team/mysql:8"]),
        (SearchRequest { labels: vec!["team=nobody".into()], ..text() }, &[]),
        (SearchRequest { platform: "linux/arm64".into(), ..text() }, &["postgres-arm:16"]),
        (SearchRequest { platform: "windows/amd64".into(), ..text() }, &[]),
        (SearchRequest { minimum_score: 1.0, ..text() }, &[]),
    ] {
        let asked = format!("{request:?}");
        assert_eq!(found(&system, request).await, expected, "{asked}");
    }
    let mut all = SearchRequest { limit: 1, ..text() };
    assert_eq!(search(&system, all.clone()).await.unwrap().images.len(), 1);
    all.minimum_score = best;
    assert_eq!(search(&system, all).await.unwrap().images.len(), 1, "the minimum itself is enough");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_finds_those_like_it_but_not_itself() {
    let system = servers().await;
    let mut next = server("next", json!({ "Cmd": ["postgres"], "Env": ["PGDATA=/var/lib/postgresql/data"] }));
    next.layers = vec![Layer::with_file("other", b"nothing in common")];
    load(&system, &[(&next, &["team/postgresql:17"])]).await;
    index(&system, "").await.unwrap();
    let names = found(&system, like_image("db:prod")).await;
    assert_eq!(names[0], "team/postgresql:17");
    assert!(!names.contains(&"db:prod".to_owned()) && names.len() == 3, "{names:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn layers_in_common_lift_a_score_by_the_formula() {
    let system = System::with_config(ON_DEMAND).await;
    let base = Layer::with_file("base", &[b'b'; 4000]);
    let stacked = |name: &str, layers: Vec<Layer>| Recipe { layers, ..Recipe::plain(name) };
    let own = |name: &str| Layer::with_file(name, name.as_bytes());
    let reference = stacked("reference", vec![base.clone(), own("reference")]);
    let sibling = stacked("sibling", vec![base.clone(), own("sibling"), base.clone()]);
    let stranger = stacked("stranger", vec![own("stranger")]);
    load(&system, &[(&reference, &["a:1"]), (&sibling, &["b:1"]), (&stranger, &["c:1"])]).await;
    index(&system, "").await.unwrap();

    let by_image = search(&system, like_image("a:1")).await.unwrap().images;
    let by_text = SearchRequest { shares_layers_with: "a:1".into(), ..like_text("b") };
    let by_text = search(&system, by_text).await.unwrap().images;
    let plain = search(&system, like_text("b")).await.unwrap().images;
    let of = |images: &[SimilarImage], recipe: &Recipe| {
        images.iter().find(|image| image.id == recipe.image_id()).cloned().unwrap()
    };
    for images in [&by_image, &by_text] {
        let (sibling, stranger) = (of(images, &sibling), of(images, &stranger));
        let (shared, none) = (sibling.shared_layers.unwrap(), stranger.shared_layers.unwrap());
        assert_eq!((shared.count, none.count, none.bytes, none.share), (1, 0, 0, 0.0));
        assert!(shared.bytes > 0 && shared.share > 0.2 && shared.share < 1.0, "{shared:?}");
        let lifted = sibling.similarity + (1.0 - sibling.similarity) * 0.5 * shared.share;
        assert!((sibling.score - lifted).abs() < 1e-6, "{sibling:?}");
        assert_eq!(stranger.score, stranger.similarity);
    }
    let (with, without) = (of(&by_text, &sibling), of(&plain, &sibling));
    assert!(with.score > without.score && without.shared_layers.is_none());
    assert_eq!(of(&by_text, &reference).shared_layers.unwrap().share, 1.0, "it has all of its own layers");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_pulled_is_found_as_soon_as_it_is_indexed() {
    let (registry, system) = (DockerRegistry::open().await, System::with_config(ENABLED).await);
    registry.push("team/redis", "7", &Recipe::plain("cache")).await;
    registry.push("team/kafka", "3", &Recipe::plain("queue").oci()).await;
    for name in ["team/redis", "team/kafka"] {
        let tag = if name == "team/redis" { "7" } else { "3" };
        assert_eq!(system.engine().pull(&registry.reference(name), tag).await.status, 200);
    }
    indexed(&system, 2).await;
    assert_eq!(found(&system, like_text("redis")).await[0], registry.reference("team/redis:7"));
    assert_eq!(found(&system, like_text("queue")).await[0], registry.reference("team/kafka:3"));
}
