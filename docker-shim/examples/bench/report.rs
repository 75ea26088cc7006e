//! The table.

use std::time::Duration;

use crate::load::Sample;

/// Begins a table.
pub(crate) fn heading(title: &str, left: &str, right: &str) {
    println!("\n{title}");
    println!(
        "  {:<22} {:>12} {:>12} {:>7}   {:>9} {:>9}   {:>9} {:>9} {:>7}   {:>9} {:>9} {:>7}   {:>9} {:>9}",
        "",
        format!("{left}/s"),
        format!("{right}/s"),
        "ratio",
        format!("{left} p50"),
        "p99",
        format!("{right} p50"),
        "p99",
        "p99 ratio",
        "cpu each",
        "",
        "ratio",
        "client",
        "",
    );
}

/// One line: rates, their ratio, latencies, what the servers computed for each request, and what this client did.
pub(crate) fn row(name: &str, left: &mut Sample, right: &mut Sample) {
    let (left_p99, right_p99) = (left.percentile(0.99), right.percentile(0.99));
    println!(
        "  {name:<22} {:>12} {:>12} {:>6.2}x   {:>9} {:>9}   {:>9} {:>9} {:>6.2}x   {:>9} {:>9} {:>6.2}x   {:>9} {:>9}",
        rate(left),
        rate(right),
        left.per_second() / right.per_second(),
        shown(left.percentile(0.5)),
        shown(left_p99),
        shown(right.percentile(0.5)),
        shown(right_p99),
        left_p99.as_secs_f64() / right_p99.as_secs_f64(),
        shown(left.cpu_each()),
        shown(right.cpu_each()),
        cpu_ratio(left, right),
        shown(left.client_each()),
        shown(right.client_each()),
    );
}

/// How much less the left server computed for each request: what the client does counts in no way.
pub(crate) fn cpu_ratio(left: &Sample, right: &Sample) -> f64 {
    right.cpu_each().as_secs_f64() / left.cpu_each().as_secs_f64()
}

/// One line of a table in which only one side has anything to show.
pub(crate) fn alone(name: &str, left: &mut Sample) {
    println!(
        "  {name:<22} {:>12} {:>12} {:>7}   {:>9} {:>9}   {:>9} {:>9} {:>7}   {:>9}",
        rate(left),
        "none",
        "",
        shown(left.percentile(0.5)),
        shown(left.percentile(0.99)),
        "",
        "",
        "",
        shown(left.cpu_each()),
    );
}

fn rate(sample: &Sample) -> String {
    let rate = sample.per_second();
    if rate < 100.0 { format!("{rate:.2}") } else { format!("{rate:.0}") }
}

fn shown(duration: Duration) -> String {
    match duration.as_micros() {
        micros @ ..1_000_000 => format!("{micros}us"),
        micros => format!("{}ms", micros / 1000),
    }
}
