//! Values that cannot be built invalid: what requests and rows are made of.

mod address;
mod backfill;
mod digest;
mod image_status;
mod mutability;
mod name;
mod purpose;
mod registry;
mod replication;
mod scanning;
mod signing;
mod subject;
mod upstream;
mod wildcard;

pub(crate) use address::Address;
pub(crate) use backfill::BackfillStatus;
pub(crate) use digest::{Algorithm, Digest, Hasher};
pub(crate) use image_status::ImageStatus;
pub(crate) use mutability::Mutability;
pub(crate) use name::{Reference, RepositoryName, Tag};
pub(crate) use purpose::Purpose;
pub(crate) use registry::{
    DEFAULT_ACCOUNT, DEFAULT_REGION, PUBLIC_HOST, RegistryId, is_alias, is_public_host, partition,
};
pub(crate) use replication::{Destination, ReplicationConfiguration};
pub(crate) use scanning::{SCANNABLE, ScanFrequency, ScanKind, ScanningConfiguration};
pub(crate) use signing::SigningConfiguration;
pub use subject::Plane;
pub(crate) use subject::Subject;
pub(crate) use upstream::UpstreamKind;
pub(crate) use wildcard::matches as wildcard_matches;
