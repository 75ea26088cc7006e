//! The media types that a registry may say a manifest has.

/// The manifests there are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MediaType {
    /// Docker schema 2
    DockerManifest,
    /// Docker manifest list
    DockerList,
    /// OCI manifest
    OciManifest,
    /// OCI index
    OciIndex,
    /// Docker schema 1
    Schema1,
    /// Docker schema 1, signed
    SignedSchema1,
    /// The withdrawn OCI artifact manifest
    Artifact,
}

impl MediaType {
    const ALL: [Self; 7] = [
        Self::DockerManifest,
        Self::DockerList,
        Self::OciManifest,
        Self::OciIndex,
        Self::Schema1,
        Self::SignedSchema1,
        Self::Artifact,
    ];

    /// As it is written.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::DockerManifest => "application/vnd.docker.distribution.manifest.v2+json",
            Self::DockerList => "application/vnd.docker.distribution.manifest.list.v2+json",
            Self::OciManifest => "application/vnd.oci.image.manifest.v1+json",
            Self::OciIndex => "application/vnd.oci.image.index.v1+json",
            Self::Schema1 => "application/vnd.docker.distribution.manifest.v1+json",
            Self::SignedSchema1 => "application/vnd.docker.distribution.manifest.v1+prettyjws",
            Self::Artifact => "application/vnd.oci.artifact.manifest.v1+json",
        }
    }

    /// Reads a `Content-Type` or a `mediaType`; nothing if it is none of a manifest. Parameters do not count.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let essence = essence(text);
        Self::ALL.into_iter().find(|known| known.as_str() == essence)
    }

    /// Whether it lists other manifests.
    #[must_use]
    pub const fn is_index(self) -> bool {
        matches!(self, Self::DockerList | Self::OciIndex)
    }

    /// Whether it describes one image.
    #[must_use]
    pub const fn is_image(self) -> bool {
        matches!(self, Self::DockerManifest | Self::OciManifest)
    }
}

/// Lower case, without parameters.
pub(super) fn essence(text: &str) -> String {
    text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}
