//! Connections as metrics see them: how many there are, how many may be, and how long one is waited for.

use std::time::Instant;

use telemetry::{Histogram, KeyValue, Reading};

use super::{Pool, Store};
use crate::error::Result;

static WAIT: Histogram =
    Histogram::new("db.client.connection.wait_time", "How long a free connection is waited for");

type Taken = sqlx::pool::PoolConnection<super::Database>;

/// Has the pools read whenever metrics are.
pub(super) fn watch(reader: &Pool, writer: &Pool) {
    let pools = [("read", reader.clone()), ("write", writer.clone())];
    let limits = pools.clone();
    let count = "Connections to the database, by what they do";
    telemetry::observe("db.client.connection.count", "{connection}", count, false, move || {
        pools.iter().flat_map(|(name, pool)| in_use(name, pool)).collect()
    });
    let most = "The most connections to the database there may be";
    telemetry::observe("db.client.connection.max", "{connection}", most, false, move || {
        let limit = |(name, pool): &(&'static str, Pool)| {
            (f64::from(pool.options().get_max_connections()), vec![of(name)])
        };
        limits.iter().map(limit).collect()
    });
}

fn in_use(name: &'static str, pool: &Pool) -> [Reading; 2] {
    let idle = u32::try_from(pool.num_idle()).unwrap_or(u32::MAX);
    let used = pool.size().saturating_sub(idle);
    [("idle", idle), ("used", used)].map(|(state, connections)| {
        let labels = vec![of(name), KeyValue::new("db.client.connection.state", state)];
        (f64::from(connections), labels)
    })
}

fn of(pool: &'static str) -> KeyValue {
    KeyValue::new("db.client.connection.pool.name", pool)
}

impl Store {
    /// A connection to read with, once there is a free one.
    pub(super) async fn reading(&self) -> Result<Taken> {
        taken("read", &self.reader).await
    }
}

/// A connection of a pool, once there is a free one.
pub(super) async fn taken(name: &'static str, pool: &Pool) -> Result<Taken> {
    let begun = Instant::now();
    let taken = pool.acquire().await;
    WAIT.record(begun.elapsed(), &[of(name)]);
    Ok(taken?)
}
