//! Values that cannot be built invalid: what requests and rows are made of.

mod digest;
mod mutability;
mod name;
mod registry;
mod subject;
mod wildcard;

pub(crate) use digest::{Algorithm, Digest, Hasher};
pub(crate) use mutability::Mutability;
pub(crate) use name::{Reference, RepositoryName, Tag};
pub(crate) use registry::{DEFAULT_ACCOUNT, DEFAULT_REGION, RegistryId};
pub use subject::Plane;
pub(crate) use subject::Subject;
pub(crate) use wildcard::matches as wildcard_matches;
