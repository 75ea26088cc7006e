//! A state becomes a document, piece by piece, so that it may be larger than memory.

use std::{
    fs::File,
    io::{self, Read},
    path::PathBuf,
    sync::Arc,
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use bytes::Bytes;
use tokio::sync::mpsc;

use super::{SeedBlob, SeedError, SeedImage, SeedRepository, SeedSetting, document::VERSION};
use crate::{
    blobs::on_disk,
    model::{Digest, ImageStatus, Reference, RegistryId},
    state::{ImagePosition, ImageRow, Repository, Shown},
    store::Store,
};

/// As many rows are read at once.
const BATCH: u32 = 100;

/// Where the content of blobs goes.
pub(crate) enum Form {
    /// Into the document, if it has at most so many bytes. Larger ones are named only.
    Inline(u64),
    /// Into files in this folder, which is beside the document.
    Files(PathBuf),
}

/// Tells a state.
pub(crate) struct Exporter {
    pub(crate) store: Arc<Store>,
    pub(crate) form: Form,
    /// Where the pieces of the document go.
    pub(crate) out: mpsc::Sender<io::Result<Bytes>>,
}

impl Exporter {
    /// Tells all of it. An error becomes the last piece.
    pub(crate) async fn run(self) {
        if let Err(error) = self.tell().await {
            tracing::error!(%error, "the state cannot be told");
            let _ = self.out.send(Err(io::Error::other(error))).await;
        }
    }

    async fn tell(&self) -> Result<(), SeedError> {
        let settings = self.store.state.all_registry_settings().await?;
        let settings: Vec<_> = settings
            .into_iter()
            .map(|(account, region, name, value)| SeedSetting { account, region, name, value })
            .collect();
        self.say(format!("{{\"version\":{VERSION},\"settings\":{},\n\"repositories\":[", text(&settings)?))
            .await?;
        let (mut last, mut comma) = (0, "");
        while let Some((registry, name)) = self.store.state.repository_behind(last).await? {
            let Some(repository) = self.store.state.describe_repository(&registry, &name).await? else {
                continue;
            };
            last = repository.id;
            self.say(comma).await?;
            self.tell_repository(registry, repository).await?;
            comma = ",";
        }
        self.say("]").await?;
        let rows = self.store.export_rows(None).await?;
        if !rows.is_empty() {
            self.say(format!(",\n\"rows\":{}", text(&rows)?)).await?;
        }
        self.say("}\n").await
    }

    async fn tell_repository(&self, registry: RegistryId, stored: Repository) -> Result<(), SeedError> {
        let (id, state) = (stored.id, &self.store.state);
        let history = state.repository_history(id).await?;
        let shown = SeedRepository {
            account: registry.account.into(),
            region: registry.region.into(),
            created_at: Some(stored.created),
            image_tag_mutability: Some(stored.mutability.name().to_owned()),
            image_tag_mutability_exclusion_filters: stored.mutability.exclusions,
            scan_on_push: stored.scan_on_push,
            encryption: Some(serde_json::from_str(&stored.encryption).map_err(malformed)?),
            tags: state.resource_tags(id).await?.into_iter().collect(),
            policy: state.repository_policy(id).await?,
            lifecycle_policy: state.lifecycle(id).await?.policy,
            catalog: state.catalog(id).await?,
            lifecycle_evaluated_at: history.lifecycle_evaluated,
            preview_policy: history.preview_policy,
            preview_started_at: history.preview_started,
            rows: self.store.export_rows(Some(id)).await?,
            uploads: self.uploads(id).await?,
            ..SeedRepository::new(stored.name)
        };
        let settings = text(&shown)?;
        // The object stays open for its lists.
        self.say(format!("\n{},\n\"blobs\":[", settings.strip_suffix('}').unwrap_or(&settings))).await?;
        self.tell_blobs(id).await?;
        self.say("],\n\"images\":[").await?;
        self.tell_images(id).await?;
        self.say("]}").await
    }

    async fn tell_blobs(&self, repository: i64) -> Result<(), SeedError> {
        let (mut last, mut comma) = (String::new(), "");
        loop {
            let found = self.store.state.repository_blobs(repository, &last, BATCH).await?;
            let Some((digest, ..)) = found.last() else { return Ok(()) };
            last.clone_from(digest);
            for (digest, size, touched) in found {
                let parsed: Digest =
                    digest.parse().map_err(|_| SeedError::Store("a row of a blob has no digest".into()))?;
                let blob = SeedBlob { touched_at: Some(touched), ..self.blob(&parsed, size).await? };
                self.say(format!("{comma}\n{}", text(&blob)?)).await?;
                comma = ",";
            }
        }
    }

    async fn blob(&self, digest: &Digest, size: u64) -> Result<SeedBlob, SeedError> {
        let named = SeedBlob { digest: Some(digest.to_string()), size: Some(size), ..SeedBlob::default() };
        if matches!(self.form, Form::Inline(most) if size > most) {
            return Ok(named);
        }
        let (blobs, wanted) = (self.store.blobs.clone(), digest.clone());
        let (file, _) = on_disk(move || blobs.open(&wanted)).await?;
        let content = self.content(file, size, digest.hex().to_owned()).await?;
        Ok(SeedBlob { digest: named.digest, size: named.size, ..content })
    }

    /// What is in a file: in the document, or in a file beside it that has a name.
    pub(super) async fn content(
        &self,
        mut file: File,
        size: u64,
        name: String,
    ) -> Result<SeedBlob, SeedError> {
        match &self.form {
            Form::Inline(_) => {
                let read = move || {
                    let mut content = Vec::new();
                    (&mut file).take(size).read_to_end(&mut content).map(|_| content)
                };
                let content = BASE64_STANDARD.encode(on_disk(read).await?);
                Ok(SeedBlob { base64: Some(content), ..SeedBlob::default() })
            }
            Form::Files(folder) => {
                let (path, beside) = (folder.join(&name), folder.file_name().map(PathBuf::from));
                on_disk(move || io::copy(&mut file, &mut File::create(path)?)).await?;
                Ok(SeedBlob { file: Some(beside.unwrap_or_default().join(name)), ..SeedBlob::default() })
            }
        }
    }

    async fn tell_images(&self, repository: i64) -> Result<(), SeedError> {
        let mut from = ImagePosition { pushed: i64::MIN, digest: String::new() };
        let mut comma = "";
        loop {
            let found = self.store.state.images(repository, Shown::All, &from, BATCH).await?;
            let Some(last) = found.last() else { return Ok(()) };
            from = last.next_position();
            for row in found {
                if let Some(image) = self.image(repository, row).await? {
                    self.say(format!("{comma}\n{}", text(&image)?)).await?;
                    comma = ",";
                }
            }
        }
    }

    /// Nothing if it went meanwhile.
    async fn image(&self, repository: i64, row: ImageRow) -> Result<Option<SeedImage>, SeedError> {
        let malformed = |_| SeedError::Store("a row of a manifest has no digest".into());
        let tagged_at = self.store.state.tag_times(repository, &row.digest).await?;
        let digest: Digest = row.digest.parse().map_err(malformed)?;
        let stored = self.store.state.manifest(repository, &Reference::Digest(digest)).await?;
        let Some(stored) = stored else { return Ok(None) };
        let manifest = String::from_utf8(stored.content).map_err(|error| SeedError::Store(error.into()))?;
        Ok(Some(SeedImage {
            manifest,
            media_type: Some(stored.media_type),
            tags: row.tags,
            pushed_at: Some(row.pushed),
            pulled_at: row.pulled,
            is_archived: row.status == ImageStatus::Archived,
            archived_at: row.archived,
            activated_at: row.activated,
            tagged_at: tagged_at.into_iter().collect(),
        }))
    }

    /// Waits for whoever reads.
    async fn say(&self, piece: impl Into<Bytes>) -> Result<(), SeedError> {
        let left = |_| SeedError::Store("nobody reads it any more".into());
        self.out.send(Ok(piece.into())).await.map_err(left)
    }
}

fn text(value: &impl serde::Serialize) -> Result<String, SeedError> {
    serde_json::to_string(value).map_err(malformed)
}

fn malformed(error: serde_json::Error) -> SeedError {
    SeedError::Store(error.into())
}
