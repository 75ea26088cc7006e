//! The port for the keys of credentials.

use std::{collections::BTreeSet, sync::Arc};

use async_trait::async_trait;

use super::{
    Store, keys,
    keys::{Batch, ChangeKey, ForgetKeys, ForgetLost, Place, Reseal},
};
use crate::{
    error::{Error, Result},
    model::KeyId,
    ports::{KeyStore, KeyUse, Resealed},
};

#[async_trait]
impl KeyStore for Store {
    async fn open_keys(&self) -> Result<()> {
        self.load_keys().await?;
        let needed = read!(self, "needed_keys", keys::needed)?;
        keys::refuse_missing(&needed, &*self.sealer)
    }

    async fn keys(&self) -> Result<Vec<KeyUse>> {
        let known = read!(self, "keys", keys::known)?;
        let needed = read!(self, "needed_keys", keys::needed)?;
        let at_hand: BTreeSet<_> = self.sealer.keys().into_iter().map(Some).collect();
        let mut ids: BTreeSet<_> = known.iter().map(|key| Some(key.id)).collect();
        ids.extend(at_hand.iter().chain(needed.keys()));
        let usage = |id: Option<KeyId>| KeyUse {
            id,
            in_force: known.iter().any(|key| key.in_force && Some(key.id) == id),
            at_hand: at_hand.contains(&id),
            records: needed.get(&id).copied().unwrap_or_default(),
        };
        Ok(ids.into_iter().map(usage).collect())
    }

    async fn change_key(&self) -> Result<KeyId> {
        let current = read!(self, "key_in_force", keys::in_force)?;
        let next = self.sealer.next(&self.id, current.as_ref()).await?;
        let id = next.id;
        let known = self.commit("change_key", ChangeKey(next)).await?;
        self.sealer.load(&self.id, &known).await?;
        Ok(id)
    }

    async fn reseal(&self) -> Result<Resealed> {
        let (mut done, mut after) = (Resealed::default(), Place::default());
        loop {
            let batch = Reseal { after: after.clone(), sealer: Arc::clone(&self.sealer) };
            match self.commit("reseal", batch).await? {
                Batch::OtherKey => self.load_keys().await?,
                Batch::Done(some, next) => {
                    done.resealed += some.resealed;
                    done.unreadable += some.unreadable;
                    let Some(next) = next else { return Ok(done) };
                    after = next;
                }
            }
        }
    }

    async fn discard_keys(&self) -> Result<Vec<KeyId>> {
        let usage = KeyStore::keys(self).await?;
        let unneeded = usage.iter().filter(|key| !key.in_force && key.records == 0);
        let named = read!(self, "keys", keys::known)?;
        let unneeded = unneeded.filter_map(|key| key.id).filter(|id| named.iter().any(|key| key.id == *id));
        let unneeded: Vec<_> = unneeded.collect();
        if !unneeded.is_empty() {
            self.sealer.discard(&unneeded).await?;
            self.commit("discard_keys", ForgetKeys(unneeded.clone())).await?;
        }
        Ok(unneeded)
    }

    async fn forget_lost(&self) -> Result<u64> {
        match self.load_keys().await {
            // The key in force is one of those that are lost.
            Ok(()) | Err(Error::SealingKey { retryable: false, .. }) => {}
            Err(error) => return Err(error),
        }
        self.commit("forget_lost", ForgetLost(Arc::clone(&self.sealer))).await
    }
}
