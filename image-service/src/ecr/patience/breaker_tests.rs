use super::*;

const OPEN: Duration = Duration::from_secs(10);

fn breaker() -> Breaker {
    let failures = std::num::NonZeroU32::new(2).unwrap();
    Breaker::new(&BreakerConfig { failures, open: OPEN })
}

fn fail(breaker: &Breaker, now: Instant) {
    breaker.admit(now).unwrap().tell(Verdict::Badly, now);
}

/// A breaker that has just opened, and when it will let one try.
fn opened() -> (Breaker, Instant) {
    let (breaker, now) = (breaker(), Instant::now());
    fail(&breaker, now);
    fail(&breaker, now);
    (breaker, now + OPEN)
}

#[test]
fn it_opens_after_failures_in_a_row_and_says_for_how_long() {
    let (breaker, now) = (breaker(), Instant::now());
    fail(&breaker, now);
    breaker.admit(now).unwrap().tell(Verdict::Well, now);
    fail(&breaker, now);
    assert!(breaker.admit(now).is_ok(), "a success in between starts the count anew");
    fail(&breaker, now);
    assert_eq!(breaker.admit(now).unwrap_err(), OPEN);
}

#[test]
fn one_call_tries_and_its_success_lets_everyone_in() {
    let (breaker, then) = opened();
    let trial = breaker.admit(then).unwrap();
    assert!(breaker.admit(then).is_err(), "nobody beside the one that tries");
    trial.tell(Verdict::Well, then);
    assert!(breaker.admit(then).is_ok());
}

#[test]
fn a_trial_that_fails_opens_it_again_for_the_whole_time() {
    let (breaker, then) = opened();
    fail(&breaker, then);
    assert_eq!(breaker.admit(then).unwrap_err(), OPEN);
}

#[test]
fn a_trial_that_goes_away_without_a_word_leaves_its_place_to_the_next() {
    let (breaker, then) = opened();
    drop(breaker.admit(then).unwrap());
    assert!(breaker.admit(then).is_ok());
}

#[test]
fn what_was_under_way_before_it_opened_changes_nothing() {
    let (breaker, now) = (breaker(), Instant::now());
    let slow = breaker.admit(now).unwrap();
    fail(&breaker, now);
    fail(&breaker, now);
    slow.tell(Verdict::Well, now);
    assert!(breaker.admit(now).is_err());
}
