//! Log lines say which request and which trace they belong to, in both programs the same.

use fixtures::{peers::Collector, process::Process, system::System};
use serde_json::Value;

use super::observed;

/// The JSON line that has this message.
async fn line(program: &Process, message: &str) -> Value {
    serde_json::from_str(&program.line(message).await).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_has_one_id_in_both_logs() {
    let mut system = System::with_environment("", &[("RUST_LOG", "debug")]).await;
    assert_eq!(system.engine().get("/images/nosuch/json").await.status, 404);
    let shim = line(system.shim(), "request refused").await;
    let service = line(system.service(), "Inspect refused").await;
    let id = shim["request_id"].as_str().unwrap();
    assert!(!id.is_empty());
    assert_eq!(service["request_id"], id);
    assert_eq!(service["level"], "INFO");
    assert_eq!(service["trace_id"], Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_traced_request_has_its_trace_in_both_logs() {
    let collector = Collector::start().await;
    let mut system = observed(&collector, "", &[("RUST_LOG", "debug")]).await;
    assert_eq!(system.engine().get("/images/nosuch/json").await.status, 404);
    let shim = line(system.shim(), "request refused").await;
    let service = line(system.service(), "Inspect refused").await;
    let trace = collector.trace_of(&["GET /images/{name}/json", "find"]).await;
    assert_eq!(shim["trace_id"].as_str().unwrap(), trace[0].trace);
    assert_eq!(service["trace_id"], shim["trace_id"]);
    let inside = trace.iter().find(|span| span.id == service["span_id"]).unwrap();
    assert_eq!(
        (inside.service.as_str(), inside.name.as_str()),
        ("image-service", "imageservice.v1.Images/Inspect")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_stream_tells_late_belongs_to_its_request_as_well() {
    let mut system = System::with_environment("", &[("RUST_LOG", "debug")]).await;
    let torn = system.engine().load("no archive").await;
    assert_eq!(torn.status, 500);
    let shim = line(system.shim(), "/images/load").await;
    let service = line(system.service(), "Load refused").await;
    assert_eq!(service["request_id"], shim["request_id"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn lines_for_eyes_can_be_had_elsewhere_than_on_a_terminal() {
    let human = [("DOCKER_SHIM_LOG_FORMAT", "human")];
    let mut system = System::with_environment("[log]\nformat = 'human'\n", &human).await;
    for program in [system.service().line("listening").await, system.shim().line("listening").await] {
        assert!(serde_json::from_str::<Value>(&program).is_err() && !program.contains('\u{1b}'), "{program}");
    }
}
