//! Manifests as documents: what they are and what they refer to.

mod convert;
mod document;
pub(crate) mod media_type;

pub(crate) use convert::convert;
pub(crate) use document::{ManifestError, for_platform, read};
