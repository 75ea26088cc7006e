//! Values that cannot be built invalid: what requests and rows are made of.

mod address;
mod digest;
mod image_status;
mod mutability;
mod name;
mod registry;
mod scanning;
mod signing;
mod wildcard;

pub(crate) use address::Address;
pub(crate) use digest::{Algorithm, Digest, Hasher};
pub(crate) use image_status::ImageStatus;
pub(crate) use mutability::Mutability;
pub(crate) use name::{Reference, RepositoryName, Tag};
pub(crate) use registry::{
    DEFAULT_ACCOUNT, DEFAULT_REGION, PUBLIC_HOST, RegistryId, is_alias, is_public_host,
};
pub(crate) use scanning::{SCANNABLE, ScanFrequency, ScanKind, ScanningConfiguration};
pub(crate) use signing::SigningConfiguration;
pub(crate) use wildcard::matches as wildcard_matches;
