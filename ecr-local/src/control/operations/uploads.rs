//! Layers in parts: InitiateLayerUpload, UploadLayerPart, CompleteLayerUpload.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};

use super::repositories::identified;
use crate::{
    blobs::{CompleteError, Placed, ReceiveError, Session, SpooledContent, UploadKey},
    control::{
        call::{Call, Found, Named},
        errors::Error,
    },
    wire::Content,
};

/// What clients are advised to send at once.
const PART_SIZE: u64 = 10 * 1024 * 1024;
/// By the service model.
const LARGEST_PART: u64 = 20 * 1024 * 1024;
/// Of all parts but the last.
const LEAST_PART: i64 = 5 * 1024 * 1024;
const MOST_PARTS: i64 = 4200;
const MOST_PARTS_IN_PUBLIC: i64 = 1000;

/// InitiateLayerUpload
pub(super) async fn initiate(call: &Call<'_>, named: Named) -> Result<Value, Error> {
    let found = call.find_to_push_to(&named).await?;
    let (key, _) = call.store().uploads.begin(found.repository.id).await?;
    Ok(json!({ "uploadId": &*key.id, "partSize": PART_SIZE }))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PartInput {
    #[serde(flatten)]
    named: Named,
    upload_id: String,
    part_first_byte: u64,
    part_last_byte: u64,
}

/// UploadLayerPart
pub(super) async fn part(call: &Call<'_>, input: PartInput) -> Result<Value, Error> {
    let escaped =
        || Error::Serialization("the name of 'layerPartBlob' must be written without escapes".to_owned());
    let blob = call.blob.as_ref().ok_or_else(escaped)?;
    let length = blob.length();
    if length > LARGEST_PART {
        return Err(Error::InvalidParameter(format!(
            "1 validation error detected: Value '<binary>' at 'layerPartBlob' failed to satisfy constraint: \
             Member must have length less than or equal to {LARGEST_PART}"
        )));
    }
    let upload = Upload::find(call, &input.named, &input.upload_id).await?;
    if input.part_last_byte.checked_sub(input.part_first_byte) != length.checked_sub(1) || length == 0 {
        return Err(upload.refuse_part().await);
    }
    let most = if upload.found.registry.is_public() { MOST_PARTS_IN_PUBLIC } else { MOST_PARTS };
    if call.state().parts(&upload.key).await?.count >= most {
        return Err(Error::TooManyParts(most));
    }
    let placed = Placed { start: input.part_first_byte, length };
    let content = match blob.content().await? {
        SpooledContent::Memory(bytes) => Content::Whole(bytes),
        SpooledContent::File(file) => Content::File(file),
    };
    match upload.session.receive(content, Some(placed)).await {
        Ok(_) => {}
        Err(ReceiveError::Gone) => return Err(upload.unknown()),
        Err(ReceiveError::Io(error)) => return Err(error.into()),
        Err(_) => return Err(upload.refuse_part().await),
    }
    call.state().note_part(&upload.key, length).await?;
    let mut document = upload.identified();
    document["lastByteReceived"] = input.part_last_byte.into();
    Ok(document)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CompleteInput {
    #[serde(flatten)]
    named: Named,
    upload_id: String,
    layer_digests: Vec<String>,
}

/// CompleteLayerUpload. An upload whose digest is another one stays as it is.
pub(super) async fn complete(call: &Call<'_>, input: CompleteInput) -> Result<Value, Error> {
    let upload = Upload::find(call, &input.named, &input.upload_id).await?;
    let (place, id) = (upload.found.place.clone(), upload.key.id.to_string());
    if upload.session.size().await? == 0 {
        return Err(Error::EmptyUpload(place, id));
    }
    if let Some(least) = call.state().parts(&upload.key).await?.least.filter(|least| *least < LEAST_PART) {
        return Err(Error::LayerPartTooSmall(least));
    }
    let digest = upload.session.digest().await.map_err(|error| upload.incomplete(error))?;
    if !input.layer_digests.iter().any(|wanted| wanted.parse() == Ok(digest.clone())) {
        return Err(Error::InvalidLayer(place, id));
    }
    if call.state().blob(upload.key.repository, &digest).await?.is_some() {
        call.store().end_upload(&upload.key).await?;
        return Err(Error::LayerExists(place, digest.to_string()));
    }
    let completed = call.store().complete_upload(&upload.key, &upload.session, &digest).await;
    completed.map_err(|error| upload.incomplete(error))?;
    let mut document = upload.identified();
    document["layerDigest"] = digest.to_string().into();
    Ok(document)
}

/// An upload that a call is about.
struct Upload {
    found: Found,
    key: UploadKey,
    session: Arc<Session>,
}

impl Upload {
    async fn find(call: &Call<'_>, named: &Named, id: &str) -> Result<Self, Error> {
        let found = call.find(named).await?;
        let unknown = || Error::UploadNotFound(found.place.clone(), id.to_owned());
        let key = UploadKey::named(found.repository.id, id).ok_or_else(unknown)?;
        let session = call.store().uploads.find(&key).await?.ok_or_else(unknown)?;
        Ok(Self { found, key, session })
    }

    fn identified(&self) -> Value {
        let mut document = identified(&self.found);
        document["uploadId"] = (*self.key.id).into();
        document
    }

    fn unknown(&self) -> Error {
        Error::UploadNotFound(self.found.place.clone(), self.key.id.to_string())
    }

    async fn refuse_part(&self) -> Error {
        match self.session.size().await {
            Ok(size) => {
                let last = i64::try_from(size).unwrap_or(i64::MAX) - 1;
                Error::InvalidLayerPart(self.found.place.clone(), self.key.id.to_string(), last)
            }
            Err(error) => error.into(),
        }
    }

    fn incomplete(&self, error: CompleteError) -> Error {
        match error {
            CompleteError::Gone => self.unknown(),
            CompleteError::Io(error) => error.into(),
            CompleteError::Busy | CompleteError::Mismatch => {
                Error::InvalidLayer(self.found.place.clone(), self.key.id.to_string())
            }
        }
    }
}
