//! Blobs of a document: from files beside it, from itself, or from what the registry has already.

use std::fs::File;

use base64::{Engine as _, prelude::BASE64_STANDARD};

use super::{Seed, SeedBlob, SeedError};
use crate::{
    blobs::{CompleteError, FileContent, ReceiveError, Session, UploadKey, on_disk},
    model::Digest,
    store::Store,
    wire::Content,
};

impl Store {
    /// Gives a repository a blob.
    pub(super) async fn import_blob(
        &self,
        seed: &Seed,
        repository: i64,
        blob: &SeedBlob,
    ) -> Result<(), SeedError> {
        let malformed = |_| SeedError::at("digest", "this is no digest");
        let wanted = blob.digest.as_deref().map(str::parse).transpose().map_err(malformed)?;
        let digest = match &wanted {
            Some(digest) if self.adopt(repository, digest).await? => digest.clone(),
            _ => self.bring(seed, repository, blob, wanted).await?,
        };
        match blob.touched_at {
            Some(touched) => Ok(self.state.set_blob_touch(repository, &digest, touched).await?),
            None => Ok(()),
        }
    }

    /// Gives a repository a blob from where its content is.
    async fn bring(
        &self,
        seed: &Seed,
        repository: i64,
        blob: &SeedBlob,
        wanted: Option<Digest>,
    ) -> Result<Digest, SeedError> {
        let content = content(seed, blob).await?;
        let (key, session) = self.uploads.begin(repository).await?;
        let completed = self.fill(&key, &session, content, wanted).await;
        if completed.is_err() {
            self.end_upload(&key).await?;
        }
        completed
    }

    async fn fill(
        &self,
        key: &UploadKey,
        session: &Session,
        content: Content,
        wanted: Option<Digest>,
    ) -> Result<Digest, SeedError> {
        session.receive(content, None).await?;
        let digest = match wanted {
            Some(digest) => digest,
            None => session.digest().await?,
        };
        self.complete_upload(key, session, &digest).await?;
        Ok(digest)
    }

    /// Gives a repository a blob whose file is there already. Whether it is.
    async fn adopt(&self, repository: i64, digest: &Digest) -> Result<bool, SeedError> {
        let _arriving = self.removal.read().await;
        if !self.state.knows_blob(digest).await? {
            return Ok(false);
        }
        let (blobs, wanted) = (self.blobs.clone(), digest.clone());
        let (_, size) = on_disk(move || blobs.open(&wanted)).await?;
        self.state.add_blob(repository, digest, size).await?;
        Ok(true)
    }
}

/// From the one place that it comes from.
pub(super) async fn content(seed: &Seed, blob: &SeedBlob) -> Result<Content, SeedError> {
    match (&blob.file, &blob.base64, &blob.text) {
        (Some(file), None, None) => {
            let named = || SeedError::at("file", "only documents in files name files");
            let path = seed.folder.as_ref().ok_or_else(named)?.join(file);
            let opened = path.clone();
            let content = on_disk(move || {
                let file = File::open(opened)?;
                let size = file.metadata()?.len();
                FileContent::new(file, 0..size)
            });
            content.await.map(Content::File).map_err(|cause| SeedError::Read { path, cause })
        }
        (None, Some(text), None) => {
            let decoded = BASE64_STANDARD.decode(text).map_err(|error| SeedError::at("base64", error))?;
            Ok(Content::Whole(decoded.into()))
        }
        (None, None, Some(text)) => Ok(Content::Whole(text.clone().into())),
        (None, None, None) => Err(SeedError::at("content", "it has none, and the registry does not have it")),
        _ => Err(SeedError::at("content", "it comes from one of file, base64 and text")),
    }
}

impl From<ReceiveError> for SeedError {
    fn from(error: ReceiveError) -> Self {
        match error {
            ReceiveError::Io(error) => error.into(),
            _ => Self::at("content", "it did not arrive"),
        }
    }
}

impl From<CompleteError> for SeedError {
    fn from(error: CompleteError) -> Self {
        match error {
            CompleteError::Io(error) => error.into(),
            CompleteError::Mismatch => Self::at("digest", "the content has another one"),
            CompleteError::Gone | CompleteError::Busy => Self::at("content", "it did not arrive"),
        }
    }
}
