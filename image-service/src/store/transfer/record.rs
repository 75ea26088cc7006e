//! What an export is made of: one record for each row, without what follows from other rows.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Base64, Content, FORMAT, VERSION};

/// A line. The order of the kinds is the order in the document: what is pointed at comes before what points.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::store) enum Record {
    Header(Header),
    Image(ImageRecord),
    Manifest(ManifestRecord),
    ImageManifest(ImageManifestRecord),
    Tag(TagRecord),
    RepoDigest(RepoDigestRecord),
    StagedImage(StagedImageRecord),
    StagedLayer(StagedLayerRecord),
    ManifestNote(ManifestNoteRecord),
    SealingKey(SealingKeyRecord),
    Credential(CredentialRecord),
    Vector(VectorRecord),
    Event(EventRecord),
    End(End),
}

/// The kind by its place in the order, and the key.
pub(super) type Place = (u8, Vec<String>);

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::store) struct Header {
    /// Always `image-service`.
    pub(super) format: String,
    pub(super) version: u32,
    /// The store's name, which the tags in its staging registry bear.
    pub(in crate::store) store: String,
    /// Whether stored credentials are told; they are sealed.
    pub(in crate::store) credentials: bool,
}

impl Header {
    pub(in crate::store) fn of(store: String, credentials: bool) -> Self {
        Self { format: FORMAT.to_owned(), version: VERSION, store, credentials }
    }
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::store) struct End {
    /// Before this one, the header among them.
    pub(super) lines: u64,
    /// Of those lines with their ends, uncompressed.
    pub(super) digest: String,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::store) struct ImageRecord {
    pub(in crate::store) namespace: String,
    pub(in crate::store) id: String,
    pub(in crate::store) config: Content,
    pub(in crate::store) layer_sizes: Vec<u64>,
    pub(in crate::store) last_tagged: Option<String>,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::store) struct ManifestRecord {
    pub(in crate::store) namespace: String,
    pub(in crate::store) digest: String,
    pub(in crate::store) media_type: String,
    pub(in crate::store) content: Content,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::store) struct ImageManifestRecord {
    pub(in crate::store) namespace: String,
    pub(in crate::store) image: String,
    pub(in crate::store) digest: String,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::store) struct TagRecord {
    pub(in crate::store) namespace: String,
    pub(in crate::store) repository: String,
    pub(in crate::store) tag: String,
    pub(in crate::store) image: String,
    pub(in crate::store) target: Option<String>,
    pub(in crate::store) platform: Option<String>,
    pub(in crate::store) updated: String,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::store) struct RepoDigestRecord {
    pub(in crate::store) namespace: String,
    pub(in crate::store) repository: String,
    pub(in crate::store) digest: String,
    pub(in crate::store) image: String,
    pub(in crate::store) platform: String,
    pub(in crate::store) origin: String,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::store) struct StagedImageRecord {
    pub(in crate::store) namespace: String,
    pub(in crate::store) image: String,
    pub(in crate::store) repository: String,
    pub(in crate::store) digest: String,
    pub(in crate::store) updated: String,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::store) struct StagedLayerRecord {
    pub(in crate::store) repository: String,
    pub(in crate::store) diff_id: String,
    pub(in crate::store) uncompressed_size: i64,
    pub(in crate::store) head: String,
    pub(in crate::store) digest: String,
    pub(in crate::store) media_type: String,
    pub(in crate::store) size: i64,
    pub(in crate::store) made_here: bool,
    pub(in crate::store) updated: String,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::store) struct ManifestNoteRecord {
    pub(in crate::store) repository: String,
    pub(in crate::store) digest: String,
    pub(in crate::store) noted: String,
}

/// Which keys credentials are sealed under: never a key, unless a key service has encrypted it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::store) struct SealingKeyRecord {
    pub(in crate::store) id: String,
    pub(in crate::store) wrapped: Option<Base64>,
    pub(in crate::store) in_force: bool,
    pub(in crate::store) made: String,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::store) struct CredentialRecord {
    pub(in crate::store) namespace: String,
    pub(in crate::store) registry: String,
    pub(in crate::store) username: String,
    pub(in crate::store) kind: String,
    pub(in crate::store) sealed: Base64,
    pub(in crate::store) updated: String,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::store) struct VectorRecord {
    pub(in crate::store) namespace: String,
    pub(in crate::store) image: String,
    pub(in crate::store) revision: i64,
    pub(in crate::store) indexed: i64,
    pub(in crate::store) embedder: String,
    pub(in crate::store) dimensions: i64,
    pub(in crate::store) vector: Base64,
    pub(in crate::store) layers: Base64,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::store) struct EventRecord {
    pub(in crate::store) sequence: i64,
    pub(in crate::store) namespace: String,
    pub(in crate::store) time: String,
    pub(in crate::store) action: String,
    pub(in crate::store) image: String,
    pub(in crate::store) name: String,
    /// As text: two spellings of the same labels are different rows.
    pub(in crate::store) attributes: String,
}

impl Record {
    /// Where it stands in the document.
    pub(super) fn place(&self) -> Place {
        let (kind, key): (u8, &[&String]) = match self {
            Self::Header(_) => (0, &[]),
            Self::Image(it) => (1, &[&it.namespace, &it.id]),
            Self::Manifest(it) => (2, &[&it.namespace, &it.digest]),
            Self::ImageManifest(it) => (3, &[&it.namespace, &it.image, &it.digest]),
            Self::Tag(it) => (4, &[&it.namespace, &it.repository, &it.tag]),
            Self::RepoDigest(it) => (5, &[&it.namespace, &it.repository, &it.digest]),
            Self::StagedImage(it) => (6, &[&it.namespace, &it.image, &it.repository]),
            Self::StagedLayer(it) => (7, &[&it.repository, &it.diff_id]),
            Self::ManifestNote(it) => (8, &[&it.repository, &it.digest]),
            Self::SealingKey(it) => (9, &[&it.id]),
            Self::Credential(it) => (10, &[&it.namespace, &it.registry]),
            Self::Vector(it) => (11, &[&it.namespace, &it.image]),
            // Numbers sort like texts of one length.
            Self::Event(it) => return (12, vec![format!("{:019}", it.sequence)]),
            Self::End(_) => (13, &[]),
        };
        (kind, key.iter().map(|part| (*part).clone()).collect())
    }
}

impl fmt::Display for Record {
    /// Its kind and key, for people.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const KINDS: [&str; 14] = [
            "header",
            "image",
            "manifest",
            "manifest of image",
            "tag",
            "repo digest",
            "staged image",
            "staged layer",
            "note of manifest",
            "sealing key",
            "credential",
            "vector",
            "event",
            "end",
        ];
        let (kind, key) = self.place();
        f.write_str(KINDS.get(usize::from(kind)).copied().unwrap_or_default())?;
        key.iter().try_for_each(|part| write!(f, " {}", part.escape_debug()))
    }
}
