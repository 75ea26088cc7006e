//! Recording a load: the image, its names, and where it was staged.

use super::{
    Connection,
    change::Change,
    events,
    rows::{ImageRow, ManifestRow, insert_image, insert_manifest},
};
use crate::{
    error::{Error, Result},
    model::{EventAction, ImageConfig, Namespace, Reference, Tag},
    ports::{Loaded, Renamed},
    store::encoding::{now_text, read},
};

/// A load as rows.
pub(super) struct RecordLoad {
    namespace: String,
    image: ImageRow,
    staged: Option<StagedRow>,
    names: Vec<Reference>,
    is_import: bool,
}

struct StagedRow {
    repository: String,
    manifest: ManifestRow,
}

impl RecordLoad {
    pub(super) fn new(namespace: &Namespace, loaded: Loaded<'_>) -> Result<Self> {
        let Loaded { image, staged, is_import } = loaded;
        let config = ImageConfig::parse(&image.config).map_err(Error::Archive)?;
        let layer_sizes: Vec<u64> = match staged {
            Some(staged) => staged.layers.iter().map(|layer| layer.size).collect(),
            None => image.layers.iter().map(|layer| layer.size).collect(),
        };
        let staged = staged.map(|staged| StagedRow {
            repository: staged.repository.to_string(),
            manifest: ManifestRow::from(&staged.manifest),
        });
        Ok(Self {
            namespace: namespace.to_string(),
            image: ImageRow::new(&image.id, config, &layer_sizes, image.config.clone())?,
            staged,
            names: image.names.clone(),
            is_import,
        })
    }
}

impl Change for RecordLoad {
    type Answer = Vec<Renamed>;

    async fn apply(&self, connection: &mut Connection) -> Result<Vec<Renamed>> {
        insert_image(connection, &self.namespace, &self.image).await?;
        if let Some(staged) = &self.staged {
            insert_manifest(connection, &self.namespace, &self.image.id, &staged.manifest).await?;
            place(connection, self, staged).await?;
        }
        let mut renamed = Vec::new();
        for name in &self.names {
            let previous = name_image(connection, self, name).await?;
            if let Some(previous) = previous.filter(|previous| *previous != self.image.id) {
                renamed.push(Renamed { reference: name.clone(), previous: read(&previous)? });
            }
        }
        note(connection, self).await?;
        Ok(renamed)
    }
}

/// As dockerd, which tells of names only when an image is made of a root file system.
async fn note(connection: &mut Connection, load: &RecordLoad) -> sqlx::Result<()> {
    let (namespace, image) = (&load.namespace, &load.image.id);
    if !load.is_import {
        return events::note(connection, namespace, EventAction::Load, image, "").await;
    }
    for name in &load.names {
        events::note(connection, namespace, EventAction::Tag, image, &name.to_string()).await?;
    }
    events::note(connection, namespace, EventAction::Import, image, "").await
}

/// The location, that its manifest is needed, and that the one before may not be.
async fn place(connection: &mut Connection, load: &RecordLoad, staged: &StagedRow) -> sqlx::Result<()> {
    let note = "INSERT INTO manifest_notes (repository, digest, noted) SELECT repository, digest, $5 \
         FROM staged_images WHERE namespace = $1 AND image_id = $2 AND repository = $3 AND digest <> $4 \
         ON CONFLICT (repository, digest) DO UPDATE SET noted = excluded.noted";
    let query = sqlx::query(note).bind(&load.namespace).bind(&load.image.id).bind(&staged.repository);
    query.bind(&staged.manifest.digest).bind(now_text()).execute(&mut *connection).await?;

    let upsert = "INSERT INTO staged_images (namespace, image_id, repository, digest, updated) \
         VALUES ($1, $2, $3, $4, $5) ON CONFLICT (namespace, image_id, repository) \
         DO UPDATE SET digest = excluded.digest, updated = excluded.updated";
    let query = sqlx::query(upsert).bind(&load.namespace).bind(&load.image.id).bind(&staged.repository);
    query.bind(&staged.manifest.digest).bind(now_text()).execute(&mut *connection).await?;

    let delete = "DELETE FROM manifest_notes WHERE repository = $1 AND digest = $2";
    let query = sqlx::query(delete).bind(&staged.repository).bind(&staged.manifest.digest);
    query.execute(connection).await.map(drop)
}

/// The image that had the name before.
async fn name_image(
    connection: &mut Connection,
    load: &RecordLoad,
    name: &Reference,
) -> sqlx::Result<Option<String>> {
    let (repository, tag) = (name.repository.to_string(), name.tag.clone().unwrap_or_else(Tag::latest));
    let select = "SELECT image_id FROM tags WHERE namespace = $1 AND repository = $2 AND tag = $3";
    let query = sqlx::query_scalar(select).bind(&load.namespace).bind(&repository).bind(tag.as_str());
    let before = query.fetch_optional(&mut *connection).await?;

    let upsert = "INSERT INTO tags (namespace, repository, tag, image_id, updated) \
         VALUES ($1, $2, $3, $4, $5) ON CONFLICT (namespace, repository, tag) DO UPDATE SET \
         image_id = excluded.image_id, target = NULL, platform = NULL, updated = excluded.updated";
    let query = sqlx::query(upsert).bind(&load.namespace).bind(repository).bind(tag.as_str());
    query.bind(&load.image.id).bind(now_text()).execute(connection).await?;
    Ok(before)
}
