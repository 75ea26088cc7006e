//! The keys that are at hand, and the one of them that is in force.

use std::sync::Arc;

use super::sealing_key::SealingKey;
use crate::model::KeyId;

/// Some keys. A copy shares them.
#[derive(Clone, Default)]
pub(super) struct Ring {
    keys: Vec<Arc<SealingKey>>,
    in_force: Option<KeyId>,
}

impl Ring {
    /// With the last of the keys in force.
    pub(super) fn of(keys: Vec<SealingKey>) -> Self {
        let in_force = keys.last().map(SealingKey::id);
        Self { keys: keys.into_iter().map(Arc::new).collect(), in_force }
    }

    pub(super) fn keys(&self) -> impl Iterator<Item = &Arc<SealingKey>> {
        self.keys.iter()
    }

    pub(super) fn get(&self, id: &KeyId) -> Option<&Arc<SealingKey>> {
        self.keys().find(|key| key.id() == *id)
    }

    pub(super) fn in_force(&self) -> Option<&Arc<SealingKey>> {
        self.in_force.and_then(|id| self.get(&id))
    }

    pub(super) fn add(&mut self, key: impl Into<Arc<SealingKey>>) {
        let key = key.into();
        if self.get(&key.id()).is_none() {
            self.keys.push(key);
        }
    }

    pub(super) fn add_all(&mut self, keys: Vec<SealingKey>) {
        keys.into_iter().for_each(|key| self.add(key));
    }

    /// False if it is not at hand.
    pub(super) fn put_in_force(&mut self, id: &KeyId) -> bool {
        let is_here = self.get(id).is_some();
        if is_here {
            self.in_force = Some(*id);
        }
        is_here
    }

    pub(super) fn remove(&mut self, ids: &[KeyId]) {
        self.keys.retain(|key| !ids.contains(&key.id()));
    }
}
