//! What the service can do: one use case per file. Operations see ports, never adapters; they conduct, and leave computing to `model`.

mod access;
mod flight;
mod history;
mod inspect;
mod list;
mod login;
mod pull;
mod remove;
mod tag;

use std::sync::Arc;

pub use list::{ListFilters, Listing};
pub use pull::{PullEvent, PullRequest, Pulling};

use crate::{
    config::PullConfig,
    error::Result,
    model::FingerprintKey,
    ports::{CredentialStore, ImageStore, Registry},
};

/// The operations over their ports.
#[derive(Clone, Debug)]
pub struct Operations {
    images: Arc<dyn ImageStore>,
    credentials: Arc<dyn CredentialStore>,
    registry: Arc<dyn Registry>,
    fingerprints: Arc<FingerprintKey>,
    pulls: Arc<pull::Pulls>,
}

impl Operations {
    /// Wires the operations to their ports.
    pub fn new(
        images: Arc<dyn ImageStore>,
        credentials: Arc<dyn CredentialStore>,
        registry: Arc<dyn Registry>,
        config: &PullConfig,
    ) -> Result<Self> {
        let fingerprints =
            Arc::new(FingerprintKey::random().map_err(|_| crate::error::Error::internal("no randomness"))?);
        let pulls = Arc::new(pull::Pulls::new(images.clone(), registry.clone(), config));
        Ok(Self { images, credentials, registry, fingerprints, pulls })
    }

    /// The store of images, for what needs no operation: its name and its count.
    #[must_use]
    pub fn images(&self) -> &dyn ImageStore {
        &*self.images
    }

    /// The registry client, for what needs no operation: the budgets it has seen.
    #[must_use]
    pub fn registry(&self) -> &dyn Registry {
        &*self.registry
    }
}
