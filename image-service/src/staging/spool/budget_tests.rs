//! Who waits, and for what.

use std::{sync::mpsc, thread};

use super::*;

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
    let budget = Budget::new(100);
    let complete = budget.open();
    assert!(complete.reserve(90, &going()).is_ok());
    complete.complete();
    let waiting = Arc::new(budget.open());
    let said = reserve(Arc::clone(&waiting), 20, &going());
    assert!(said.try_recv().is_err());
    drop(complete);
    assert_eq!(said.recv(), Ok(true));
    assert_eq!(budget.bytes(), 20);
}

#[test]
fn one_that_waits_leaves_with_its_session() {
    let budget = Budget::new(100);
    let complete = budget.open();
    assert!(complete.reserve(100, &going()).is_ok());
    complete.complete();
    let ended = going();
    let said = reserve(Arc::new(budget.open()), 1, &ended);
    ended.set(Arc::new(Error::internal("over"))).unwrap();
    budget.wake();
    assert_eq!(said.recv(), Ok(false));
}

#[test]
fn one_alone_may_overdraw_when_nothing_else_can_give_room_back() {
    let budget = Budget::new(100);
    let (one, two) = (budget.open(), Arc::new(budget.open()));
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
    let budget = Budget::new(100);
    let account = budget.open();
    assert!(account.reserve(100, &going()).is_ok());
    account.complete();
    account.refund(70);
    let other = budget.open();
    assert!(other.reserve(70, &going()).is_ok());
    drop(account);
    assert_eq!(budget.bytes(), 70);
}

#[test]
fn a_layer_that_was_stored_and_is_then_compressed_does_not_wait_for_itself() {
    let budget = Budget::new(100);
    let stored = budget.open();
    assert!(stored.reserve(500, &going()).is_ok(), "it overdraws");
    let compressed = stored.heir();
    assert!(compressed.reserve(300, &going()).is_ok());
    drop(stored);
    let said = reserve(Arc::new(budget.open()), 1, &going());
    assert!(said.try_recv().is_err(), "the leave has not ended");
    drop(compressed);
    assert_eq!(said.recv(), Ok(true));
}

#[test]
fn of_two_layers_that_are_compressed_anew_at_once_one_goes_first() {
    let budget = Budget::new(100);
    let (one, two) = (budget.open(), budget.open());
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
