//! One image of the store. Never asks a registry.

use super::Operations;
use crate::{
    error::Result,
    model::{ImageName, Namespace},
    ports::Found,
};

impl Operations {
    /// The image that a name names.
    pub async fn inspect(&self, namespace: &Namespace, name: &str) -> Result<Found> {
        self.ports.images.find(namespace, &ImageName::parse(name)?).await
    }
}
