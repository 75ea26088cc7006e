//! Collectors that do not take what they are sent: nobody waits for them.

use std::net::TcpListener;

use fixtures::{
    peers::{Collector, Taking},
    process::Process,
    system::System,
};

use super::observed;

const COMPLAINT: &str = "did not reach their collector";

fn complaints(program: &Process) -> usize {
    program.lines().iter().filter(|line| line.contains(COMPLAINT)).count()
}

async fn works(system: &System) {
    for _ in 0..50 {
        assert_eq!(system.engine().get("/images/json").await.status, 200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_is_away_is_complained_of_once_and_keeps_nobody_waiting() {
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let endpoint = format!("http://{nobody}");
    let environment = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str()),
        ("OTEL_BSP_SCHEDULE_DELAY", "10"),
        ("OTEL_METRIC_EXPORT_INTERVAL", "10"),
    ];
    let mut system = System::with_environment("", &environment).await;
    system.service().line(COMPLAINT).await;
    system.shim().line(COMPLAINT).await;
    works(&system).await;
    assert!(system.stop_shim() && system.stop_service(), "both end cleanly");
    assert_eq!((complaints(system.shim()), complaints(system.service())), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_refuses_is_told_of_and_so_is_that_it_takes_again() {
    let collector = Collector::start().await;
    collector.take(Taking::Nothing);
    let mut system = observed(&collector, "", &[]).await;
    works(&system).await;
    system.service().line(COMPLAINT).await;
    collector.take(Taking::All);
    system.service().line("reach their collector again").await;
    assert!(system.stop_service());
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_never_answers_holds_up_neither_requests_nor_the_end() {
    let collector = Collector::start().await;
    collector.take(Taking::Forever);
    let mut system = observed(&collector, "", &[]).await;
    works(&system).await;
    collector.asked(2).await;
    works(&system).await;
    assert!(system.stop_shim() && system.stop_service(), "both end by themselves");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_left_is_sent_before_the_end() {
    let collector = Collector::start().await;
    let never = [("OTEL_BSP_SCHEDULE_DELAY", "3600000"), ("OTEL_METRIC_EXPORT_INTERVAL", "3600000")];
    let mut system = observed(&collector, "", &never).await;
    works(&system).await;
    assert!(system.stop_shim() && system.stop_service());
    let sent = collector.spans().iter().filter(|span| span.name == "GET /images/json").count();
    assert!(sent >= 50, "{sent}");
    collector.metric("rpc.server.duration").await;
}
