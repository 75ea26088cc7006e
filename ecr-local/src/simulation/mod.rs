//! What a test or an operator does to a registry that runs: makes things fail, looks at what was asked, changes state and time.

mod settings;

pub use settings::AdminAccess;
pub(crate) use settings::Settings;

use std::{io, path::Path, sync::Arc};

use crate::{
    Running,
    clock::Clock,
    faults::Faults,
    history::History,
    seed::{self, Seed, SeedError},
    store::Store,
};

/// All that there is to take hold of. Clones act on the same registry.
#[derive(Clone)]
pub(crate) struct Simulation {
    pub(crate) store: Arc<Store>,
    pub(crate) faults: Faults,
    pub(crate) history: History,
    pub(crate) clock: Clock,
}

impl Simulation {
    /// Forgets repositories, uploads, faults and history.
    pub(crate) async fn reset(&self) -> io::Result<()> {
        self.store.reset().await?;
        self.faults.clear();
        self.history.clear();
        Ok(())
    }
}

impl Running {
    /// What goes wrong here on purpose.
    #[must_use]
    pub fn faults(&self) -> &Faults {
        &self.simulation.faults
    }

    /// What was asked of it lately.
    #[must_use]
    pub fn history(&self) -> &History {
        &self.simulation.history
    }

    /// What time it is there.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.simulation.clock
    }

    /// Adds what a document holds. It may be added again.
    ///
    /// # Errors
    /// If it holds a mistake: what stands before that is kept.
    pub async fn import(&self, seed: &Seed) -> Result<(), SeedError> {
        self.simulation.store.import(seed).await
    }

    /// Tells the state in a folder, which is made if it is missing: `state.json`, and blobs in files beside it.
    ///
    /// # Errors
    /// If a file cannot be written, or the state not be read.
    pub async fn export(&self, folder: &Path) -> io::Result<()> {
        seed::export_to(Arc::clone(&self.simulation.store), folder).await
    }

    /// Forgets repositories, uploads, faults and history.
    ///
    /// # Errors
    /// If a file or the database cannot be written.
    pub async fn reset(&self) -> io::Result<()> {
        self.simulation.reset().await
    }
}
