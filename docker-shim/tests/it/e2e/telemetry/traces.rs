//! One request of Docker is one trace, through both programs to everyone who was asked for it.

use std::os::unix::fs::MetadataExt as _;

use bytes::Bytes;
use fixtures::{
    peers::{CollectedSpan, Collector, DockerCli, DockerRegistry, Recipe},
    registry::ScriptedRegistry,
};
use http::Request;
use imageservice_proto::v1::{InfoRequest, system_client::SystemClient};

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

#[tokio::test(flavor = "multi_thread")]
async fn a_trace_of_somebody_whom_the_service_does_not_know_is_not_gone_on_with() {
    let (collector, folder) = (Collector::start().await, tempfile::tempdir().unwrap());
    let tokens = folder.path().join("tokens");
    std::fs::write(&tokens, "").unwrap();
    // Whoever may open the socket is known by its user, unless it shows something else.
    let uid = std::fs::metadata(folder.path()).unwrap().uid();
    let access = format!(
        "[access]\ntoken_file = {tokens:?}\n\
         [[access.identities]]\nname = 'host'\nrole = 'loader'\nuids = [{uid}]\n"
    );
    let system = observed(&collector, &access, &[]).await;
    let mut client = SystemClient::new(system.channel().await);
    let mut ask = async |trace: &str, token: Option<&str>| {
        let mut request = tonic::Request::new(InfoRequest {});
        let parent = format!("00-{trace}-b7ad6b7169203331-01");
        request.metadata_mut().insert("traceparent", parent.parse().unwrap());
        if let Some(token) = token {
            request.metadata_mut().insert("authorization", token.parse().unwrap());
        }
        client.info(request).await.map(drop)
    };
    let (strangers, known) = ("2af7651916cd43dd8448eb211c80319c", "3af7651916cd43dd8448eb211c80319c");
    let refused = ask(strangers, Some("Bearer ist_unknown")).await.unwrap_err();
    assert_eq!(refused.code(), tonic::Code::Unauthenticated);
    ask(known, None).await.unwrap();

    fixtures::process::until("the known caller's trace goes on", async || {
        collector.spans().iter().any(|span| span.trace == known).then_some(())
    })
    .await;
    let spans = collector.spans();
    assert!(spans.iter().all(|span| span.trace != strangers), "{spans:#?}");
    let is_refusal = |span: &&CollectedSpan| {
        span.attributes.get("rpc.grpc.status_code").is_some_and(|code| code == "UNAUTHENTICATED")
    };
    let refusal = spans.iter().find(is_refusal).expect("the refusal is a span of its own");
    assert_eq!((refusal.parent.as_str(), refusal.name.as_str()), ("", "imageservice.v1.System/Info"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_service_asks_its_database_of_its_own_accord_begins_no_trace() {
    let collector = Collector::start().await;
    let mut system = observed(&collector, "", &[]).await;
    // Readiness was asked about before anything else could be.
    assert_eq!(system.engine().get("/images/json").await.status, 200);
    let measured = super::page(system.service()).await;
    let pings = ["db_operation_name=\"ping\""];
    assert!(measured.sum("db_client_operation_duration_seconds_count", &pings) >= 1.0, "{}", measured.text);
    assert!(system.stop_shim() && system.stop_service(), "all spans are sent");
    let spans = collector.spans();
    let of_database: Vec<_> =
        spans.iter().filter(|span| span.attributes.contains_key("db.operation.name")).collect();
    assert!(of_database.iter().any(|span| span.name == "list"), "{spans:#?}");
    assert!(of_database.iter().all(|span| !span.parent.is_empty()), "{of_database:#?}");
}
