//! Breakers as metrics see them: how many are in which state, whatever the Region and the account.

use std::{collections::HashMap, sync::Arc};

use telemetry::{KeyValue, Reading};
use tokio::time::Instant;

use super::Patience;
use crate::ecr::operation::{OperationClass, Service};

/// Has the breakers of all sites read whenever metrics are.
pub(in crate::ecr) fn watch<S: AsRef<Patience>>(sites: impl Fn() -> Vec<Arc<S>> + Send + Sync + 'static) {
    let meaning = "Circuit breakers of calls of AWS, by state: closed, open, or trying";
    telemetry::observe("ecr.breakers", "{breaker}", meaning, false, move || read(&sites()));
}

fn read<S: AsRef<Patience>>(sites: &[Arc<S>]) -> Vec<Reading> {
    let (mut counts, now) = (HashMap::<_, u32>::new(), Instant::now());
    for (kind, breaker) in sites.iter().flat_map(|site| &(**site).as_ref().breakers) {
        *counts.entry((*kind, breaker.word(now))).or_default() += 1;
    }
    let reading = |(((service, class), state), count)| {
        let labels = [("service", service_word(service)), ("class", class_word(class)), ("state", state)];
        let labels = labels.map(|(key, value)| KeyValue::new(key, value)).to_vec();
        (f64::from(count), labels)
    };
    counts.into_iter().map(reading).collect()
}

const fn service_word(service: Service) -> &'static str {
    match service {
        Service::Ecr => "ecr",
        Service::Public => "ecr-public",
        Service::Ecs => "ecs",
    }
}

const fn class_word(class: OperationClass) -> &'static str {
    match class {
        OperationClass::Token => "token",
        OperationClass::Read => "read",
        OperationClass::Scan => "scan",
        OperationClass::Write => "write",
        OperationClass::Task => "task",
    }
}
