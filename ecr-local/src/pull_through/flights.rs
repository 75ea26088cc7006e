//! Work that several wait for and that is done once.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::watch;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

type UnderWay<K, V> = Arc<Mutex<HashMap<K, watch::Receiver<Option<V>>>>>;

/// What is under way, by what it is for.
pub(super) struct Flights<K: Eq + Hash, V> {
    under_way: UnderWay<K, V>,
}

/// How those who wait are told. The work is under way as long as it holds this.
pub(super) struct Tell<K: Eq + Hash, V> {
    // First, so that nobody finds work on the list that will not say a word any more.
    _end: End<K, V>,
    sender: watch::Sender<Option<V>>,
}

/// Takes work off the list when it ends, however it does.
struct End<K: Eq + Hash, V> {
    under_way: UnderWay<K, V>,
    key: K,
}

/// Where work is done that nobody may be waiting for any more.
#[derive(Clone, Default)]
pub(super) struct Tasks {
    tracker: TaskTracker,
    stop: CancellationToken,
}

impl<K, V> Flights<K, V>
where
    K: Eq + Hash + Clone + Send + 'static,
    V: Clone + Send + Sync + 'static,
{
    pub(super) fn new() -> Self {
        Self { under_way: Arc::default() }
    }

    /// What the work tells that is under way for a key, or begins now. It goes on if nobody waits, and after it has told. Nothing if it
    /// ends without a word.
    pub(super) async fn join<F>(&self, tasks: &Tasks, key: K, work: impl FnOnce(Tell<K, V>) -> F) -> Option<V>
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let mut told = self.told(tasks, key, work);
        told.wait_for(Option::is_some).await.ok()?.clone()
    }

    fn told<F>(&self, tasks: &Tasks, key: K, work: impl FnOnce(Tell<K, V>) -> F) -> watch::Receiver<Option<V>>
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let mut under_way = lock(&self.under_way);
        if let Some(told) = under_way.get(&key) {
            return told.clone();
        }
        let (sender, told) = watch::channel(None);
        under_way.insert(key.clone(), told.clone());
        // Work that cannot begin ends at once, and that needs the list.
        drop(under_way);
        let end = End { under_way: Arc::clone(&self.under_way), key };
        tasks.spawn(work(Tell { _end: end, sender }));
        told
    }
}

impl<K: Eq + Hash, V> Tell<K, V> {
    /// Tells all who wait, and all who come before the end of the work.
    pub(super) fn say(&self, what: V) {
        self.sender.send_replace(Some(what));
    }
}

impl Tasks {
    /// Breaks everything off and waits until that is done.
    pub(super) async fn stop(&self) {
        self.stop.cancel();
        self.tracker.close();
        self.tracker.wait().await;
    }

    fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        let stop = self.stop.clone();
        self.tracker.spawn(async move { stop.run_until_cancelled(work).await });
    }
}

impl<K: Eq + Hash, V> Drop for End<K, V> {
    fn drop(&mut self) {
        lock(&self.under_way).remove(&self.key);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
#[path = "flights_tests.rs"]
mod tests;
