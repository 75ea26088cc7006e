//! Manifests and indexes (OCI image-spec manifest.md, image-index.md; Docker schema 2).

use bytes::Bytes;

use super::{digest::Digest, image::Descriptor, platform::Platform};

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
