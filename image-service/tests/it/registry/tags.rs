//! A repository's tags, page by page.

use fixtures::{
    images::Image,
    registry::{Reply, ScriptedRegistry},
};
use http::Method;
use image_service::{
    error::Error,
    model::{Repository, Tag},
    ports::Registry as _,
};
use serde_json::json;

use super::world::World;

const LIST: &str = "/v2/team/app/tags/list";

async fn list(
    world: &World,
    registry: &ScriptedRegistry,
    after: Option<&str>,
) -> Result<(Vec<String>, bool), Error> {
    let repository: Repository = format!("{}/team/app", registry.host()).parse().unwrap();
    let after: Option<Tag> = after.map(|after| after.parse().unwrap());
    let (tags, more) = world.client.tags(&repository, after.as_ref(), &world.anonymous()).await?;
    Ok((tags.iter().map(ToString::to_string).collect(), more))
}

#[tokio::test]
async fn tags_come_in_pages_of_a_thousand() {
    let (world, registry) = (World::new(), ScriptedRegistry::start().await);
    let image = Image::docker("app");
    for n in 0..1001 {
        registry.put_manifest("team/app", Some(&format!("t{n:04}")), &image.manifest);
    }
    let (first, more) = list(&world, &registry, None).await.unwrap();
    assert_eq!((first.len(), more), (1000, true));
    let (second, more) = list(&world, &registry, first.last().map(String::as_str)).await.unwrap();
    assert_eq!((second, more), (vec!["t1000".to_owned()], false));
    assert_eq!(registry.requests()[1].query, "n=1000&last=t0999");
}

#[tokio::test]
async fn a_repository_without_tags_has_an_empty_page() {
    for tags in [json!(null), json!([])] {
        let (world, registry) = (World::new(), ScriptedRegistry::start().await);
        registry.always(Method::GET, LIST, Reply::json(200, &json!({"name": "team/app", "tags": tags})));
        assert_eq!(list(&world, &registry, None).await.unwrap(), (vec![], false));
    }
}

#[tokio::test]
async fn what_is_no_tag_is_left_out_and_the_order_is_the_registrys() {
    let (world, registry) = (World::new(), ScriptedRegistry::start().await);
    let body = json!({"tags": ["z", "../../etc", "a b", "", "a", "-x"]});
    registry.always(Method::GET, LIST, Reply::json(200, &body));
    assert_eq!(list(&world, &registry, None).await.unwrap().0, ["z", "a"]);
}

#[tokio::test]
async fn a_registry_that_repeats_itself_is_not_listed_for_ever() {
    let (world, registry) = (World::new(), ScriptedRegistry::start().await);
    let again = Reply::json(200, &json!({"tags": ["a", "b"]}))
        .header("Link", &format!("<{LIST}?last=b>; rel=\"next\""));
    registry.always(Method::GET, LIST, again);
    assert!(list(&world, &registry, None).await.unwrap().1);
    assert!(!list(&world, &registry, Some("b")).await.unwrap().1);
}

#[tokio::test]
async fn a_next_page_on_another_registry_is_none() {
    let (world, registry) = (World::new(), ScriptedRegistry::start().await);
    for link in ["<http://evil.example/v2/x/tags/list>; rel=\"next\"", "</v2/>; rel=\"prev\"", "junk", "<"] {
        registry.behave();
        registry.always(Method::GET, LIST, Reply::json(200, &json!({"tags": ["a"]})).header("Link", link));
        assert!(!list(&world, &registry, None).await.unwrap().1, "{link}");
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
        (Reply::chunked(" ".repeat(64 * 1024), 1000), "is larger than the limit"),
    ] {
        let (world, registry) = (World::new(), ScriptedRegistry::start().await);
        registry.always(Method::GET, LIST, reply);
        let error = list(&world, &registry, None).await.unwrap_err().to_string();
        assert!(error.contains(text), "{error}");
    }
}
