//! The configured state as an operator sees it: not served, but migrated, checked, exported and imported.

use std::{path::Path, sync::Arc};

use crate::{
    config::Config,
    ports::Sealer,
    secrets::{KeyError, Seal},
    store::{PostgresUpkeep, SqliteUpkeep, Upkeep},
};

/// Nothing is opened or made before something is to be done.
pub fn upkeep(config: &Config) -> anyhow::Result<Box<dyn Upkeep>> {
    let data_dir = config.data_dir.clone().map_or_else(super::default_data_dir, Ok)?;
    let sealer = sealer(config.credentials.key_file.as_deref(), &data_dir)?;
    Ok(match &config.database.url {
        Some(url) => Box::new(PostgresUpkeep::of_database(url.clone(), sealer)),
        None => Box::new(SqliteUpkeep::of_data_folder(&data_dir, sealer)),
    })
}

/// The key that is there. None is made: it would open nothing.
fn sealer(key_file: Option<&Path>, data_dir: &Path) -> Result<Option<Arc<dyn Sealer>>, KeyError> {
    let seal = match key_file {
        Some(file) => Some(Seal::from_key_file(file)?),
        None => Seal::found_in_data_dir(data_dir)?,
    };
    Ok(seal.map(|seal| Arc::new(seal) as Arc<dyn Sealer>))
}
