//! Pull budgets, as registries have told them: for callers, and as metrics.

use std::{collections::BTreeMap, sync::Arc};

use telemetry::{Hosts, KeyValue, Reading, observe};
use time::{Duration, OffsetDateTime};

use super::Operations;
use crate::{
    model::{Namespace, NamespaceMark, RegistryHost},
    ports::{RateLimit, Registry},
};

static HOSTS: Hosts = Hosts::new();

impl Operations {
    /// The pull budgets that registries have told the callers of a namespace.
    #[must_use]
    pub fn rate_limits(&self, namespace: &Namespace) -> Vec<RateLimit> {
        let here = self.fingerprints.mark(namespace);
        let told = self.ports.registry.rate_limits().into_iter();
        told.filter(|limit| limit.told_in == here).collect()
    }

    /// Has the budgets of these namespaces read whenever metrics are.
    pub fn measure_budgets(&self, namespaces: Vec<Namespace>) {
        let namespaces =
            namespaces.into_iter().map(|namespace| (self.fingerprints.mark(&namespace), namespace));
        let budgets = Arc::new(Budgets {
            namespaces: namespaces.collect(),
            registry: Arc::clone(&self.ports.registry),
        });
        let (limits, unit) = (Arc::clone(&budgets), "{pull}");
        let meaning = "Pulls in a window, as the registry last told";
        observe("registry.pull_budget.limit", unit, meaning, false, move || limits.read(|told| told.limit));
        let meaning = "Pulls left in the window, as the registry last told";
        observe("registry.pull_budget.remaining", unit, meaning, false, move || {
            budgets.read(|told| told.remaining)
        });
    }
}

/// What is told of budgets, and whose they are.
struct Budgets {
    namespaces: BTreeMap<NamespaceMark, Namespace>,
    registry: Arc<dyn Registry>,
}

impl Budgets {
    fn read(&self, value: impl Fn(&RateLimit) -> u64) -> Vec<Reading> {
        let scarcest = scarcest(self.registry.rate_limits(), OffsetDateTime::now_utc()).into_iter();
        let of_namespace = scarcest.filter_map(|((told_in, registry), told)| {
            let labels = vec![
                KeyValue::new("namespace", self.namespaces.get(&told_in)?.to_string()),
                KeyValue::new("server.address", HOSTS.label(registry.as_str(), true)),
            ];
            Some((value(&told) as f64, labels))
        });
        of_namespace.collect()
    }
}

/// A registry may count for several sources, such as users and addresses, whose names are its own: of them the one that has least left counts,
/// unless its window is over since it was told.
fn scarcest(told: Vec<RateLimit>, now: OffsetDateTime) -> BTreeMap<(NamespaceMark, RegistryHost), RateLimit> {
    let mut scarcest = BTreeMap::<_, RateLimit>::new();
    for told in told.into_iter().filter(|told| !is_over(told, now)) {
        let place = (told.told_in, told.registry.clone());
        if scarcest.get(&place).is_none_or(|known| told.remaining < known.remaining) {
            scarcest.insert(place, told);
        }
    }
    scarcest
}

/// Of a budget that says how long its window is.
fn is_over(told: &RateLimit, now: OffsetDateTime) -> bool {
    let window = i64::try_from(told.window).map_or(Duration::MAX, Duration::seconds);
    told.window > 0 && now - told.observed > window
}

#[cfg(test)]
#[path = "budgets_tests.rs"]
mod tests;
