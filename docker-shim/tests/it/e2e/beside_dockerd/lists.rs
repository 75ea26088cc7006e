//! Lists, with every filter.

use fixtures::peers::Recipe;

use super::{
    pair::Pair,
    recipes::{self, Created},
};

#[tokio::test(flavor = "multi_thread")]
async fn lists_and_their_filters_give_what_dockerd_gives() {
    let pair = Pair::start().await;
    for (name, recipe) in recipes::all() {
        pair.registry.push(name, "v1", &recipe).await;
        pair.pull(name, "v1").await;
    }
    let host = pair.registry.host();
    pair.post(&pair.path("team/plain", ":v1/tag?repo=alias&tag=1")).await;
    pair.post(&pair.path("team/plain", ":v1/tag?repo=docker.io/library/alias&tag=2")).await;
    pair.get("/v1.41/images/json").await;
    pair.get("/v1.41/images/json?all=1").await;
    pair.get("/v1.41/images/json?only_ids=0&all=0&digests=1").await;
    for filters in [
        r#"{"dangling":["true"]}"#.to_owned(),
        r#"{"dangling":["false"]}"#.to_owned(),
        r#"{"dangling":{"1":true}}"#.to_owned(),
        r#"{"dangling":["maybe"]}"#.to_owned(),
        r#"{"label":["com.example.k"]}"#.to_owned(),
        r#"{"label":["com.example.k=v"]}"#.to_owned(),
        r#"{"label":["com.example.k=w"]}"#.to_owned(),
        r#"{"label":["com.example.k","empty="]}"#.to_owned(),
        r#"{"label":{"com.example.k":true}}"#.to_owned(),
        r#"{"reference":["alias"]}"#.to_owned(),
        r#"{"reference":["alias:*"]}"#.to_owned(),
        r#"{"reference":["alias:1","alias:2"]}"#.to_owned(),
        r#"{"reference":["*"]}"#.to_owned(),
        r#"{"reference":["nosuch"]}"#.to_owned(),
        r#"{"reference":["["]}"#.to_owned(),
        format!(r#"{{"reference":{{"{host}/*/*":true}}}}"#),
        format!(r#"{{"reference":["{host}/team/*:v1"]}}"#),
        format!(r#"{{"reference":["{host}/team/[fp]*"]}}"#),
        format!(r#"{{"before":["{host}/team/oci:v1"]}}"#),
        format!(r#"{{"since":["{host}/team/oci:v1"]}}"#),
        format!(r#"{{"since":["{host}/team/full:v1"],"before":["{host}/team/oci:v1"]}}"#),
        r#"{"since":["nosuch"]}"#.to_owned(),
        r#"{"before":["nosuch:1"]}"#.to_owned(),
        r#"{"foo":["bar"]}"#.to_owned(),
        "{}".to_owned(),
        "[]".to_owned(),
        "not json".to_owned(),
        String::new(),
    ] {
        let filters: String = url::form_urlencoded::byte_serialize(filters.as_bytes()).collect();
        pair.get(&format!("/v1.41/images/json?filters={filters}")).await;
    }
    pair.verdict();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tag_that_moved_leaves_its_old_image_without_a_name() {
    let pair = Pair::start().await;
    for (marker, created) in [("old", "2024-01-01T00:00:00Z"), ("new", "2024-01-02T00:00:00Z")] {
        pair.registry.push("team/app", "v1", &Recipe::plain(marker).created(created)).await;
        pair.pull("team/app", "v1").await;
        pair.get("/v1.41/images/json").await;
    }
    pair.get("/v1.41/images/json?filters=%7B%22dangling%22:%5B%22true%22%5D%7D").await;
    pair.get("/v1.41/images/json?filters=%7B%22dangling%22:%5B%22false%22%5D%7D").await;
    pair.verdict();
}
