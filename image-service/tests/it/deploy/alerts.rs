//! `prometheus/`: alerts that Prometheus takes, and that fire when they should and not before.

use std::path::{Path, PathBuf};

use fixtures::tool::{Tool, pinned};

use super::{file, text};

/// Series, and what is alerted then.
fn cases() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/deploy/alerts.yml")
}

fn promtool(args: &[&str]) -> Tool {
    Tool::new(pinned("bin/promtool")).args(args)
}

#[tokio::test]
async fn prometheus_takes_the_alerts_and_refuses_a_mistake() {
    promtool(&["check", "rules"]).arg(file("prometheus/alerts.yml")).run().await.ok();
    let folder = tempfile::tempdir().unwrap();
    let wrong = folder.path().join("alerts.yml");
    std::fs::write(
        &wrong,
        text("prometheus/alerts.yml").replace("histogram_quantile(", "histogram_quartile("),
    )
    .unwrap();
    let said = promtool(&["check", "rules"]).arg(wrong).run().await.refused();
    assert!(said.contains("histogram_quartile"), "{said}");
}

#[tokio::test]
async fn every_alert_fires_when_it_should_and_not_before() {
    let tested = std::fs::read_to_string(cases()).unwrap();
    for line in text("prometheus/alerts.yml").lines() {
        if let Some(alert) = line.trim().strip_prefix("- alert: ") {
            assert!(
                tested.contains(&format!("alertname: {alert}\n        exp_alerts:")),
                "{alert} never fires"
            );
            assert!(tested.contains(&format!("alertname: {alert} }}\n")), "{alert} is never quiet");
        }
    }
    promtool(&["test", "rules"]).arg(cases()).run().await.ok();
}
