//! Values that cannot be built invalid: what requests and rows are made of.

mod digest;
mod name;
mod registry;

pub(crate) use digest::{Algorithm, Digest, Hasher};
pub(crate) use name::{Reference, RepositoryName, Tag};
pub(crate) use registry::RegistryId;
