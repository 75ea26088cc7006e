//! The keys that stored credentials are sealed under: told, and changed while everything goes on.

use super::Operations;
use crate::{
    error::{Error, Result},
    model::KeyId,
    ports::{KeyStore, KeyUse, Resealed},
};

/// What a change of keys came to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rotation {
    /// Now in force.
    pub key: KeyId,
    /// Credentials.
    pub resealed: Resealed,
    /// Keys that are not needed any more.
    pub retired: Vec<KeyId>,
}

impl Operations {
    /// Every key that is named, needed or at hand.
    pub async fn sealing_keys(&self) -> Result<Vec<KeyUse>> {
        self.ports.keys.keys().await
    }

    /// Puts another key in force and seals everything anew. Goes on if the caller goes away.
    pub async fn rotate_keys(&self) -> Result<Rotation> {
        let keys = self.ports.keys.clone();
        let work = async move {
            let key = keys.change_key().await?;
            tracing::info!(%key, "credentials are now sealed under another key");
            let (resealed, retired) = finish(&*keys).await?;
            Ok(Rotation { key, resealed, retired })
        };
        tokio::spawn(work).await.map_err(Error::internal)?
    }

    /// Brings to its end what a crash has interrupted. That nothing was to be done is not told.
    pub async fn finish_rotation(self) {
        match finish(&*self.ports.keys).await {
            Ok((Resealed { resealed: 0, .. }, _)) => {}
            Ok((done, _)) => {
                tracing::info!(resealed = done.resealed, "sealed credentials under the key in force")
            }
            Err(error) => tracing::warn!("cannot seal credentials under the key in force: {error}"),
        }
    }
}

async fn finish(keys: &dyn KeyStore) -> Result<(Resealed, Vec<KeyId>)> {
    let resealed = keys.reseal().await?;
    Ok((resealed, keys.discard_keys().await?))
}
