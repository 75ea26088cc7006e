use super::*;

fn breaker() -> Breaker {
    let failures = std::num::NonZeroU32::new(2).unwrap();
    Breaker::new(&BreakerConfig { failures, open: Duration::from_secs(10) })
}

fn fail(breaker: &Breaker) {
    breaker.admit().unwrap().tell(Verdict::Badly);
}

#[tokio::test(start_paused = true)]
async fn it_opens_after_failures_in_a_row_and_says_for_how_long() {
    let breaker = breaker();
    fail(&breaker);
    breaker.admit().unwrap().tell(Verdict::Well);
    fail(&breaker);
    assert!(breaker.admit().is_ok(), "a success in between starts the count anew");
    fail(&breaker);
    assert_eq!(breaker.admit().unwrap_err(), Duration::from_secs(10));
}

#[tokio::test(start_paused = true)]
async fn one_call_tries_and_its_success_lets_everyone_in() {
    let breaker = breaker();
    fail(&breaker);
    fail(&breaker);
    tokio::time::advance(Duration::from_secs(10)).await;
    let trial = breaker.admit().unwrap();
    assert!(breaker.admit().is_err(), "nobody beside the one that tries");
    trial.tell(Verdict::Well);
    assert!(breaker.admit().is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_trial_that_fails_opens_it_again_for_the_whole_time() {
    let breaker = breaker();
    fail(&breaker);
    fail(&breaker);
    tokio::time::advance(Duration::from_secs(10)).await;
    fail(&breaker);
    assert_eq!(breaker.admit().unwrap_err(), Duration::from_secs(10));
}

#[tokio::test(start_paused = true)]
async fn a_trial_that_goes_away_without_a_word_leaves_its_place_to_the_next() {
    let breaker = breaker();
    fail(&breaker);
    fail(&breaker);
    tokio::time::advance(Duration::from_secs(10)).await;
    drop(breaker.admit().unwrap());
    assert!(breaker.admit().is_ok());
}

#[tokio::test(start_paused = true)]
async fn what_was_under_way_before_it_opened_changes_nothing() {
    let breaker = breaker();
    let slow = breaker.admit().unwrap();
    fail(&breaker);
    fail(&breaker);
    slow.tell(Verdict::Well);
    assert!(breaker.admit().is_err());
}
