//! Filling an empty state from an export, some hundred records at a time.

mod aside;
mod batch;
mod table;
mod tables;

use super::{ASIDE, Connection, Database, credentials, keys};
use crate::{
    ports::Sealer,
    store::{
        Transferred, UpkeepError,
        transfer::{CredentialRecord, ExportReader, Header, Record},
    },
};
use aside::Aside;
use batch::Batch;

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
    let aside = Aside::put(connection).await?;
    let mut imported = Transferred::default();
    let (mut keys, mut batch) = (Keys::OfThisState, Batch::default());
    while let Some(record) = next(connection, from, &mut batch).await? {
        match &record {
            Record::SealingKey(_) | Record::Credential(_) if !credentials => continue,
            Record::SealingKey(_) => keys.make_room(connection).await?,
            Record::Credential(credential) => {
                keys.load(connection, sealer, &from.header().store).await?;
                refuse_unless_it_opens(credential, sealer, from.line())?;
            }
            _ => {}
        }
        imported.count(&record);
        batch.add(from.line(), record);
    }
    aside.bring_back(connection).await?;
    Ok(imported)
}

/// The next record, which the batch has room for then. Before a document's end, or a fault in it, all is inserted that came before: of two faults
/// the first is told.
async fn next(
    connection: &mut Connection,
    from: &mut ExportReader<'_>,
    batch: &mut Batch,
) -> Result<Option<Record>, UpkeepError> {
    let next = from.next();
    if !matches!(&next, Ok(Some(record)) if batch.takes(record)) {
        batch.insert(connection).await?;
    }
    Ok(next?)
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
