//! Uploads of a document: taken, and told.

use super::{Exporter, Form, Seed, SeedBlob, SeedError, SeedUpload, blobs::content};
use crate::{
    blobs::{UploadKey, on_disk},
    store::Store,
};

impl Store {
    /// Takes an upload, unless it is there.
    pub(super) async fn import_upload(
        &self,
        seed: &Seed,
        repository: i64,
        upload: &SeedUpload,
    ) -> Result<(), SeedError> {
        let malformed = || SeedError::at("id", "this is no id of an upload");
        let key = UploadKey::named(repository, &upload.id).ok_or_else(malformed)?;
        let content = content(seed, &upload.content).await?;
        if let Some(session) = self.uploads.begin_as(&key).await? {
            session.receive(content, None).await?;
        }
        Ok(())
    }
}

impl Exporter {
    pub(super) async fn uploads(&self, repository: i64) -> Result<Vec<SeedUpload>, SeedError> {
        let mut told = Vec::new();
        for (key, path) in self.store.uploads.of_repository(repository).await? {
            let opened = on_disk(move || {
                let file = std::fs::File::open(path)?;
                let size = file.metadata()?.len();
                Ok((file, size))
            });
            // One that was completed a moment ago is not there any more.
            let Ok((file, size)) = opened.await else { continue };
            if matches!(self.form, Form::Inline(most) if size > most) {
                tracing::warn!(id = %key.id, size, "an upload is too large to be told");
                continue;
            }
            let name = format!("upload-{}", key.id);
            let content = SeedBlob { size: Some(size), ..self.content(file, size, name).await? };
            told.push(SeedUpload { id: key.id.into(), content });
        }
        Ok(told)
    }
}
