//! Manifests and indexes (OCI image-spec manifest.md, image-index.md; Docker schema 2).
//!
//! Invariant: a document that two readers could take for different things (CVE-2021-41190) is no manifest.

mod media_type;
mod members;
mod parse;

use base64::Engine as _;
use bytes::Bytes;

use super::{digest::Digest, image::Descriptor, platform::Platform};

pub use media_type::MediaType;

/// A manifest or index: verbatim bytes with their digest, and what they say.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Manifest {
    /// Of the bytes.
    pub digest: Digest,
    /// Lower case, without parameters; taken from the body where the header is silent or wrong.
    pub media_type: String,
    /// The bytes.
    pub bytes: Bytes,
    /// What they say.
    pub body: ManifestBody,
}

/// What a manifest says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ManifestBody {
    /// One image.
    Image {
        /// The config.
        config: Descriptor,
        /// Lowest layer first.
        layers: Vec<Descriptor>,
    },
    /// Several images, attestations left out; in document order.
    Index(Vec<(Descriptor, Option<Platform>)>),
}

/// Why content that was served as a manifest is none that can be pulled.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ManifestFault {
    /// Docker schema 1.
    Schema1,
    /// A Helm chart, a signature, a model: the config's or artifact's media type.
    NotAnImage(String),
    /// Not a manifest, or one that two readers could take for different things.
    Invalid(String),
}

impl Manifest {
    /// Reads bytes whose digest has been computed. `content_type` is the header they came with; it may be missing or wrong.
    pub fn parse(digest: Digest, content_type: Option<&str>, bytes: Bytes) -> Result<Self, ManifestFault> {
        let (media_type, body) = parse::document(content_type, &bytes)?;
        Ok(Self { digest, media_type: media_type.as_str().to_owned(), bytes, body })
    }

    /// The config, if the manifest carries it in its descriptor's `data`; not verified.
    #[must_use]
    pub fn inline_config(&self) -> Option<Bytes> {
        let data = parse::config_data(&self.bytes)?;
        base64::engine::general_purpose::STANDARD.decode(data).ok().map(Bytes::from)
    }
}

#[cfg(test)]
#[path = "manifest/tests.rs"]
mod tests;
