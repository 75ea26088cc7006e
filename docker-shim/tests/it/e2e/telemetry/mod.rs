//! What both programs tell of themselves: traces, metrics and logs; and what they never tell.

mod collectors;
mod documents;
mod ecr;
mod logs;
mod metrics;
mod secrets;
mod traces;

use fixtures::{peers::Collector, process::Process, scraped::Scraped, system::System};

/// So that what is measured can be read of the service, too.
const PAGE: &str = "[telemetry]\nprometheus = '127.0.0.1:0'\n";

/// Both programs, with a page each, and a collector that gets everything at once.
async fn observed(collector: &Collector, toml: &str, environment: &[(&str, &str)]) -> System {
    let endpoint = collector.endpoint();
    let at_once = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str()),
        ("OTEL_BSP_SCHEDULE_DELAY", "50"),
        ("OTEL_METRIC_EXPORT_INTERVAL", "100"),
        ("DOCKER_SHIM_PROMETHEUS", "127.0.0.1:0"),
    ];
    let environment = [&at_once[..], environment].concat();
    System::with_environment(&format!("{toml}\n{PAGE}"), &environment).await
}

/// The page of a program, as it is now.
async fn page(program: &Process) -> Scraped {
    Scraped::of(program).await
}
