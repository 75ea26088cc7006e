use super::*;

/// A clock that stands still unless it is put forward.
struct Still {
    limiter: Limiter,
    now: Instant,
}

impl Still {
    fn with(rate: u32) -> Self {
        let now = Instant::now();
        Self { limiter: Limiter::new(rate, now), now }
    }

    /// How long a call has to wait.
    fn wait(&self) -> u128 {
        let far = self.now + Duration::from_secs(3600);
        let turn = self.limiter.turn_before(far, self.now).unwrap();
        let wait = turn.at - self.now;
        turn.take();
        wait.as_millis()
    }
}

#[test]
fn a_second_s_worth_goes_at_once_and_the_rest_in_even_steps() {
    let still = Still::with(10);
    let waits: Vec<_> = (0..12).map(|_| still.wait()).collect();
    assert_eq!(waits, [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 100, 200]);
}

#[test]
fn who_would_come_too_late_gets_no_turn_and_takes_none() {
    let still = Still::with(1);
    still.wait();
    assert_eq!(still.limiter.turn_before(still.now, still.now).unwrap_err(), Duration::from_secs(1));
    assert_eq!(still.wait(), 1000);
}

#[test]
fn a_turn_that_nobody_takes_is_the_next_one_s() {
    let still = Still::with(1);
    still.wait();
    drop(still.limiter.turn_before(still.now + Duration::from_secs(1), still.now).unwrap());
    assert_eq!(still.wait(), 1000);
}

#[test]
fn throttling_halves_the_rate_once_and_time_brings_it_back() {
    let mut still = Still::with(10);
    for _ in 0..5 {
        still.limiter.slow_down(still.now);
    }
    assert_eq!(still.wait(), 200, "five calls of one moment are one sign");
    still.now += RECOVERY;
    for _ in 0..10 {
        assert_eq!(still.wait(), 0);
    }
    assert_eq!(still.wait(), 100);
}

#[test]
fn a_rate_never_comes_to_nothing() {
    let mut still = Still::with(64);
    for _ in 0..100 {
        still.limiter.slow_down(still.now);
        still.now += ONE_SIGN;
    }
    assert!(still.wait() <= 1000);
}
