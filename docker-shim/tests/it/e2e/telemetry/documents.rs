//! Every metric is described, and what is drawn or watched exists.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use fixtures::peers::{Collector, DockerRegistry};
use serde_json::Value;

use super::{metrics::use_it, observed, page};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
/// Functions and variables of queries that look like metrics.
const WORDS: [&str; 2] = ["histogram_quantile", "__rate_interval"];

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(ROOT).join(path)).unwrap()
}

/// The rows of the table: OpenTelemetry's name, Prometheus's, and what stands in backticks among the labels.
fn described() -> Vec<(String, String, BTreeSet<String>)> {
    let table = read("deploy/metrics.md");
    let rows = table.lines().filter(|line| line.starts_with("| ")).skip(1);
    rows.map(|row| {
        let cells: Vec<_> = row.split('|').map(str::trim).collect();
        let labels = cells[4].split('`').skip(1).step_by(2).map(str::to_owned).collect();
        (cells[1].trim_matches('`').to_owned(), cells[2].trim_matches('`').to_owned(), labels)
    })
    .collect()
}

fn families() -> BTreeSet<String> {
    described().into_iter().map(|(_, prometheus, _)| prometheus).collect()
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if !path.to_string_lossy().ends_with("tests.rs") {
            found.push(path);
        }
    }
}

/// The names that metrics are made with.
fn made() -> BTreeSet<String> {
    let mut files = Vec::new();
    for source in ["telemetry/src", "image-service/src", "docker-shim/src"] {
        sources(&Path::new(ROOT).join(source), &mut files);
    }
    let makers = ["Counter::new(", "Histogram::new(", "observe("];
    let mut names = BTreeSet::new();
    for text in files.iter().map(|file| fs::read_to_string(file).unwrap()) {
        for (at, maker) in makers.iter().flat_map(|maker| text.match_indices(maker)) {
            let arguments = text[at + maker.len()..].trim_start();
            names.extend(arguments.strip_prefix('"').map(|rest| rest.split('"').next().unwrap().to_owned()));
        }
    }
    names
}

/// The metrics that a query asks for.
fn asked(query: &str, labels: &BTreeSet<String>) -> Vec<String> {
    // Every other piece is the value of a label.
    let query = query.split('"').step_by(2).collect::<Vec<_>>().join(" ");
    let words =
        query.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').filter(|word| word.contains('_'));
    let families = families();
    let family = |word: &str| {
        let of_histogram = ["_bucket", "_count", "_sum"].iter().find_map(|end| word.strip_suffix(end));
        let whole = families.contains(word).then_some(word);
        whole.or(of_histogram).unwrap_or(word).to_owned()
    };
    let words = words.filter(|word| !WORDS.contains(word) && !labels.contains(*word));
    words.filter(|word| word.chars().next().is_some_and(|c| c.is_ascii_lowercase())).map(family).collect()
}

#[test]
fn every_metric_that_is_made_is_described_and_the_other_way_round() {
    let described = described().into_iter().map(|(name, ..)| name).filter(|name| !name.is_empty());
    assert_eq!(described.collect::<BTreeSet<_>>(), made());
}

#[test]
fn dashboard_and_alerts_ask_for_nothing_but_metrics_that_are_described() {
    let labels: BTreeSet<_> = described().into_iter().flat_map(|(_, _, labels)| labels).collect();
    let mut texts = Vec::new();
    let dashboard: Value = serde_json::from_str(&read("deploy/grafana/image-service.json")).unwrap();
    for panel in dashboard["panels"].as_array().unwrap() {
        for target in panel["targets"].as_array().unwrap() {
            texts.push(target["expr"].as_str().unwrap().to_owned());
        }
    }
    let alerts = read("deploy/prometheus/alerts.yml");
    let not_queries = ["summary:", "- alert:", "- name:", "#", "labels:", "annotations:"];
    let is_query = |line: &&str| !not_queries.iter().any(|start| line.trim_start().starts_with(start));
    texts.extend(alerts.lines().filter(is_query).map(str::to_owned));
    let families = families();
    let asked: BTreeSet<_> = texts.iter().flat_map(|text| asked(text, &labels)).collect();
    let unknown: Vec<_> = asked.difference(&families).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
    let drawn = families.iter().filter(|family| !asked.contains(*family)).collect::<Vec<_>>();
    assert_eq!(drawn, ["target_info"], "all others are drawn or watched");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_exported_is_described_under_the_name_that_it_has() {
    let (registry, collector) = (DockerRegistry::open().await, Collector::start().await);
    let mut system = observed(&collector, "", &[]).await;
    use_it(&system, &registry).await;
    let mut exported = page(system.shim()).await.families();
    exported.extend(page(system.service()).await.families());
    let unknown: Vec<_> = exported.difference(&families()).cloned().collect();
    assert!(unknown.is_empty() && exported.len() > 15, "{unknown:?} of {exported:?}");
}
