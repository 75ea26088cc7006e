//! Tags of a repository, repositories of a registry, page by page.

use fixtures::images::Image;
use serde_json::{Value, json};

use crate::stage::Stage;

/// Follows the links from a path to the end of the listing. The pages.
async fn pages(stage: &Stage, path: &str, member: &str) -> Vec<Value> {
    let (mut pages, mut next) = (Vec::new(), Some(path.to_owned()));
    while let Some(path) = next {
        let reply = stage.get(&path).await.expect(200);
        pages.push(reply.json()[member].clone());
        let link =
            reply.header("link").strip_prefix('<').and_then(|link| link.strip_suffix(">; rel=\"next\""));
        next = link.map(str::to_owned);
    }
    pages
}

#[tokio::test]
async fn a_repository_that_does_not_exist_has_no_list() {
    let stage = Stage::start().await;
    stage.get("/v2/app/tags/list").await.refused(404, "NAME_UNKNOWN");
}

#[tokio::test]
async fn a_number_that_is_none_is_refused() {
    let stage = Stage::start().await;
    stage.push_blob("app", "x").await;
    for n in ["-1", "x", "1.5", "%2B1"] {
        for path in ["/v2/app/tags/list", "/v2/_catalog"] {
            stage.get(&format!("{path}?n={n}")).await.refused(400, "PAGINATION_NUMBER_INVALID");
        }
    }
}

#[tokio::test]
async fn tags_come_sorted_in_pages() {
    let stage = Stage::start().await;
    let image = Image::oci("one");
    for tag in ["b", "a", "V2", "d", "c"] {
        stage.push("team/app", tag, &image).await;
    }
    let list = stage.get("/v2/team/app/tags/list").await.expect(200);
    assert_eq!(list.json(), json!({ "name": "team/app", "tags": ["V2", "a", "b", "c", "d"] }));
    assert_eq!(list.header("link"), "");
    let tags = pages(&stage, "/v2/team/app/tags/list?n=2", "tags").await;
    assert_eq!(tags, [json!(["V2", "a"]), json!(["b", "c"]), json!(["d"])]);
    assert_eq!(pages(&stage, "/v2/team/app/tags/list?n=5", "tags").await.len(), 1);
    assert_eq!(pages(&stage, "/v2/team/app/tags/list?last=bb", "tags").await, [json!(["c", "d"])]);
    assert_eq!(pages(&stage, "/v2/team/app/tags/list?n=0", "tags").await, [json!([])]);
    assert_eq!(pages(&stage, "/v2/team/app/tags/list?last=z", "tags").await, [json!([])]);
}

#[tokio::test]
async fn repositories_come_sorted_in_pages() {
    let stage = Stage::start().await;
    assert_eq!(pages(&stage, "/v2/_catalog", "repositories").await, [json!([])]);
    for name in ["team/b", "team/a", "app"] {
        stage.push_blob(name, "x").await;
    }
    let repositories = pages(&stage, "/v2/_catalog?n=2", "repositories").await;
    assert_eq!(repositories, [json!(["app", "team/a"]), json!(["team/b"])]);
}

#[tokio::test]
async fn a_page_has_a_thousand_entries_at_most() {
    let stage = Stage::start().await;
    let digest = stage.push("app", "v0", &Image::oci("one")).await;
    stage
        .meddle(
            "INSERT INTO tags (repository, tag, manifest) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2500) \
             SELECT repository, 'w' || i, manifest FROM n, (SELECT * FROM tags LIMIT 1)",
        )
        .await;
    let tags = pages(&stage, "/v2/app/tags/list?n=100000", "tags").await;
    let counts: Vec<_> = tags.iter().map(|page| page.as_array().unwrap().len()).collect();
    assert_eq!(counts, [1000, 1000, 501], "{digest}");
}
