//! All ratios once more, beside all peers: in time, and in what the servers computed for each request, in which the client has no part.

use std::{cell::RefCell, collections::BTreeMap};

use crate::{load::Sample, report};

/// What was measured, in its order.
#[derive(Debug, Default)]
pub(super) struct Summary {
    rows: RefCell<Vec<Row>>,
}

#[derive(Debug)]
struct Row {
    name: String,
    /// Ratios of time and of computing, by peer.
    ratios: BTreeMap<&'static str, (f64, f64)>,
}

impl Summary {
    pub(super) fn note(&self, name: &str, peer: &'static str, ours: &Sample, theirs: &Sample) {
        let ratios = (ours.per_second() / theirs.per_second(), report::cpu_ratio(ours, theirs));
        let mut rows = self.rows.borrow_mut();
        match rows.iter_mut().find(|row| row.name == name) {
            Some(row) => drop(row.ratios.insert(peer, ratios)),
            None => rows.push(Row { name: name.to_owned(), ratios: BTreeMap::from([(peer, ratios)]) }),
        }
    }

    pub(super) fn print(&self) {
        println!("\nratios, in time and in what the servers computed for each");
        for Row { name, ratios } in &*self.rows.borrow() {
            let shown = ratios.iter().map(|(peer, (time, cpu))| format!("{peer} {time:>7.2}x {cpu:>7.2}x"));
            println!("  {name:<86} {}", shown.collect::<Vec<_>>().join("   "));
        }
    }
}
