//! A repository's tags, page by page.

use fixtures::{
    images::Image,
    registry::{Reply, ScriptedRegistry},
};
use http::Method;
use image_service::{
    error::Error,
    model::{Repository, Tag},
    ports::{Registry as _, TagCursor, TagPage},
};
use serde_json::json;

use super::world::World;

const LIST: &str = "/v2/team/app/tags/list";

async fn list(
    world: &World,
    registry: &ScriptedRegistry,
    after: Option<&TagCursor>,
) -> Result<TagPage, Error> {
    let repository: Repository = format!("{}/team/app", registry.host()).parse().unwrap();
    world.client.tags(&repository, after, &world.anonymous()).await
}

fn names(page: &TagPage) -> Vec<&str> {
    page.tags.iter().map(Tag::as_str).collect()
}

#[tokio::test]
async fn tags_come_in_pages_of_a_thousand() {
    let (world, registry) = (World::new(), ScriptedRegistry::start().await);
    let image = Image::docker("app");
    for n in 0..1001 {
        registry.put_manifest("team/app", Some(&format!("t{n:04}")), &image.manifest);
    }
    let first = list(&world, &registry, None).await.unwrap();
    assert_eq!(first.tags.len(), 1000);
    let second = list(&world, &registry, first.next.as_ref()).await.unwrap();
    assert_eq!((names(&second), second.next.is_none()), (vec!["t1000"], true));
    assert_eq!(registry.requests()[1].query, "n=1000&last=t0999");
}

#[tokio::test]
async fn the_next_page_is_asked_for_in_the_registrys_own_words() {
    let (world, registry) = (World::new(), ScriptedRegistry::start().await);
    let link = format!("<{LIST}?n=0&next_page=gAAA%2B%3D&x>; rel=\"next\"");
    let page = Reply::json(200, &json!({"tags": ["-"]})).header("Link", &link);
    registry.next(Method::GET, LIST, page);
    registry.next(Method::GET, LIST, Reply::json(200, &json!({"tags": ["b"]})));
    let first = list(&world, &registry, None).await.unwrap();
    assert_eq!(names(&first), [""; 0]);
    let second = list(&world, &registry, first.next.as_ref()).await.unwrap();
    assert_eq!((names(&second), second.next.is_none()), (vec!["b"], true));
    assert_eq!(registry.requests()[1].query, "n=0&next_page=gAAA%2B%3D&x");
}

#[tokio::test]
async fn a_repository_without_tags_has_an_empty_page() {
    for tags in [json!(null), json!([])] {
        let (world, registry) = (World::new(), ScriptedRegistry::start().await);
        registry.always(Method::GET, LIST, Reply::json(200, &json!({"name": "team/app", "tags": tags})));
        let page = list(&world, &registry, None).await.unwrap();
        assert_eq!(page, TagPage { tags: vec![], next: None });
    }
}

#[tokio::test]
async fn what_is_no_tag_is_left_out_and_the_order_is_the_registrys() {
    let (world, registry) = (World::new(), ScriptedRegistry::start().await);
    let body = json!({"tags": ["z", "../../etc", "a b", "", "a", "-x"]});
    registry.always(Method::GET, LIST, Reply::json(200, &body));
    assert_eq!(names(&list(&world, &registry, None).await.unwrap()), ["z", "a"]);
}

#[tokio::test]
async fn a_list_that_goes_on_elsewhere_is_an_error_and_one_that_does_not_say_so_is_whole() {
    let (world, registry) = (World::new(), ScriptedRegistry::start().await);
    for (link, fine) in [
        ("<http://evil.example/tags>; rel=\"next\"", false),
        ("</v2/team/other/tags/list?last=a>; rel=\"next\"", false),
        ("<http://[>; rel=\"next\"", false),
        ("</v2/>; rel=\"prev\"", true),
        ("junk", true),
        ("<", true),
    ] {
        registry.behave();
        registry.always(Method::GET, LIST, Reply::json(200, &json!({"tags": ["a"]})).header("Link", link));
        match list(&world, &registry, None).await {
            Ok(page) => assert!(fine && page.next.is_none(), "{link}"),
            Err(error) => assert!(!fine && error.to_string().contains(" goes on "), "{link}: {error}"),
        }
    }
}

#[tokio::test]
async fn a_list_that_cannot_be_read_or_had_is_an_error() {
    for (reply, text) in [
        (
            Reply::error(404, "NAME_UNKNOWN", "repository name not known to registry"),
            "name unknown: repository name not known to registry",
        ),
        (Reply::status(404), "name unknown: repository name not known to registry"),
        (Reply::body(200, "<html>"), "cannot be read"),
        (Reply::json(200, &json!({"tags": vec!["a"; 10_001]})), "more than 10000 elements"),
        (Reply::chunked(" ".repeat(64 * 1024), 1000), "is larger than the limit"),
    ] {
        let (world, registry) = (World::new(), ScriptedRegistry::start().await);
        registry.always(Method::GET, LIST, reply);
        let error = list(&world, &registry, None).await.unwrap_err().to_string();
        assert!(error.contains(text), "{error}");
    }
}
