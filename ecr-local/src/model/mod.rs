//! Values that cannot be built invalid: what requests and rows are made of.

mod digest;
mod mutability;
mod name;
mod purpose;
mod registry;
mod wildcard;

pub(crate) use digest::{Algorithm, Digest, Hasher};
pub(crate) use mutability::Mutability;
pub(crate) use name::{Reference, RepositoryName, Tag};
pub(crate) use purpose::Purpose;
pub(crate) use registry::{DEFAULT_ACCOUNT, DEFAULT_REGION, RegistryId};
pub(crate) use wildcard::matches as wildcard_matches;
