//! Names of hosts as labels: never more than a few, whatever clients ask for.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use opentelemetry::StringValue;

/// Who has no name of its own.
const OTHER: &str = "other";
/// Each name is a series of every metric that has it.
const MOST: usize = 50;

/// The first hosts that have answered have names; all others are "other".
#[derive(Debug)]
pub struct Hosts(Mutex<BTreeMap<String, StringValue>>);

impl Hosts {
    /// Knows nobody yet.
    #[must_use]
    pub const fn new() -> Self {
        Self(Mutex::new(BTreeMap::new()))
    }

    /// The label for a host. One that has not `answered` takes no place: anyone can make names up.
    pub fn label(&self, host: &str, answered: bool) -> StringValue {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(label) = known.get(host) {
            return label.clone();
        }
        if !answered || known.len() >= MOST {
            return OTHER.into();
        }
        let label = StringValue::from(host.to_owned());
        known.insert(host.to_owned(), label.clone());
        label
    }
}

impl Default for Hosts {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_that_clients_make_up_do_not_pile_up() {
        let hosts = Hosts::new();
        for number in 0..1000 {
            assert_eq!(hosts.label(&format!("made-up-{number}"), false).as_str(), OTHER);
        }
        for number in 0..MOST {
            let host = format!("host-{number}");
            assert_eq!(hosts.label(&host, true).as_str(), host);
        }
        assert_eq!(hosts.label("one-too-many", true).as_str(), OTHER);
        assert_eq!(hosts.label("host-7", false).as_str(), "host-7");
    }
}
