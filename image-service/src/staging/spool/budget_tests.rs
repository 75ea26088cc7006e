//! Who waits, and for what.

use std::{sync::mpsc, thread};

use super::*;

fn budget(limit: u64) -> Arc<Budget> {
    Budget::new(limit, Duration::MAX)
}

fn open(budget: &Arc<Budget>) -> Account {
    budget.open(&going()).unwrap()
}

fn going() -> Ended {
    Ended::default()
}

/// Reserves on a thread of its own, which says when it has ended.
fn reserve(account: Arc<Account>, bytes: u64, ended: &Ended) -> mpsc::Receiver<bool> {
    let (say, said) = mpsc::channel();
    let ended = Arc::clone(ended);
    thread::spawn(move || say.send(account.reserve(bytes, &ended).is_ok()));
    said
}

#[test]
fn one_that_needs_room_waits_for_a_complete_file_to_go() {
    let budget = budget(100);
    let complete = open(&budget);
    assert!(complete.reserve(90, &going()).is_ok());
    complete.complete();
    let waiting = Arc::new(open(&budget));
    let said = reserve(Arc::clone(&waiting), 20, &going());
    assert!(said.try_recv().is_err());
    drop(complete);
    assert_eq!(said.recv(), Ok(true));
    assert_eq!(budget.bytes(), 20);
}

#[test]
fn one_that_waits_leaves_with_its_session() {
    let budget = budget(100);
    let complete = open(&budget);
    assert!(complete.reserve(100, &going()).is_ok());
    complete.complete();
    let ended = going();
    let said = reserve(Arc::new(open(&budget)), 1, &ended);
    ended.set(Arc::new(Error::internal("over"))).unwrap();
    budget.wake();
    assert_eq!(said.recv(), Ok(false));
}

#[test]
fn one_alone_may_overdraw_when_nothing_else_can_give_room_back() {
    let budget = budget(100);
    let (one, two) = (open(&budget), Arc::new(open(&budget)));
    assert!(one.reserve(60, &going()).is_ok() && two.reserve(40, &going()).is_ok());
    assert!(one.reserve(500, &going()).is_ok(), "it overdraws");
    assert!(one.reserve(500, &going()).is_ok(), "until it is gone");
    let said = reserve(Arc::clone(&two), 1, &going());
    assert!(said.try_recv().is_err());
    one.complete();
    drop(one);
    assert_eq!(said.recv(), Ok(true));
    assert_eq!(budget.bytes(), 41);
}

#[test]
fn what_was_not_needed_is_given_back() {
    let budget = budget(100);
    let account = open(&budget);
    assert!(account.reserve(100, &going()).is_ok());
    account.complete();
    account.refund(70);
    let other = open(&budget);
    assert!(other.reserve(70, &going()).is_ok());
    drop(account);
    assert_eq!(budget.bytes(), 70);
}

#[test]
fn a_layer_that_was_stored_and_is_then_compressed_does_not_wait_for_itself() {
    let budget = budget(100);
    let stored = open(&budget);
    assert!(stored.reserve(500, &going()).is_ok(), "it overdraws");
    let compressed = stored.heir();
    assert!(compressed.reserve(300, &going()).is_ok());
    drop(stored);
    let said = reserve(Arc::new(open(&budget)), 1, &going());
    assert!(said.try_recv().is_err(), "the leave has not ended");
    drop(compressed);
    assert_eq!(said.recv(), Ok(true));
}

#[test]
fn of_two_layers_that_are_compressed_anew_at_once_one_goes_first() {
    let budget = budget(100);
    let (one, two) = (open(&budget), open(&budget));
    assert!(one.reserve(50, &going()).is_ok() && two.reserve(50, &going()).is_ok());
    let (first, second) = (one.heir(), two.heir());
    assert!(first.reserve(50, &going()).is_ok(), "it overdraws");
    let said = reserve(Arc::new(second), 50, &going());
    assert!(said.try_recv().is_err());
    drop(one);
    first.complete();
    drop(first);
    assert_eq!(said.recv(), Ok(true));
}

#[test]
fn who_waits_too_long_is_told_to_come_again() {
    let budget = Budget::new(100, Duration::ZERO);
    let complete = open(&budget);
    assert!(complete.reserve(100, &going()).is_ok());
    complete.complete();
    let refused = open(&budget).reserve(1, &going()).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "the image service is busy: waited 0ns for room in the spool: try again later"
    );
    drop(complete);
    assert!(open(&budget).reserve(1, &going()).is_ok());
}

#[test]
fn a_layer_waits_for_a_place_until_one_is_free_or_its_session_has_ended() {
    let budget = budget(100);
    let mut layers: Vec<_> = (0..MOST_LAYERS).map(|_| open(&budget)).collect();
    let heir = layers[0].heir();
    let waiting = |ended: &Ended| {
        let (budget, ended, (say, said)) = (Arc::clone(&budget), Arc::clone(ended), mpsc::channel());
        thread::spawn(move || say.send(budget.open(&ended).is_ok()));
        said
    };
    let ended = going();
    let [stays, leaves] = [&going(), &ended].map(waiting);
    drop(heir);
    assert!(stays.try_recv().is_err() && leaves.try_recv().is_err());
    ended.set(Arc::new(Error::internal("over"))).unwrap();
    budget.wake();
    assert_eq!(leaves.recv(), Ok(false));
    layers.pop();
    assert_eq!(stays.recv(), Ok(true));
}
