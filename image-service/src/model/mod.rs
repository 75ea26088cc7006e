//! Values of the domain. Whatever can be built here is valid; nothing here does I/O or knows a wire format.

mod access;
mod address_class;
mod aws;
mod bounded;
mod config;
mod digest;
mod ecr_host;
mod event;
mod image;
mod import;
mod manifest;
mod name;
mod pattern;
mod platform;
mod reference;
mod similarity;

pub use access::{Credential, Fingerprint, FingerprintKey, RegistryHost, RegistryHostError};
pub use address_class::AddressClass;
pub use aws::{AccountId, AccountIdError, Region, RegionError};
pub use bounded::Bounded;
pub use config::{HistoryStep, ImageConfig, has_label};
pub use digest::{Digest, DigestError, Hasher};
pub use ecr_host::EcrHost;
pub use event::{Event, EventAction, EventSubject};
pub use image::{Descriptor, Image, ImageSummary, Namespace, Removed};
pub use import::{ChangeError, ExpansionFault, ImportChanges, ImportedConfig};
pub use manifest::{Manifest, ManifestBody, ManifestFault, MediaType};
pub use name::{IdPrefix, ImageName};
pub use pattern::{Pattern, PatternError};
pub use platform::{Platform, PlatformError};
pub use reference::{Reference, ReferenceError, Repository, Tag, Target};
pub use similarity::{Best, Document, Field, LayerMarks, ReferenceLayers, SharedLayers, Vector, score};
