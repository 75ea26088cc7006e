use super::*;
use crate::error::{EcrError, EcrReason};

fn failure(retryable: bool, effect: Effect) -> Failure {
    let error = EcrError::refused(EcrReason::ServiceUnavailable, "any", "");
    Failure { error: Box::new(EcrError { retryable, ..error }), effect }
}

fn tries(operation: Operation, now: Instant) -> Tries {
    let mut tries = Tries::new(operation, 3, now + Duration::from_secs(60));
    tries.begin();
    tries
}

#[test]
fn what_may_have_been_done_is_done_again_only_if_that_does_no_harm() {
    let now = Instant::now();
    let again = |operation, failure| tries(operation, now).next(&failure, now).is_some();
    assert!(!again(Operation::StartImageScan, failure(true, Effect::Unknown)));
    assert!(!again(Operation::BatchDeleteImage, failure(true, Effect::Unknown)));
    assert!(again(Operation::DescribeImages, failure(true, Effect::Unknown)));
    assert!(again(Operation::StartImageScan, failure(true, Effect::None)));
    assert!(!again(Operation::DescribeImages, failure(false, Effect::None)));
}

#[test]
fn retries_end_with_their_number_and_with_the_time() {
    let now = Instant::now();
    let mut counted = tries(Operation::DescribeImages, now);
    let unknown = failure(true, Effect::Unknown);
    for _ in 0..3 {
        assert!(counted.next(&unknown, now).is_some());
        counted.begin();
    }
    assert!(counted.next(&unknown, now).is_none());
    let mut late = failure(true, Effect::None);
    late.error.retry_after = Some(Duration::from_secs(61));
    assert!(tries(Operation::DescribeImages, now).next(&late, now).is_none());
}

#[test]
fn the_next_attempt_comes_no_sooner_than_aws_asks_for() {
    let now = Instant::now();
    let mut told = failure(true, Effect::None);
    told.error.retry_after = Some(Duration::from_secs(7));
    let next = tries(Operation::DescribeImages, now).next(&told, now).unwrap();
    assert!(next - now >= Duration::from_secs(7));
}

#[test]
fn waits_double_and_do_not_grow_for_ever() {
    assert_eq!([bound(1), bound(2), bound(3)].map(|wait| wait.as_millis()), [100, 200, 400]);
    assert_eq!(bound(u32::MAX), LONGEST_WAIT);
}
