//! The configured state as an operator sees it: not served, but migrated, checked, exported and imported.

use std::sync::Arc;

use super::{default_data_dir, postgres, seal};
use crate::{
    config::Config,
    ports::Sealer,
    secrets::Seal,
    store::{PostgresUpkeep, SqliteUpkeep, Upkeep},
};

/// Nothing is opened or made before something is to be done.
pub fn upkeep(config: &Config) -> anyhow::Result<Box<dyn Upkeep>> {
    let data_dir = config.data_dir.clone().map_or_else(default_data_dir, Ok)?;
    // A key that is made now would open nothing.
    let seal = seal(config, Some(&*data_dir).filter(|data_dir| Seal::is_in_data_dir(data_dir)))?;
    let sealer = seal.map(|seal| Arc::new(seal) as Arc<dyn Sealer>);
    Ok(match &config.database.url {
        Some(url) => Box::new(PostgresUpkeep::of_database(postgres(url, &config.database)?, sealer)),
        None => Box::new(SqliteUpkeep::of_data_folder(&data_dir, sealer)),
    })
}
