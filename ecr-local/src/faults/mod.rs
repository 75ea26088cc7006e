//! Faults on purpose: rules that make requests of both planes fail, wait, or break off, as real services do.
//!
//! Invariant: where no rule is set, a request pays one look at a flag.

mod buckets;
mod effect;
mod ordeal;
mod rule;

pub use effect::{Effect, Failure, Pace, Throttle};
#[cfg(feature = "cassette")]
pub(crate) use ordeal::failed;
pub(crate) use ordeal::{Interrupted, Ordeal, Reset};
pub use rule::{Rule, When};

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use serde::Serialize;

use self::{buckets::Buckets, ordeal::End};
use crate::{
    clock::Clock,
    model::{Plane, Subject},
};

/// The rules of a registry. All clones are the same set.
#[derive(Clone, Debug)]
pub struct Faults(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    clock: Clock,
    is_armed: AtomicBool,
    rules: Mutex<Rules>,
}

#[derive(Default, Debug)]
struct Rules {
    last: u64,
    set: Vec<Armed>,
}

#[derive(Debug)]
struct Armed {
    told: SetRule,
    buckets: Buckets,
}

/// A rule that is set, and what came of it so far.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct SetRule {
    /// By which it can be removed.
    pub id: u64,
    /// As it was set.
    pub rule: Rule,
    /// Requests that it was about.
    pub asked: u64,
    /// Those of them that it met.
    pub met: u64,
}

impl Faults {
    pub(crate) fn new(clock: Clock) -> Self {
        Self(Arc::new(Inner { clock, is_armed: AtomicBool::new(false), rules: Mutex::default() }))
    }

    /// Sets a rule, behind those that are set. The id by which it can be removed.
    pub fn add(&self, rule: Rule) -> u64 {
        let mut rules = self.rules();
        rules.last += 1;
        let id = rules.last;
        rules.set.push(Armed { told: SetRule { id, rule, asked: 0, met: 0 }, buckets: Buckets::default() });
        self.0.is_armed.store(true, Ordering::Release);
        id
    }

    /// The rules in the order in which they were set.
    #[must_use]
    pub fn list(&self) -> Vec<SetRule> {
        self.rules().set.iter().map(|armed| armed.told.clone()).collect()
    }

    /// Removes a rule. Whether it was there.
    pub fn remove(&self, id: u64) -> bool {
        let mut rules = self.rules();
        let before = rules.set.len();
        rules.set.retain(|armed| armed.told.id != id);
        self.0.is_armed.store(!rules.set.is_empty(), Ordering::Release);
        rules.set.len() < before
    }

    /// Removes all rules.
    pub fn clear(&self) {
        let mut rules = self.rules();
        rules.set.clear();
        self.0.is_armed.store(false, Ordering::Release);
    }

    /// What a request has to go through. It counts for every rule that is about it.
    pub(crate) fn meet(&self, subject: &Subject) -> Option<Box<Ordeal>> {
        if !self.0.is_armed.load(Ordering::Acquire) {
            return None;
        }
        let now = self.0.clock.now();
        let mut ordeal = Box::<Ordeal>::default();
        let mut is_met = false;
        for armed in &mut self.rules().set {
            is_met |= armed.meet(subject, now, &mut ordeal);
        }
        is_met.then_some(ordeal)
    }

    fn rules(&self) -> MutexGuard<'_, Rules> {
        self.0.rules.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Armed {
    /// Counts a request, and adds to its ordeal. Whether there was anything to add.
    fn meet(&mut self, subject: &Subject, now: Duration, ordeal: &mut Ordeal) -> bool {
        let SetRule { rule, asked, met, .. } = &mut self.told;
        if !subject.is_of(rule.plane, rule.operation.as_deref(), rule.repository.as_deref()) {
            return false;
        }
        *asked += 1;
        if !rule.when.meets(*asked) {
            return false;
        }
        let end = match &rule.effect {
            Effect::Throttle(throttle) if self.buckets.take(*throttle, subject, now) => return false,
            Effect::Throttle(_) => Some(End::Fails(throttled(subject.plane))),
            Effect::Error(failure) => Some(End::Fails(failure.clone())),
            Effect::Reset => Some(End::Resets),
            Effect::Latency(time) => {
                ordeal.latency = ordeal.latency.saturating_add(*time);
                None
            }
            Effect::Garbled => {
                ordeal.garbled = true;
                None
            }
            Effect::Torn(bytes) => {
                ordeal.hindrance.torn.get_or_insert(*bytes);
                None
            }
            Effect::Slow(pace) => {
                ordeal.hindrance.pace.get_or_insert((pace.bytes, pace.tick));
                None
            }
        };
        *met += 1;
        let place = if rule.after_effect { &mut ordeal.after } else { &mut ordeal.before };
        *place = place.take().or(end);
        true
    }
}

fn throttled(plane: Plane) -> Failure {
    match plane {
        Plane::Control => Failure::new("ThrottlingException"),
        Plane::Data => Failure::new("TOOMANYREQUESTS"),
    }
}
