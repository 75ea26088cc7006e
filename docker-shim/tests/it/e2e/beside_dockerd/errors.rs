//! What goes wrong, in the same words: names, versions, paths, and everything a registry may refuse.

use base64::{Engine as _, prelude::BASE64_URL_SAFE};
use fixtures::peers::{DockerRegistry, Grants, Recipe, TokenServer};
use http::Method;

use super::pair::Pair;

#[tokio::test(flavor = "multi_thread")]
async fn bad_names_and_missing_images_are_refused_in_the_same_words() {
    let pair = Pair::start().await;
    let (digest, hex) = (format!("sha256:{}", "a".repeat(64)), "a".repeat(64));
    for name in [
        "nosuch",
        "nosuch:x",
        "library/nosuch",
        "docker.io/library/nosuch:1",
        "u/nosuch",
        "host.example/a:1",
        "localhost/a",
        "UPPER",
        "-dash",
        "a:b:c",
        "a:",
        "a@",
        "a@sha256:abc",
        "sha256:nonexistent",
        "nosuch:json",
        "json",
        "%20",
        "a%20b",
        "%C3%A4",
        &digest,
        &hex,
        &format!("nosuch@{digest}"),
        &format!("nosuch:1@{digest}"),
        &format!("a/{hex}"),
        &"x".repeat(300),
    ] {
        pair.get(&format!("/v1.41/images/{name}/json")).await;
        pair.get(&format!("/v1.41/images/{name}/history")).await;
    }
    pair.verdict();
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_paths_methods_and_versions_answer_alike() {
    let pair = Pair::start().await;
    for path in [
        "/nosuch",
        "/v1.41/nosuch",
        "/v1.41/images",
        "/v1.41/images/",
        "/v1.41/images/json/",
        "/images/x",
        "/v1.41//images/json",
        "/v1.41/images//json",
        "/vx/images/json",
        "/v1.41",
    ] {
        pair.get(path).await;
    }
    for (method, path) in [
        (Method::PUT, "/v1.41/images/json"),
        (Method::HEAD, "/v1.41/images/x/json"),
        (Method::OPTIONS, "/v1.41/images/json"),
        (Method::POST, "/v1.41/images/x/json"),
        (Method::DELETE, "/v1.41/images/x/json"),
        (Method::GET, "/v1.41/images/create"),
        (Method::HEAD, "/_ping"),
        (Method::GET, "/_ping"),
        (Method::GET, "/v1.41/_ping"),
    ] {
        pair.same(method, path).await;
    }
    pair.verdict();
}

#[tokio::test(flavor = "multi_thread")]
async fn pulls_that_fail_at_the_registry_fail_alike() {
    let pair = Pair::start().await;
    pair.registry.push("team/app", "v1", &Recipe::plain("errors")).await;
    pair.registry.push("team/app", "latest", &Recipe::plain("errors")).await;
    pair.pull("team/app", "nosuch").await;
    pair.pull("team/app", &format!("sha256:{}", "a".repeat(64))).await;
    pair.pull("team/nosuch", "v1").await;
    pair.pull("team/nosuch", "").await;
    let create = |query: String| {
        let pair = &pair;
        async move { pair.post(&format!("/v1.41/images/create?{query}")).await }
    };
    let app = pair.registry.reference("team/app");
    for query in [
        "fromImage=UPPER&tag=1".to_owned(),
        "fromImage=a//b&tag=1".to_owned(),
        "fromImage=scratch&tag=latest".to_owned(),
        format!("fromImage={app}&tag=-bad"),
        format!("fromImage={app}&tag=sha256:abc"),
        format!("fromImage={app}&tag=v1&platform=a/b/c/d"),
        format!("fromImage={app}&tag=v1&platform=nosuch"),
        format!("fromImage={app}:v1"),
        format!("fromImage={app}:other&tag=v1"),
        // Not an error: a single image of another platform is pulled, with a warning.
        format!("fromImage={app}&tag=latest&platform=linux/s390x"),
        "fromImage=127.0.0.1:1/a&tag=1".to_owned(),
    ] {
        create(query).await;
    }
    pair.verdict();
}

#[tokio::test(flavor = "multi_thread")]
async fn pulls_that_a_registry_denies_fail_alike() {
    let pair = Pair::start().await;
    let grants =
        Grants::none().user("alice", "s3cret").user("bob", "s3cret-b").allow("alice", "priv/app", &["pull"]);
    let tokens = TokenServer::start(grants).await;
    let bearer = DockerRegistry::with_tokens(&tokens).await;
    let basic = DockerRegistry::htpasswd(&[("alice", "s3cret"), ("bob", "s3cret-b")]).await;
    for registry in [&bearer, &basic] {
        registry.push("priv/app", "v1", &Recipe::plain("private")).await;
        let path = |tag: &str| {
            format!("/v1.41/images/create?fromImage={}&tag={tag}", registry.reference("priv/app"))
        };
        // The credentials in the order of trust: ours keeps no memory of any between requests.
        for credentials in [
            r#"{}"#,
            r#"{"username":"alice","password":"wrong"}"#,
            r#"{"username":"bob","password":"b"}"#,
            r#"{"username":"alice","password":"s3cret"}"#,
        ] {
            let header = BASE64_URL_SAFE.encode(credentials);
            for tag in ["v1", "nosuch"] {
                pair.same_with(Method::POST, &path(tag), &[("X-Registry-Auth", &header)]).await;
            }
        }
    }
    pair.verdict();
}
