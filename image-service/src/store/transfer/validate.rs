//! What a record must be like to be written, and to be taken.

use std::{collections::BTreeMap, fmt::Display, str::FromStr};

use super::{
    CredentialRecord, EventRecord, FORMAT, Header, ImageRecord, ManifestRecord, Record, RepoDigestRecord,
    StagedImageRecord, StagedLayerRecord, TagRecord, VERSION, VectorRecord,
};
use crate::{
    model::{Digest, EventAction, ImageConfig, KeyId, Namespace, RegistryHost, Repository, Tag, Vector},
    store::encoding::{read_time, time_text},
};

/// The error is one clause.
type Verdict = Result<(), String>;

/// Bytes that stand for a layer in an index (`LayerMarks`).
const MARK: usize = 16;

impl Record {
    /// Whether every value is what it should be, spelt as it is kept, and what has a digest has that one.
    pub(in crate::store) fn validate(&self) -> Verdict {
        match self {
            Self::Header(header) => validate_header(header),
            Self::Image(image) => validate_image(image),
            Self::Manifest(manifest) => validate_manifest(manifest),
            Self::ImageManifest(link) => {
                named::<Namespace>(&link.namespace)?;
                named::<Digest>(&link.image)?;
                named::<Digest>(&link.digest)
            }
            Self::Tag(tag) => validate_tag(tag),
            Self::RepoDigest(digest) => validate_repo_digest(digest),
            Self::StagedImage(staged) => validate_staged_image(staged),
            Self::StagedLayer(layer) => validate_staged_layer(layer),
            Self::ManifestNote(note) => {
                named::<Repository>(&note.repository)?;
                named::<Digest>(&note.digest)?;
                time(&note.noted)
            }
            Self::SealingKey(key) => {
                named::<KeyId>(&key.id)?;
                time(&key.made)
            }
            Self::Credential(credential) => validate_credential(credential),
            Self::Vector(vector) => validate_vector(vector),
            Self::Event(event) => validate_event(event),
            Self::End(end) => named::<Digest>(&end.digest),
        }
    }
}

/// A name in the one spelling in which it is kept.
fn named<T: FromStr<Err: Display> + Display>(text: &str) -> Verdict {
    match text.parse::<T>() {
        Ok(value) if value.to_string() == text => Ok(()),
        Ok(value) => Err(format!("{text:?} is not spelt as it is kept, {value}")),
        Err(why) => Err(format!("{text:?} cannot be read: {why}")),
    }
}

fn validate_header(header: &Header) -> Verdict {
    let is_name = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
    let is_named = (1..=64).contains(&header.store.len()) && header.store.bytes().all(is_name);
    verdict(header.format == FORMAT && header.version == VERSION && is_named, "the header cannot be read")
}

fn validate_image(image: &ImageRecord) -> Verdict {
    named::<Namespace>(&image.namespace)?;
    content(&image.id, &image.config.0)?;
    image.last_tagged.as_deref().map_or(Ok(()), time)?;
    ImageConfig::parse(&image.config.0).map(drop).map_err(|why| format!("its config cannot be read: {why}"))
}

fn validate_manifest(manifest: &ManifestRecord) -> Verdict {
    named::<Namespace>(&manifest.namespace)?;
    text(&manifest.media_type)?;
    content(&manifest.digest, &manifest.content.0)
}

fn validate_tag(tag: &TagRecord) -> Verdict {
    named::<Namespace>(&tag.namespace)?;
    named::<Repository>(&tag.repository)?;
    named::<Tag>(&tag.tag)?;
    named::<Digest>(&tag.image)?;
    tag.target.as_deref().map_or(Ok(()), named::<Digest>)?;
    tag.platform.as_deref().map_or(Ok(()), text)?;
    time(&tag.updated)
}

fn validate_repo_digest(digest: &RepoDigestRecord) -> Verdict {
    named::<Namespace>(&digest.namespace)?;
    named::<Repository>(&digest.repository)?;
    named::<Digest>(&digest.digest)?;
    named::<Digest>(&digest.image)?;
    text(&digest.platform)?;
    verdict(matches!(&*digest.origin, "pulled" | "pushed"), "its origin is not known")
}

fn validate_staged_image(staged: &StagedImageRecord) -> Verdict {
    named::<Namespace>(&staged.namespace)?;
    named::<Digest>(&staged.image)?;
    named::<Repository>(&staged.repository)?;
    named::<Digest>(&staged.digest)?;
    time(&staged.updated)
}

fn validate_staged_layer(layer: &StagedLayerRecord) -> Verdict {
    named::<Repository>(&layer.repository)?;
    named::<Digest>(&layer.diff_id)?;
    named::<Digest>(&layer.head)?;
    named::<Digest>(&layer.digest)?;
    text(&layer.media_type)?;
    verdict(layer.uncompressed_size >= 0 && layer.size >= 0, "a size is below 0")?;
    time(&layer.updated)
}

fn validate_credential(credential: &CredentialRecord) -> Verdict {
    named::<Namespace>(&credential.namespace)?;
    named::<RegistryHost>(&credential.registry)?;
    text(&credential.username)?;
    let kinds = ["password", "identity-token", "registry-token"];
    verdict(kinds.contains(&&*credential.kind), "its kind is not known")?;
    time(&credential.updated)
}

fn validate_vector(vector: &VectorRecord) -> Verdict {
    named::<Namespace>(&vector.namespace)?;
    named::<Digest>(&vector.image)?;
    text(&vector.embedder)?;
    verdict((0..=vector.revision).contains(&vector.indexed), "it was made of a revision that is not there")?;
    let dimensions = usize::try_from(vector.dimensions).map_err(|_| "its dimensions are below 0")?;
    let fits = if dimensions == 0 {
        vector.vector.0.is_empty()
    } else {
        Vector::from_bytes(&vector.vector.0, dimensions).is_some()
    };
    verdict(fits, "it has not as many numbers as dimensions")?;
    verdict(vector.layers.0.len().is_multiple_of(MARK), "its layers cannot be read")
}

fn validate_event(event: &EventRecord) -> Verdict {
    verdict(event.sequence > 0, "its number is not above 0")?;
    named::<Namespace>(&event.namespace)?;
    time(&event.time)?;
    named::<EventAction>(&event.action)?;
    text(&event.image)?;
    text(&event.name)?;
    text(&event.attributes)?;
    let attributes = serde_json::from_str::<BTreeMap<String, String>>(&event.attributes);
    verdict(attributes.is_ok(), "its attributes cannot be read")
}

fn content(digest: &str, bytes: &[u8]) -> Verdict {
    named::<Digest>(digest)?;
    let is_whole = digest.parse::<Digest>().is_ok_and(|digest| digest.matches(bytes));
    verdict(is_whole, "its content has another digest")
}

fn time(text: &str) -> Verdict {
    let time = read_time(text).ok().and_then(time_text);
    verdict(time.as_deref() == Some(text), "a time cannot be read")
}

/// Postgres holds every character but one.
fn text(text: &str) -> Verdict {
    verdict(!text.contains('\0'), "a text has a character 0 in it")
}

fn verdict(is_right: bool, otherwise: &str) -> Verdict {
    if is_right { Ok(()) } else { Err(otherwise.to_owned()) }
}
