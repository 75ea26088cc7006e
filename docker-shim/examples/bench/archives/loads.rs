//! One archive, brought into an empty registry by each in turn, and then once more.

use std::{collections::BTreeMap, path::Path};

use super::{
    command::{Cost, beside},
    loader::{Kind, Loader},
};

const MIB: f64 = 1_048_576.0;

/// What became of all rounds of one contender.
#[derive(Default)]
struct Row {
    first: Cost,
    again: Cost,
    /// By a client that has never seen the image; measured where that makes a difference.
    elsewhere: Option<Cost>,
    stored: u64,
    peak: Option<f64>,
}

/// Prints one table.
pub(crate) async fn compare(archive: &Path, rounds: u32) {
    let mut rows: BTreeMap<&str, Row> = BTreeMap::new();
    for _ in 0..rounds {
        for kind in Kind::ALL {
            let mut loader = kind.start().await;
            rows.entry(kind.name()).or_default().add(&mut loader, kind, archive);
        }
    }
    heading(archive, rounds);
    let ours = rows[Kind::Ours.name()].mean(rounds);
    for kind in Kind::ALL {
        let row = rows[kind.name()].mean(rounds);
        let peak = row.peak.map_or_else(String::new, |peak| format!("{peak:.0} MiB"));
        println!(
            "  {:<26} {}   {}   {:>6.0} MiB   {peak:>8}",
            kind.name(),
            beside(row.first, ours.first),
            beside(row.again, ours.again),
            row.stored as f64 / MIB,
        );
        if let Some(elsewhere) = row.elsewhere {
            let name = format!("{}, no cache", kind.name());
            println!("  {name:<26} {:30}   {}", "", beside(elsewhere, ours.again));
        }
    }
}

impl Row {
    fn add(&mut self, loader: &mut Loader, kind: Kind, archive: &Path) {
        self.first += loader.load(archive);
        self.stored += loader.stored();
        self.again += loader.load(archive);
        if kind == Kind::Skopeo {
            loader.forget();
            *self.elsewhere.get_or_insert_default() += loader.load(archive);
        }
        self.peak = loader.service_peak().into_iter().chain(self.peak).reduce(f64::max);
    }

    fn mean(&self, rounds: u32) -> Self {
        Self {
            first: self.first / rounds,
            again: self.again / rounds,
            elsewhere: self.elsewhere.map(|cost| cost / rounds),
            stored: self.stored / u64::from(rounds),
            peak: self.peak,
        }
    }
}

fn heading(archive: &Path, rounds: u32) {
    let (name, size) = (archive.file_name().unwrap_or_default(), archive.metadata().unwrap().len());
    println!(
        "\nload of {}, {:.0} MiB, into an empty registry; gzip; mean of {rounds}; ratios to ours",
        name.display(),
        size as f64 / MIB
    );
    println!(
        "  {:<26} {:>30}   {:>30}   {:>10}   {:>8}",
        "", "first: time   cpu   ratio", "again: time   cpu   ratio", "stored", "VmHWM"
    );
}
