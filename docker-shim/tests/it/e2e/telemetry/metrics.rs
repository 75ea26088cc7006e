//! What is counted, as Prometheus and a collector get it.

use fixtures::{
    images::Image,
    peers::{Archive, Collector, DockerCli, DockerRegistry, Recipe},
    registry::ScriptedRegistry,
    scraped::Scraped,
    system::System,
};

use super::{observed, page};

/// Something of everything: pulls, look-ups, a load, a refusal.
pub(super) async fn use_it(system: &System, registry: &DockerRegistry) {
    registry.push("team/app", "v1", &Recipe::plain("counted")).await;
    let (cli, name) = (DockerCli::new(&system.docker_host()), registry.reference("team/app:v1"));
    cli.run(&["pull", &name]).await.ok();
    for _ in 0..3 {
        cli.run(&["image", "inspect", &name]).await.ok();
    }
    cli.run(&["image", "inspect", "nosuch"]).await.refused();
    let archive = Archive::docker(&[(&Recipe::plain("loaded"), &["loaded:1"])]);
    assert_eq!(system.engine().load(archive.tar()).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_calls_registries_and_the_database_are_measured_in_both_programs() {
    let (registry, collector) = (DockerRegistry::open().await, Collector::start().await);
    let mut system = observed(&collector, "", &[]).await;
    use_it(&system, &registry).await;

    let shim = page(system.shim()).await;
    let requests = |labels: &[&str]| shim.sum("http_server_request_duration_seconds_count", labels);
    assert_eq!(requests(&["http_route=\"/images/create\"", "status_code=\"200\""]), 1.0);
    assert_eq!(requests(&["http_route=\"/images/{name}/json\"", "status_code=\"200\""]), 3.0);
    assert_eq!(requests(&["http_route=\"/images/{name}/json\"", "status_code=\"404\""]), 1.0);
    assert!(shim.sum("rpc_client_duration_seconds_count", &["rpc_method=\"Inspect\""]) >= 4.0);
    assert!(shim.sum("render_cache_lookups_total", &["outcome=\"hit\""]) >= 1.0, "{}", shim.text);

    let service = page(system.service()).await;
    let calls = |labels: &[&str]| service.sum("rpc_server_duration_seconds_count", labels);
    assert_eq!(calls(&["rpc_method=\"Pull\"", "status_code=\"OK\""]), 1.0);
    assert_eq!(calls(&["rpc_method=\"Inspect\"", "status_code=\"NOT_FOUND\""]), 1.0);
    let host = format!("server_address=\"{}\"", registry.host());
    let asked = |labels: &[&str]| service.sum("http_client_request_duration_seconds_count", labels);
    assert!(asked(&[&host, "http_request_method=\"GET\"", "status_code=\"200\""]) >= 2.0, "{}", service.text);
    assert_eq!(service.sum("image_loads_total", &["kind=\"load\"", "outcome=\"ok\""]), 1.0);
    assert_eq!(service.sum("staging_layers_total", &["outcome=\"uploaded\""]), 1.0);
    assert!(service.sum("staging_bytes_total", &[]) > 0.0);
    assert!(service.sum("staging_sweep_runs_total", &["outcome=\"ok\""]) >= 1.0);
    assert!(service.sum("db_client_operation_duration_seconds_count", &["name=\"record_pull\""]) >= 1.0);
    assert!(service.sum("db_client_connection_wait_time_seconds_count", &["name=\"write\""]) >= 1.0);
    assert!(service.sum("db_client_connection_count", &[]) >= 1.0);
    assert!(service.sum("image_cache_lookups_total", &[]) >= 4.0);
    for both in [&shim, &service] {
        assert!(both.sum("process_memory_usage_bytes", &[]) > 0.0, "{}", both.text);
        assert_eq!(both.sum("target_info", &[]), 1.0);
    }
    collector.metric("rpc.server.duration").await;
    collector.metric("http.server.request.duration").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_budget_that_a_registry_tells_is_measured() {
    let (registry, collector) = (ScriptedRegistry::start().await, Collector::start().await);
    registry.push("team/app", "v1", &Image::docker("budget"));
    let mut system = observed(&collector, "", &[]).await;
    let told = |left: &str| {
        let reply = fixtures::registry::Reply::error(404, "MANIFEST_UNKNOWN", "no");
        reply.header("ratelimit-limit", "100;w=21600").header("ratelimit-remaining", left)
    };
    registry.always(http::Method::GET, "/v2/team/app/manifests/v1", told("76;w=21600"));
    system.engine().pull(&format!("{}/team/app", registry.host()), "v1").await;
    let service = page(system.service()).await;
    let host = format!("server_address=\"{}\"", registry.host());
    let place = [host.as_str(), "namespace=\"default\""];
    assert_eq!(service.sum("registry_pull_budget_limit", &place), 100.0);
    assert_eq!(service.sum("registry_pull_budget_remaining", &place), 76.0);
    assert_eq!(service.series("registry_pull_budget_remaining"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_clients_make_up_makes_no_series() {
    let collector = Collector::start().await;
    let mut system = observed(&collector, "", &[]).await;
    let series = |shim: &Scraped, service: &Scraped| {
        let shim = shim.series("http_server_request_duration_seconds_count");
        (shim, service.series("http_client_request_duration_seconds_count"))
    };
    system.engine().get("/made-up/0").await;
    system.engine().get("/images/a-0/json").await;
    system.engine().pull("127.0.0.1:1/app", "v1").await;
    let before = series(&page(system.shim()).await, &page(system.service()).await);
    for number in 1..20 {
        let _ = system.engine().get(&format!("/made-up/{number}")).await;
        let _ = system.engine().get(&format!("/images/a-{number}/json")).await;
        let _ = system.engine().pull(&format!("127.0.0.{number}:1/app"), "v1").await;
    }
    assert_eq!(series(&page(system.shim()).await, &page(system.service()).await), before);
}
