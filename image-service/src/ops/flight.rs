//! One flight for all who ask for the same thing at the same time.
//!
//! Invariants: the work is a task of its own, so a caller that leaves does not end it for the others; when the last caller has left it is
//! aborted. A failure reaches everyone who waits and is not kept.

use std::{
    collections::HashMap,
    fmt,
    hash::Hash,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use futures_util::{
    FutureExt,
    future::{BoxFuture, Shared, WeakShared},
};
use telemetry::Context;
use tokio_util::task::AbortOnDropHandle;

use crate::error::{Error, Result};

type Landing<V> = Shared<BoxFuture<'static, Result<V, Arc<Error>>>>;
type Flight<V> = WeakShared<BoxFuture<'static, Result<V, Arc<Error>>>>;

pub(super) struct Flights<K, V> {
    board: Arc<Board<K, V>>,
}

/// Who is in the air. Each entry has the number of its flight, so that a late end does not take a successor's entry away.
struct Board<K, V> {
    airborne: Mutex<HashMap<K, (u64, Flight<V>)>>,
    flown: AtomicU64,
}

/// Takes its flight off the board, however the flight ends.
struct Entry<K: Eq + Hash, V> {
    board: Arc<Board<K, V>>,
    key: K,
    number: u64,
}

impl<K, V> fmt::Debug for Flights<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Flights").finish_non_exhaustive()
    }
}

impl<K, V> Default for Flights<K, V> {
    fn default() -> Self {
        let board = Board { airborne: Mutex::default(), flown: AtomicU64::default() };
        Self { board: Arc::new(board) }
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
        let mut airborne = self.board.airborne();
        if let Some(landing) = airborne.get(&key).and_then(|(_, flight)| flight.upgrade()) {
            return landing;
        }
        let number = self.board.flown.fetch_add(1, Ordering::Relaxed);
        let entry = Entry { board: Arc::clone(&self.board), key: key.clone(), number };
        let landing = take_off(entry, work);
        if let Some(flight) = landing.downgrade() {
            airborne.insert(key, (number, flight));
        }
        landing
    }
}

impl<K, V> Board<K, V> {
    fn airborne(&self) -> MutexGuard<'_, HashMap<K, (u64, Flight<V>)>> {
        self.airborne.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Eq + Hash, V> Drop for Entry<K, V> {
    fn drop(&mut self) {
        let mut airborne = self.board.airborne();
        if airborne.get(&self.key).is_some_and(|(number, _)| *number == self.number) {
            airborne.remove(&self.key);
        }
    }
}

fn take_off<K, V, F>(entry: Entry<K, V>, work: F) -> Landing<V>
where
    K: Eq + Hash + Send + 'static,
    V: Clone + Send + Sync + 'static,
    F: Future<Output = Result<V>> + Send + 'static,
{
    let task = AbortOnDropHandle::new(tokio::spawn(Context::current().scope(async move {
        // Dropped when the work has ended and before anyone hears of it: who asks from then on is owed a new answer.
        let _entry = entry;
        work.await.map_err(Arc::new)
    })));
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
        let fail = || async { Err(Error::ReservedName("scratch".into())) };
        let (one, two) = (flights.board("key", fail()), flights.board("key", fail()));
        assert!(one.await.is_err() && two.await.is_err());
        assert_eq!(flights.join("key", async { Ok(7) }).await.unwrap(), 7);
    }

    #[tokio::test]
    async fn the_late_end_of_a_flight_leaves_its_successor_on_the_board() {
        let counted = Counted::default();
        let board = Arc::clone(&counted.flights.board);
        let _successor = counted.ask();
        drop(Entry { board, key: "key", number: 77 });
        assert_eq!(counted.flights.board.airborne().len(), 1);
    }

    #[tokio::test]
    async fn a_panic_is_forgotten_even_while_somebody_still_holds_its_flight() {
        let flights = Flights::<_, u32>::default();
        let held = flights.board("key", async { panic!("on purpose") });
        assert!(held.clone().await.is_err());
        assert_eq!(flights.join("key", async { Ok(1) }).await.unwrap(), 1);
        drop(held);
    }

    #[tokio::test]
    async fn a_panic_releases_the_waiters() {
        let flights = Flights::<_, ()>::default();
        let landed = flights.join("key", async { panic!("on purpose") }).await;
        assert!(matches!(landed.unwrap_err().root(), Error::Internal(_)));
        assert!(flights.join("key", async { Ok(()) }).await.is_ok());
    }
}
