use std::sync::Arc;

use opentelemetry::metrics::MeterProvider as _;
use opentelemetry_sdk::{
    Resource,
    metrics::{ManualReader, SdkMeterProvider, reader::MetricReader as _},
};

use super::*;
use crate::prometheus::Shared;

fn exposed(record: impl FnOnce(&opentelemetry::metrics::Meter)) -> String {
    let reader = Shared(Arc::new(ManualReader::builder().build()));
    let resource = Resource::builder_empty().with_attribute(KeyValue::new("service.name", "x")).build();
    let provider = SdkMeterProvider::builder().with_reader(reader.clone()).with_resource(resource).build();
    record(&provider.meter("test"));
    let mut all = ResourceMetrics::default();
    reader.collect(&mut all).unwrap();
    exposition(&all)
}

#[test]
fn a_count_ends_in_total_and_its_labels_are_in_order() {
    let text = exposed(|meter| {
        let counter = meter.u64_counter("ecr.images").with_description("Images\nseen").build();
        counter.add(3, &[KeyValue::new("b", "2"), KeyValue::new("a.a", "1")]);
    });
    assert!(
        text.contains("# HELP ecr_images_total Images\\nseen\n# TYPE ecr_images_total counter\n"),
        "{text}"
    );
    assert!(text.contains("\necr_images_total{a_a=\"1\",b=\"2\"} 3\n"), "{text}");
    assert!(text.starts_with("# HELP target_info"), "{text}");
    assert!(text.contains("target_info{service_name=\"x\"} 1\n"), "{text}");
}

#[test]
fn buckets_add_up() {
    let text = exposed(|meter| {
        let histogram = meter.f64_histogram("took").with_unit("s").with_boundaries(vec![0.5, 1.0]).build();
        [0.1, 0.7, 0.8, 9.0].iter().for_each(|took| histogram.record(*took, &[]));
    });
    for line in [
        "# TYPE took_seconds histogram",
        "took_seconds_bucket{le=\"0.5\"} 1",
        "took_seconds_bucket{le=\"1\"} 3",
        "took_seconds_bucket{le=\"+Inf\"} 4",
        "took_seconds_sum 10.6",
        "took_seconds_count 4",
    ] {
        assert!(text.lines().any(|found| found == line), "{line}\n{text}");
    }
}

#[test]
fn a_label_cannot_end_its_line() {
    let text = exposed(|meter| {
        meter.u64_gauge("g").build().record(1, &[KeyValue::new("k", "a\"b\\c\nd")]);
    });
    assert!(text.contains("\ng{k=\"a\\\"b\\\\c\\nd\"} 1\n"), "{text}");
}
