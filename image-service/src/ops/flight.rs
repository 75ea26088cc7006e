//! One flight for all who ask for the same thing at the same time.
//!
//! Invariants: the work is a task of its own, so a caller that leaves does not end it for the others; when the last caller has left it is
//! aborted. A failure reaches everyone who waits and is not kept.

use std::{
    collections::HashMap,
    fmt,
    hash::Hash,
    sync::{Arc, Mutex, PoisonError},
};

use futures_util::{
    FutureExt,
    future::{BoxFuture, Shared, WeakShared},
};
use tokio_util::task::AbortOnDropHandle;

use crate::error::{Error, Result};

type Landing<V> = Shared<BoxFuture<'static, Result<V, Arc<Error>>>>;
type Airborne<K, V> = Arc<Mutex<HashMap<K, WeakShared<BoxFuture<'static, Result<V, Arc<Error>>>>>>>;

pub(super) struct Flights<K, V> {
    airborne: Airborne<K, V>,
}

impl<K, V> fmt::Debug for Flights<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Flights").finish_non_exhaustive()
    }
}

impl<K, V> Default for Flights<K, V> {
    fn default() -> Self {
        Self { airborne: Airborne::default() }
    }
}

impl<K, V> Flights<K, V>
where
    K: Clone + Eq + Hash + Send + 'static,
    V: Clone + Send + Sync + 'static,
{
    /// Joins the flight of `key`, or starts it with `work`.
    pub(super) async fn join<F>(&self, key: K, work: F) -> Result<V>
    where
        F: Future<Output = Result<V>> + Send + 'static,
    {
        self.board(key, work).await.map_err(Error::Shared)
    }

    fn board<F>(&self, key: K, work: F) -> Landing<V>
    where
        F: Future<Output = Result<V>> + Send + 'static,
    {
        let mut airborne = self.airborne.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(landing) = airborne.get(&key).and_then(WeakShared::upgrade) {
            return landing;
        }
        airborne.retain(|_, flight| flight.upgrade().is_some());
        let landing = take_off(Arc::clone(&self.airborne), key.clone(), work);
        if let Some(flight) = landing.downgrade() {
            airborne.insert(key, flight);
        }
        landing
    }
}

fn take_off<K, V, F>(airborne: Airborne<K, V>, key: K, work: F) -> Landing<V>
where
    K: Eq + Hash + Send + 'static,
    V: Clone + Send + Sync + 'static,
    F: Future<Output = Result<V>> + Send + 'static,
{
    let task = AbortOnDropHandle::new(tokio::spawn(async move {
        let landed = work.await.map_err(Arc::new);
        // Off the board before anyone hears of it: who asks from now on is owed a new answer.
        airborne.lock().unwrap_or_else(PoisonError::into_inner).remove(&key);
        landed
    }));
    async move { task.await.unwrap_or_else(|fault| Err(Arc::new(Error::internal(fault)))) }.boxed().shared()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

    use tokio::sync::{Notify, oneshot};

    use super::*;

    #[derive(Default)]
    struct Counted {
        flights: Flights<&'static str, u32>,
        starts: Arc<AtomicU32>,
        gate: Arc<Notify>,
    }

    impl Counted {
        fn ask(&self) -> Landing<u32> {
            let (starts, gate) = (self.starts.clone(), self.gate.clone());
            self.flights.board("key", async move {
                let start = starts.fetch_add(1, SeqCst) + 1;
                gate.notified().await;
                Ok(start)
            })
        }
    }

    #[tokio::test]
    async fn a_hundred_callers_make_one_flight_and_the_next_caller_another() {
        let counted = Counted::default();
        let landings: Vec<_> = (0..100).map(|_| counted.ask()).collect();
        counted.gate.notify_one();
        for landing in landings {
            assert_eq!(landing.await.unwrap(), 1);
        }
        let next = counted.ask();
        counted.gate.notify_one();
        assert_eq!(next.await.unwrap(), 2);
    }

    #[tokio::test]
    async fn a_leader_that_leaves_does_not_end_the_flight() {
        let counted = Counted::default();
        let leader = counted.ask();
        let follower = counted.ask();
        drop(leader);
        counted.gate.notify_one();
        assert_eq!(follower.await.unwrap(), 1);
    }

    #[tokio::test]
    async fn the_flight_ends_when_the_last_caller_leaves() {
        let flights = Flights::<_, ()>::default();
        let (alive, ended) = oneshot::channel::<()>();
        let caller = flights.board("key", async move {
            let _alive = alive;
            std::future::pending().await
        });
        drop(caller);
        assert!(ended.await.is_err(), "the work is dropped");
    }

    #[tokio::test]
    async fn a_failure_reaches_everyone_and_is_not_kept() {
        let flights = Flights::<_, u32>::default();
        let fail = || async { Err(Error::Cancelled) };
        let (one, two) = (flights.board("key", fail()), flights.board("key", fail()));
        assert!(one.await.is_err() && two.await.is_err());
        assert_eq!(flights.join("key", async { Ok(7) }).await.unwrap(), 7);
    }

    #[tokio::test]
    async fn a_panic_releases_the_waiters() {
        let flights = Flights::<_, ()>::default();
        let landed = flights.join("key", async { panic!("on purpose") }).await;
        assert!(matches!(landed.unwrap_err().root(), Error::Internal(_)));
        assert!(flights.join("key", async { Ok(()) }).await.is_ok());
    }
}
