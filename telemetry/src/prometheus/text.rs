//! Metrics as Prometheus reads them (text exposition format 0.0.4), named as OpenTelemetry's compatibility rules say: dots are underscores, the
//! unit is a suffix, and a count ends in `_total`.

use std::fmt::{Display, Write as _};

use opentelemetry::KeyValue;
use opentelemetry_sdk::metrics::data::{AggregatedMetrics, Histogram, Metric, MetricData, ResourceMetrics};

/// All of them.
pub(super) fn exposition(all: &ResourceMetrics) -> String {
    let mut text = String::new();
    resource(all, &mut text);
    for metric in all.scope_metrics().flat_map(|scope| scope.metrics()) {
        match metric.data() {
            AggregatedMetrics::F64(data) => family(metric, data, &mut text),
            AggregatedMetrics::U64(data) => family(metric, data, &mut text),
            AggregatedMetrics::I64(data) => family(metric, data, &mut text),
        }
    }
    text
}

/// What tells this process from others, as a metric that is always 1.
fn resource(all: &ResourceMetrics, text: &mut String) {
    let attributes = all.resource().iter().map(|(key, value)| KeyValue::new(key.clone(), value.clone()));
    head("target_info", "What this process is", "gauge", text);
    sample("target_info", &labels(attributes, None), 1, text);
}

fn family<T: Copy + Display>(metric: &Metric, data: &MetricData<T>, text: &mut String) {
    let counts = matches!(data, MetricData::Sum(sum) if sum.is_monotonic());
    let name = name(metric.name(), metric.unit(), counts);
    let mut begin = |kind| head(&name, metric.description(), kind, text);
    match data {
        MetricData::Gauge(gauge) => {
            begin("gauge");
            gauge.data_points().for_each(|point| {
                sample(&name, &labels(point.attributes().cloned(), None), point.value(), text);
            });
        }
        MetricData::Sum(sum) => {
            begin(if counts { "counter" } else { "gauge" });
            sum.data_points().for_each(|point| {
                sample(&name, &labels(point.attributes().cloned(), None), point.value(), text);
            });
        }
        MetricData::Histogram(histogram) => {
            begin("histogram");
            buckets(&name, histogram, text);
        }
        // None is made here.
        MetricData::ExponentialHistogram(_) => {}
    }
}

/// Each bucket counts those below it too, and the last one all.
fn buckets<T: Copy + Display>(name: &str, histogram: &Histogram<T>, text: &mut String) {
    let bucket = format!("{name}_bucket");
    for point in histogram.data_points() {
        let bounds = point.bounds().map(|bound| bound.to_string()).chain(["+Inf".to_owned()]);
        let mut below = 0;
        for (bound, count) in bounds.zip(point.bucket_counts()) {
            below += count;
            sample(&bucket, &labels(point.attributes().cloned(), Some(&bound)), below, text);
        }
        let labels = labels(point.attributes().cloned(), None);
        sample(&format!("{name}_sum"), &labels, point.sum(), text);
        sample(&format!("{name}_count"), &labels, point.count(), text);
    }
}

fn head(name: &str, meaning: &str, kind: &str, text: &mut String) {
    let meaning = meaning.replace('\\', r"\\").replace('\n', r"\n");
    // Nothing can go wrong when text is appended to a string; so below.
    let _ = writeln!(text, "# HELP {name} {meaning}\n# TYPE {name} {kind}");
}

fn sample(name: &str, labels: &str, value: impl Display, text: &mut String) {
    let _ = writeln!(text, "{name}{labels} {value}");
}

fn labels(attributes: impl Iterator<Item = KeyValue>, bound: Option<&str>) -> String {
    let mut labels: Vec<_> = attributes
        .map(|KeyValue { key, value, .. }| {
            format!("{}=\"{}\"", plain(key.as_str()), escaped(&value.as_str()))
        })
        .collect();
    labels.sort();
    labels.extend(bound.map(|bound| format!("le=\"{bound}\"")));
    if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) }
}

fn name(name: &str, unit: &str, counts: bool) -> String {
    let mut name = plain(name);
    let unit = match unit {
        "s" => "_seconds",
        "By" => "_bytes",
        "1" if !counts => "_ratio",
        _ => "",
    };
    if !name.ends_with(unit) {
        name.push_str(unit);
    }
    if counts {
        name.push_str("_total");
    }
    name
}

/// Letters, digits and underscores.
fn plain(text: &str) -> String {
    let mut plain: String = text.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    if plain.starts_with(|c: char| c.is_ascii_digit()) {
        plain.insert(0, '_');
    }
    plain
}

fn escaped(value: &str) -> String {
    value.replace('\\', r"\\").replace('"', "\\\"").replace('\n', r"\n")
}

#[cfg(test)]
#[path = "text_tests.rs"]
mod tests;
