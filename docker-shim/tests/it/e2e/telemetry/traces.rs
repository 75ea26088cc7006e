//! One request of Docker is one trace, through both programs to everyone who was asked for it.

use bytes::Bytes;
use fixtures::{
    peers::{CollectedSpan, Collector, DockerCli, DockerRegistry, Recipe},
    registry::ScriptedRegistry,
};
use http::Request;

use super::observed;

/// `service name` of a span and of all that it is part of, from the outermost in.
fn path(trace: &[CollectedSpan], span: &CollectedSpan) -> Vec<String> {
    let mut path = Vec::new();
    let mut at = Some(span);
    while let Some(span) = at {
        path.push(format!("{} {}", span.service, span.name));
        at = trace.iter().find(|parent| parent.id == span.parent);
    }
    path.reverse();
    path
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pull_is_one_trace_from_the_docker_request_to_registry_and_database() {
    let (registry, collector) = (DockerRegistry::open().await, Collector::start().await);
    registry.push("team/app", "v1", &Recipe::plain("traced")).await;
    let system = observed(&collector, "", &[]).await;
    let name = registry.reference("team/app:v1");
    DockerCli::new(&system.docker_host()).run(&["pull", &name]).await.ok();

    let trace = collector.trace_of(&["POST /images/create", "GET", "record_pull", "pull"]).await;
    let operation = [
        "docker-shim POST /images/create",
        "docker-shim imageservice.v1.Images/Pull",
        "image-service imageservice.v1.Images/Pull",
        "image-service pull",
    ];
    for (leaf, key, value) in [
        ("GET", "url.path", "/v2/team/app/manifests/v1"),
        ("record_pull", "db.system.name", "sqlite"),
        ("pulled_tag", "db.operation.name", "pulled_tag"),
    ] {
        let is_meant = |span: &&CollectedSpan| span.attributes.get(key).is_some_and(|found| found == value);
        let found = trace.iter().filter(|span| span.name == leaf).find(is_meant);
        let found = found.unwrap_or_else(|| panic!("{leaf} with {key}={value} in {trace:#?}"));
        let expected = operation.iter().map(ToString::to_string).chain([format!("image-service {leaf}")]);
        assert_eq!(path(&trace, found), expected.collect::<Vec<_>>());
    }
    let asked: Vec<_> = trace.iter().filter(|span| span.attributes.contains_key("url.path")).collect();
    assert!(asked.iter().all(|span| span.attributes["server.address"] == registry.host()), "{asked:#?}");
    assert!(asked.iter().any(|span| span.attributes["url.path"].contains("/blobs/sha256:")), "{asked:#?}");
    let root = trace.iter().find(|span| span.parent.is_empty()).unwrap();
    assert_eq!(root.attributes["http.route"], "/images/create");
    assert_eq!((root.attributes["http.response.status_code"].as_str(), root.failed), ("200", false));
    let pull = trace.iter().find(|span| span.name == "pull").unwrap();
    assert_eq!(pull.attributes["image.reference"], name);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registry_is_told_nothing_of_a_trace() {
    let (registry, collector) = (ScriptedRegistry::start().await, Collector::start().await);
    let system = observed(&collector, "", &[]).await;
    let refused = system.engine().pull(&format!("{}/app", registry.host()), "v1").await;
    assert_ne!(refused.status, 200);
    let trace = collector.trace_of(&["POST /images/create", "pull"]).await;
    assert!(trace.iter().any(|span| span.name == "pull" && span.failed), "{trace:#?}");
    let requests = registry.requests();
    assert!(!requests.is_empty());
    for request in requests {
        let told = ["traceparent", "tracestate", "x-request-id"];
        assert!(told.iter().all(|name| !request.headers.contains_key(*name)), "{:?}", request.headers);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trace_that_a_client_began_goes_on_and_one_that_it_does_not_sample_is_left_alone() {
    let collector = Collector::start().await;
    let system = observed(&collector, "", &[]).await;
    let ask = async |trace: &str, sampled: &str| {
        let parent = format!("00-{trace}-b7ad6b7169203331-{sampled}");
        let request = Request::get("/images/json").header("traceparent", parent).body(Bytes::new()).unwrap();
        assert_eq!(system.engine().send(request).await.status, 200);
    };
    let (left, followed) = ("0af7651916cd43dd8448eb211c80319c", "1af7651916cd43dd8448eb211c80319c");
    ask(left, "00").await;
    ask(followed, "01").await;
    let is_followed = |span: &&CollectedSpan| span.trace == followed;
    fixtures::process::until("the trace goes on in both programs", async || {
        let spans = collector.spans();
        let found: Vec<_> = spans.iter().filter(is_followed).collect();
        let both = ["docker-shim", "image-service"];
        both.iter().all(|service| found.iter().any(|span| span.service == *service)).then_some(())
    })
    .await;
    let spans = collector.spans();
    let root = spans.iter().filter(is_followed).find(|span| span.name == "GET /images/json").unwrap();
    assert_eq!(root.parent, "b7ad6b7169203331");
    assert!(spans.iter().all(|span| span.trace != left), "{spans:#?}");
}
