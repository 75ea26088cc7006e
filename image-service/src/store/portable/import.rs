//! Filling an empty state from an export, one record at a time.

use super::{
    Connection, credentials, keys,
    rows::{ImageRow, insert_image},
};
use crate::{
    error::Error,
    model::ImageConfig,
    ports::Sealer,
    store::{
        TransferError, Transferred, UpkeepError,
        encoding::read,
        transfer::{
            CredentialRecord, EventRecord, ExportReader, Header, ImageManifestRecord, ImageRecord,
            ManifestNoteRecord, ManifestRecord, Record, RepoDigestRecord, SealingKeyRecord,
            StagedImageRecord, StagedLayerRecord, TagRecord, VectorRecord,
        },
    },
};

/// Where every row of a state belongs to something in one of these.
const EMPTY: &str = "SELECT (SELECT COUNT(*) FROM images) + (SELECT COUNT(*) FROM manifests) \
     + (SELECT COUNT(*) FROM staged_layers) + (SELECT COUNT(*) FROM manifest_notes) \
     + (SELECT COUNT(*) FROM credentials) + (SELECT COUNT(*) FROM events)";

/// What is there already is not mixed with what comes.
pub(super) async fn refuse_unless_empty(connection: &mut Connection) -> Result<(), UpkeepError> {
    let rows: i64 = sqlx::query_scalar(EMPTY).fetch_one(connection).await?;
    if rows == 0 { Ok(()) } else { Err(UpkeepError::NotEmpty) }
}

/// Takes every record. Credentials are left out unless they are wanted; those that are must open with the key that is here.
pub(super) async fn everything(
    connection: &mut Connection,
    from: &mut ExportReader<'_>,
    sealer: Option<&dyn Sealer>,
    credentials: bool,
) -> Result<Transferred, UpkeepError> {
    insert_identity(connection, from.header()).await?;
    let mut imported = Transferred::default();
    let mut keys = Keys::OfThisState;
    while let Some(record) = from.next()? {
        match &record {
            Record::SealingKey(_) | Record::Credential(_) if !credentials => continue,
            Record::SealingKey(_) => keys.make_room(connection).await?,
            Record::Credential(credential) => {
                keys.load(connection, sealer, &from.header().store).await?;
                refuse_unless_it_opens(credential, sealer, from.line())?;
            }
            _ => {}
        }
        insert(connection, &record).await.map_err(|fault| at_line(fault, &record, from.line()))?;
        imported.count(&record);
    }
    Ok(imported)
}

/// Which keys the state names while it is filled.
enum Keys {
    OfThisState,
    OfTheExport,
    Loaded,
}

impl Keys {
    /// Credentials come with the names of their keys. The one that an empty state may name has sealed nothing.
    async fn make_room(&mut self, connection: &mut Connection) -> sqlx::Result<()> {
        if matches!(self, Self::OfThisState) {
            sqlx::query("DELETE FROM sealing_keys").execute(connection).await?;
            *self = Self::OfTheExport;
        }
        Ok(())
    }

    /// Has the sealer get the keys before the first credential is opened. What it lacks is seen there.
    async fn load(
        &mut self,
        connection: &mut Connection,
        sealer: Option<&dyn Sealer>,
        store: &str,
    ) -> Result<(), UpkeepError> {
        if !matches!(self, Self::Loaded) {
            keys::load_for(connection, sealer, store).await?;
            *self = Self::Loaded;
        }
        Ok(())
    }
}

async fn insert_identity(connection: &mut Connection, header: &Header) -> sqlx::Result<()> {
    let upsert = "INSERT INTO store_identity (singleton, id) VALUES (1, $1) \
         ON CONFLICT (singleton) DO UPDATE SET id = excluded.id";
    sqlx::query(upsert).bind(&header.store).execute(connection).await.map(drop)
}

fn refuse_unless_it_opens(
    credential: &CredentialRecord,
    sealer: Option<&dyn Sealer>,
    line: u64,
) -> Result<(), UpkeepError> {
    let CredentialRecord { namespace, registry, kind, username, sealed, .. } = credential;
    let place = credentials::place_of_row(namespace, registry, kind, username);
    match sealer.and_then(|sealer| sealer.open(&place, &sealed.0)) {
        Some(_) => Ok(()),
        None => Err(UpkeepError::OtherKey { line, registry: registry.clone() }),
    }
}

/// What the database refuses is the record's fault where it points at nothing.
fn at_line(fault: UpkeepError, record: &Record, line: u64) -> UpkeepError {
    let dangles = match &fault {
        UpkeepError::Database(sqlx::Error::Database(error)) => error.is_foreign_key_violation(),
        UpkeepError::Database(sqlx::Error::RowNotFound) => true,
        _ => false,
    };
    let why = || format!("{record} points at something that is not in the export");
    if dangles { TransferError::Line { line, why: why() }.into() } else { fault }
}

async fn insert(connection: &mut Connection, record: &Record) -> Result<(), UpkeepError> {
    match record {
        Record::Image(image) => return insert_image_of(connection, image).await,
        Record::Manifest(manifest) => insert_manifest(connection, manifest).await,
        Record::ImageManifest(link) => insert_link(connection, link).await,
        Record::Tag(tag) => insert_tag(connection, tag).await,
        Record::RepoDigest(digest) => insert_repo_digest(connection, digest).await,
        Record::StagedImage(staged) => insert_staged_image(connection, staged).await,
        Record::StagedLayer(layer) => insert_staged_layer(connection, layer).await,
        Record::ManifestNote(note) => insert_note(connection, note).await,
        Record::SealingKey(key) => insert_sealing_key(connection, key).await,
        Record::Credential(credential) => insert_credential(connection, credential).await,
        Record::Vector(vector) => update_vector(connection, vector).await,
        Record::Event(event) => insert_event(connection, event).await,
        Record::Header(_) | Record::End(_) => Ok(()),
    }
    .map_err(UpkeepError::from)
}

async fn insert_image_of(connection: &mut Connection, image: &ImageRecord) -> Result<(), UpkeepError> {
    let config = ImageConfig::parse(&image.config.0).map_err(Error::Archive)?;
    let content = image.config.0.clone().into();
    let row = ImageRow::new(&read(&image.id)?, config, &image.layer_sizes, content)?;
    insert_image(connection, &image.namespace, &row).await?;
    if let Some(last_tagged) = &image.last_tagged {
        let update = "UPDATE image_configs SET last_tagged = $3 WHERE namespace = $1 AND id = $2";
        let query = sqlx::query(update).bind(&image.namespace).bind(&image.id).bind(last_tagged);
        query.execute(connection).await?;
    }
    Ok(())
}

async fn insert_manifest(connection: &mut Connection, manifest: &ManifestRecord) -> sqlx::Result<()> {
    let insert = "INSERT INTO manifests (namespace, digest, media_type, content) VALUES ($1, $2, $3, $4)";
    let query = sqlx::query(insert).bind(&manifest.namespace).bind(&manifest.digest);
    query.bind(&manifest.media_type).bind(&manifest.content.0).execute(connection).await.map(drop)
}

async fn insert_link(connection: &mut Connection, link: &ImageManifestRecord) -> sqlx::Result<()> {
    let insert = "INSERT INTO image_manifests (namespace, image_id, digest) VALUES ($1, $2, $3)";
    let query = sqlx::query(insert).bind(&link.namespace).bind(&link.image).bind(&link.digest);
    query.execute(connection).await.map(drop)
}

async fn insert_tag(connection: &mut Connection, tag: &TagRecord) -> sqlx::Result<()> {
    let insert = "INSERT INTO tags (namespace, repository, tag, image_id, target, platform, updated) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)";
    let query = sqlx::query(insert).bind(&tag.namespace).bind(&tag.repository).bind(&tag.tag);
    let query = query.bind(&tag.image).bind(&tag.target).bind(&tag.platform).bind(&tag.updated);
    query.execute(connection).await.map(drop)
}

async fn insert_repo_digest(connection: &mut Connection, digest: &RepoDigestRecord) -> sqlx::Result<()> {
    let insert = "INSERT INTO repo_digests (namespace, repository, digest, image_id, platform, origin) \
         VALUES ($1, $2, $3, $4, $5, $6)";
    let query = sqlx::query(insert).bind(&digest.namespace).bind(&digest.repository).bind(&digest.digest);
    let query = query.bind(&digest.image).bind(&digest.platform).bind(&digest.origin);
    query.execute(connection).await.map(drop)
}

async fn insert_staged_image(connection: &mut Connection, staged: &StagedImageRecord) -> sqlx::Result<()> {
    let insert = "INSERT INTO staged_images (namespace, image_id, repository, digest, updated) \
         VALUES ($1, $2, $3, $4, $5)";
    let query = sqlx::query(insert).bind(&staged.namespace).bind(&staged.image).bind(&staged.repository);
    query.bind(&staged.digest).bind(&staged.updated).execute(connection).await.map(drop)
}

async fn insert_staged_layer(connection: &mut Connection, layer: &StagedLayerRecord) -> sqlx::Result<()> {
    let insert = "INSERT INTO staged_layers \
         (repository, diff_id, uncompressed_size, head, digest, media_type, size, made_here, updated) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    let query = sqlx::query(insert).bind(&layer.repository).bind(&layer.diff_id);
    let query = query.bind(layer.uncompressed_size).bind(&layer.head).bind(&layer.digest);
    let query = query.bind(&layer.media_type).bind(layer.size).bind(i64::from(layer.made_here));
    query.bind(&layer.updated).execute(connection).await.map(drop)
}

async fn insert_note(connection: &mut Connection, note: &ManifestNoteRecord) -> sqlx::Result<()> {
    let insert = "INSERT INTO manifest_notes (repository, digest, noted) VALUES ($1, $2, $3)";
    let query = sqlx::query(insert).bind(&note.repository).bind(&note.digest).bind(&note.noted);
    query.execute(connection).await.map(drop)
}

async fn insert_sealing_key(connection: &mut Connection, key: &SealingKeyRecord) -> sqlx::Result<()> {
    let insert = "INSERT INTO sealing_keys (id, wrapped, in_force, made) VALUES ($1, $2, $3, $4)";
    let query = sqlx::query(insert).bind(&key.id).bind(key.wrapped.as_ref().map(|wrapped| &wrapped.0));
    query.bind(i64::from(key.in_force)).bind(&key.made).execute(connection).await.map(drop)
}

async fn insert_credential(connection: &mut Connection, credential: &CredentialRecord) -> sqlx::Result<()> {
    let insert = "INSERT INTO credentials (namespace, registry, username, kind, sealed, updated) \
         VALUES ($1, $2, $3, $4, $5, $6)";
    let query = sqlx::query(insert).bind(&credential.namespace).bind(&credential.registry);
    let query = query.bind(&credential.username).bind(&credential.kind);
    query.bind(&credential.sealed.0).bind(&credential.updated).execute(connection).await.map(drop)
}

/// The row has been there since its image was inserted, and its revision went up with each name.
async fn update_vector(connection: &mut Connection, vector: &VectorRecord) -> sqlx::Result<()> {
    let update = "UPDATE image_vectors SET revision = $3, indexed = $4, embedder = $5, dimensions = $6, \
         vector = $7, layers = $8 WHERE namespace = $1 AND image_id = $2";
    let query = sqlx::query(update).bind(&vector.namespace).bind(&vector.image);
    let query = query.bind(vector.revision).bind(vector.indexed).bind(&vector.embedder);
    let query = query.bind(vector.dimensions).bind(&vector.vector.0).bind(&vector.layers.0);
    match query.execute(connection).await?.rows_affected() {
        0 => Err(sqlx::Error::RowNotFound),
        _ => Ok(()),
    }
}

async fn insert_event(connection: &mut Connection, event: &EventRecord) -> sqlx::Result<()> {
    let insert = "INSERT INTO events (sequence, namespace, time, action, image_id, name, attributes) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)";
    let query = sqlx::query(insert).bind(event.sequence).bind(&event.namespace).bind(&event.time);
    let query = query.bind(&event.action).bind(&event.image).bind(&event.name).bind(&event.attributes);
    query.execute(connection).await.map(drop)
}
