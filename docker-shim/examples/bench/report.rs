//! The table.

use std::time::Duration;

use crate::load::Sample;

/// Begins a table.
pub(crate) fn heading(title: &str, left: &str, right: &str) {
    println!("\n{title}");
    println!(
        "  {:<22} {:>12} {:>12} {:>7}   {:>9} {:>9}   {:>9} {:>9} {:>7}   {:>9} {:>9}",
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
    );
}

/// One line: rates, their ratio, latencies, what the servers computed for each request.
pub(crate) fn row(name: &str, left: &mut Sample, right: &mut Sample) {
    let (left_p99, right_p99) = (left.percentile(0.99), right.percentile(0.99));
    println!(
        "  {name:<22} {:>12.0} {:>12.0} {:>6.2}x   {:>9} {:>9}   {:>9} {:>9} {:>6.2}x   {:>9} {:>9}",
        left.per_second(),
        right.per_second(),
        left.per_second() / right.per_second(),
        micros(left.percentile(0.5)),
        micros(left_p99),
        micros(right.percentile(0.5)),
        micros(right_p99),
        left_p99.as_secs_f64() / right_p99.as_secs_f64(),
        micros(left.cpu_each()),
        micros(right.cpu_each()),
    );
}

fn micros(duration: Duration) -> String {
    format!("{}us", duration.as_micros())
}
