//! What a registry is told of all this before it starts.

use std::sync::Arc;

use super::Simulation;
use crate::{
    Builder,
    admin::Admin,
    clock::Clock,
    faults::{Faults, Rule},
    history::History,
    quirks::{Quirk, Quirks},
    seed::{Seed, SeedError},
    store::Store,
};

/// Who may use the admin interface.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AdminAccess {
    /// Clients on this machine, and no pages in their browsers.
    Local,
    /// Everyone who reaches it.
    Anyone,
}

/// Settings that make a registry behave worse, and tell more, than it would by itself.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) quirks: Quirks,
    faults: Vec<Rule>,
    history: usize,
    seeds: Vec<Seed>,
    admin: Option<AdminAccess>,
}

impl Default for Settings {
    fn default() -> Self {
        let quirks = Quirks::default();
        Self { quirks, faults: Vec::new(), history: 1000, seeds: Vec::new(), admin: None }
    }
}

impl Settings {
    /// Fills a registry and sets the faults. What acts on it, and the admin interface, if there is to be one.
    pub(crate) async fn begin(
        self,
        store: &Arc<Store>,
        clock: Clock,
    ) -> Result<(Simulation, Option<Admin>), SeedError> {
        for seed in &self.seeds {
            store.import(seed).await?;
        }
        let faults = Faults::new(clock.clone());
        for rule in self.faults {
            faults.add(rule);
        }
        let history = History::new(self.history);
        let simulation = Simulation { store: Arc::clone(store), faults, history, clock };
        let admin = self.admin.map(|access| Admin {
            simulation: simulation.clone(),
            from_anywhere: access == AdminAccess::Anyone,
        });
        Ok((simulation, admin))
    }
}

impl Builder {
    /// One of the ways in which ECR differs from the specification. None unless set.
    pub fn quirk(mut self, quirk: Quirk) -> Self {
        self.simulation.quirks.add(quirk);
        self
    }

    /// Something that goes wrong on purpose, from the start. More can be set while it runs.
    pub fn fault(mut self, rule: Rule) -> Self {
        self.simulation.faults.push(rule);
        self
    }

    /// How many requests the history keeps; none, if it is 0. A thousand unless set.
    pub fn history(mut self, requests: usize) -> Self {
        self.simulation.history = requests;
        self
    }

    /// What it holds from the start, beside what its folder holds. The same may be added at each start.
    pub fn seed(mut self, seed: Seed) -> Self {
        self.simulation.seeds.push(seed);
        self
    }

    /// Whether there is the admin interface under `/_ecr-local/`, and for whom. There is none unless set.
    pub fn admin(mut self, access: Option<AdminAccess>) -> Self {
        self.simulation.admin = access;
        self
    }
}
