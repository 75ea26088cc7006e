//! What an operator does with the state as a whole. Each read sees one moment, each change is one transaction.

use std::{
    io::{Read, Write},
    sync::Arc,
};

use async_trait::async_trait;
use sqlx::Connection as _;

use super::{
    BEGIN, Connection, LOCK, Place, SETTLE, SNAPSHOT, check, export, history::history, import, keys, schema,
};
use crate::{
    ports::Sealer,
    store::{
        Finding, Migrated, Transferred, UpkeepError,
        history::History,
        transfer::{ExportReader, ExportWriter, Header, Record},
    },
};

type Result<T> = std::result::Result<T, UpkeepError>;

/// A state that this process does not serve.
#[derive(Debug)]
pub struct Upkeep {
    place: Place,
    /// Nothing where there is no key: then no credential can be opened.
    sealer: Option<Arc<dyn Sealer>>,
}

impl Upkeep {
    pub(in crate::store) fn of(place: Place, sealer: Option<Arc<dyn Sealer>>) -> Self {
        Self { place, sealer }
    }

    /// Only this version's schema is read.
    async fn refuse_others(&self, connection: &mut Connection) -> Result<()> {
        let needed = schema::newest();
        match history(connection).await? {
            History::Ours(schema) if schema == needed => Ok(()),
            History::Ours(schema) => Err(UpkeepError::Outdated { schema, needed }),
            History::Empty => Err(self.nothing_there()),
            History::Newer(schema) => Err(self.place.newer(schema).into()),
            History::Foreign => Err(self.place.foreign().into()),
        }
    }

    fn nothing_there(&self) -> UpkeepError {
        UpkeepError::NoState { place: self.place.to_string() }
    }

    async fn look_for_findings(&self, tell: &mut dyn FnMut(Finding)) -> Result<()> {
        let mut connection = self.place.reader().await?;
        let mut snapshot = connection.begin_with(SNAPSHOT).await?;
        self.refuse_others(&mut snapshot).await?;
        if let Some(name) = export::name(&mut snapshot).await? {
            keys::load_for(&mut snapshot, self.sealer.as_deref(), &name).await?;
        }
        check::everything(&mut snapshot, self.sealer.as_deref(), tell).await?;
        snapshot.rollback().await?;
        Ok(connection.close().await?)
    }
}

#[async_trait(?Send)]
impl crate::store::Upkeep for Upkeep {
    async fn migrate(&self) -> Result<Migrated> {
        let writer = self.place.writer().await?;
        writer.pool.close().await;
        Ok(writer.migrated)
    }

    async fn check(&self, tell: &mut dyn FnMut(Finding)) -> Result<()> {
        match self.look_for_findings(tell).await {
            Err(error) if error.is_damage() => {
                tell(check::damage(&error));
                Ok(())
            }
            done => done,
        }
    }

    async fn export(&self, to: &mut dyn Write, credentials: bool) -> Result<Transferred> {
        let mut connection = self.place.reader().await?;
        let mut snapshot = connection.begin_with(SNAPSHOT).await?;
        self.refuse_others(&mut snapshot).await?;
        let name = export::name(&mut snapshot).await?.ok_or_else(|| self.nothing_there())?;
        let mut writer = ExportWriter::new(to)?;
        writer.write(&Record::Header(Header::of(name, credentials)))?;
        let mut write = |record: &Record| Ok(writer.write(record)?);
        export::records(&mut snapshot, &mut write, credentials).await?;
        snapshot.rollback().await?;
        connection.close().await?;
        Ok(writer.finish()?)
    }

    async fn import(&self, from: &mut dyn Read, credentials: bool) -> Result<Transferred> {
        let mut reader = ExportReader::new(from)?;
        let writer = self.place.writer().await?;
        let mut connection = writer.pool.acquire().await?;
        let mut transaction = connection.begin_with(BEGIN).await?;
        if let Some(lock) = LOCK {
            sqlx::query(lock).execute(&mut *transaction).await?;
        }
        import::refuse_unless_empty(&mut transaction).await?;
        let sealer = self.sealer.as_deref().filter(|_| credentials);
        let imported = import::everything(&mut transaction, &mut reader, sealer, credentials).await?;
        transaction.commit().await?;
        sqlx::raw_sql(SETTLE).execute(&mut *connection).await?;
        drop(connection);
        writer.pool.close().await;
        Ok(imported)
    }
}
