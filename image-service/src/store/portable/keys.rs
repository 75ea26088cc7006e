//! The keys that credentials are sealed under: which is in force, and changing that.
//!
//! Invariant: a credential is stored under the key in force at its commit, or not at all. So once every row is sealed under that key, no other one is
//! needed, whatever services and clients do meanwhile.

use std::{collections::BTreeMap, sync::Arc};

use futures_util::TryStreamExt as _;

use super::{Connection, Store, change::Change, credentials};
use crate::{
    error::{Error, Result},
    model::KeyId,
    ports::{FreshKey, KnownKey, Resealed, Sealer},
    store::encoding::{now_text, read},
};

/// Rows that one transaction seals anew: others change something in between.
const BATCH: i64 = 100;

/// `(namespace, registry)`
pub(super) type Place = (String, String);

impl Store {
    /// Has the sealer get the keys that the state names. If none is in force, the sealer's newest is from now on.
    pub(super) async fn load_keys(&self) -> Result<()> {
        let mut known = read!(self, "keys", known)?;
        if !known.iter().any(|key| key.in_force) {
            let key = self.sealer.next(&self.id, None).await?;
            known = self.commit("open_keys", BeginWith { key, sealer: Arc::clone(&self.sealer) }).await?;
        }
        self.sealer.load(&self.id, &known).await
    }
}

/// Has a sealer get the keys that a state names which this process does not serve. A key that it lacks is no error yet.
pub(super) async fn load_for(
    connection: &mut Connection,
    sealer: Option<&dyn Sealer>,
    store: &str,
) -> Result<()> {
    let Some(sealer) = sealer else { return Ok(()) };
    match sealer.load(store, &known(connection).await?).await {
        Err(Error::SealingKey { retryable: false, .. }) => Ok(()),
        loaded => loaded,
    }
}

/// All keys that are named.
pub(super) async fn known(connection: &mut Connection) -> Result<Vec<KnownKey>> {
    let select = "SELECT id, wrapped, in_force FROM sealing_keys ORDER BY made, id";
    let rows: Vec<(String, Option<Vec<u8>>, i64)> = sqlx::query_as(select).fetch_all(connection).await?;
    let read = |(id, wrapped, in_force): (String, _, _)| {
        Ok(KnownKey { id: read(&id)?, wrapped, in_force: in_force == 1 })
    };
    rows.into_iter().map(read).collect()
}

/// The key in force.
pub(super) async fn in_force(connection: &mut Connection) -> Result<Option<KeyId>> {
    let select = "SELECT id FROM sealing_keys WHERE in_force = 1";
    let id: Option<String> = sqlx::query_scalar(select).fetch_optional(connection).await?;
    id.as_deref().map(read).transpose()
}

/// How many credentials are sealed under which key; nothing stands for those that do not say.
pub(super) async fn needed(connection: &mut Connection) -> Result<BTreeMap<Option<KeyId>, u64>> {
    // As long as a label.
    let select = "SELECT substr(sealed, 1, 9), COUNT(*) FROM credentials GROUP BY 1";
    let mut rows = sqlx::query_as::<_, (Vec<u8>, i64)>(select).fetch(connection);
    let mut needed = BTreeMap::new();
    while let Some((label, count)) = rows.try_next().await? {
        *needed.entry(KeyId::of_seal(&label)).or_default() += count.unsigned_abs();
    }
    Ok(needed)
}

/// The first key of a state. Another service may have been faster.
struct BeginWith {
    key: FreshKey,
    sealer: Arc<dyn Sealer>,
}

impl Change for BeginWith {
    type Answer = Vec<KnownKey>;

    async fn apply(&self, connection: &mut Connection) -> Result<Vec<KnownKey>> {
        if in_force(connection).await?.is_none() {
            refuse_wrong_key(connection, &*self.sealer).await?;
            name(connection, &self.key).await?;
        }
        known(connection).await
    }
}

/// Credentials of which no one can be opened are those of another key.
async fn refuse_wrong_key(connection: &mut Connection, sealer: &dyn Sealer) -> Result<()> {
    let mut after = Place::default();
    loop {
        let rows = credentials::sealed_after(connection, &after, BATCH).await?;
        for row in &rows {
            if sealer.open(&row.place()?, &row.sealed).is_some() {
                return Ok(());
            }
        }
        let is_first = after == Place::default();
        match rows.into_iter().next_back() {
            Some(last) => after = (last.namespace, last.registry),
            None if is_first => return Ok(()),
            None => return Err(Error::sealing_key_missing("another key", &sealer.source())),
        }
    }
}

/// Puts a key in force.
pub(super) struct ChangeKey(pub(super) FreshKey);

impl Change for ChangeKey {
    type Answer = Vec<KnownKey>;

    async fn apply(&self, connection: &mut Connection) -> Result<Vec<KnownKey>> {
        let lay_down = "UPDATE sealing_keys SET in_force = 0 WHERE in_force = 1";
        sqlx::query(lay_down).execute(&mut *connection).await?;
        name(connection, &self.0).await?;
        known(connection).await
    }
}

async fn name(connection: &mut Connection, key: &FreshKey) -> Result<()> {
    let upsert = "INSERT INTO sealing_keys (id, wrapped, in_force, made) VALUES ($1, $2, 1, $3) \
         ON CONFLICT (id) DO UPDATE SET in_force = 1";
    let query = sqlx::query(upsert).bind(key.id.to_string()).bind(key.wrapped.as_deref());
    query.bind(now_text()).execute(connection).await?;
    Ok(())
}

/// Forgets keys, but for one that is in force again.
pub(super) struct ForgetKeys(pub(super) Vec<KeyId>);

impl Change for ForgetKeys {
    type Answer = ();

    async fn apply(&self, connection: &mut Connection) -> Result<()> {
        for id in &self.0 {
            let delete = "DELETE FROM sealing_keys WHERE id = $1 AND in_force = 0";
            sqlx::query(delete).bind(id.to_string()).execute(&mut *connection).await?;
        }
        Ok(())
    }
}

/// Seals some credentials anew, those after a place.
pub(super) struct Reseal {
    pub(super) after: Place,
    pub(super) sealer: Arc<dyn Sealer>,
}

/// What came of it.
pub(super) enum Batch {
    /// Where to go on, if there is more.
    Done(Resealed, Option<Place>),
    /// The sealer does not have the key in force yet.
    OtherKey,
}

impl Change for Reseal {
    type Answer = Batch;

    async fn apply(&self, connection: &mut Connection) -> Result<Batch> {
        let in_force = in_force(connection).await?;
        let rows = credentials::sealed_after(connection, &self.after, BATCH).await?;
        let mut done = Resealed::default();
        for row in &rows {
            if KeyId::of_seal(&row.sealed) == in_force {
                continue;
            }
            let place = row.place()?;
            let Some(secret) = self.sealer.open(&place, &row.sealed) else {
                done.unreadable += 1;
                continue;
            };
            let sealed = self.sealer.seal(&place, &secret)?;
            if KeyId::of_seal(&sealed) != in_force {
                return Ok(Batch::OtherKey);
            }
            row.reseal(connection, sealed).await?;
            done.resealed += 1;
        }
        let is_full = i64::try_from(rows.len()).is_ok_and(|rows| rows == BATCH);
        let next =
            rows.into_iter().next_back().filter(|_| is_full).map(|last| (last.namespace, last.registry));
        Ok(Batch::Done(done, next))
    }
}

/// Forgets the credentials that no key at hand opens, and the keys that are not at hand.
pub(super) struct ForgetLost(pub(super) Arc<dyn Sealer>);

impl Change for ForgetLost {
    type Answer = u64;

    async fn apply(&self, connection: &mut Connection) -> Result<u64> {
        let mut forgotten = 0;
        let mut after = Place::default();
        loop {
            let rows = credentials::sealed_after(connection, &after, BATCH).await?;
            for row in &rows {
                if self.0.open(&row.place()?, &row.sealed).is_none() {
                    row.forget(connection).await?;
                    forgotten += 1;
                }
            }
            let Some(last) = rows.into_iter().next_back() else { break };
            after = (last.namespace, last.registry);
        }
        for key in known(connection).await? {
            if !self.0.keys().contains(&key.id) {
                let delete = "DELETE FROM sealing_keys WHERE id = $1";
                sqlx::query(delete).bind(key.id.to_string()).execute(&mut *connection).await?;
            }
        }
        Ok(forgotten)
    }
}

/// That keys are missing which credentials are sealed under.
pub(super) fn refuse_missing(needed: &BTreeMap<Option<KeyId>, u64>, sealer: &dyn Sealer) -> Result<()> {
    let at_hand = sealer.keys();
    let missing = needed.iter().filter_map(|(id, count)| Some(((*id)?, count)));
    let missing: Vec<_> = missing.filter(|(id, _)| !at_hand.contains(id)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let keys: Vec<_> = missing.iter().map(|(id, count)| format!("the key {id} ({count} of them)")).collect();
    Err(Error::sealing_key_missing(&keys.join(", "), &sealer.source()))
}
