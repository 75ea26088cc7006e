use super::*;

fn turn(limiter: &Limiter) -> Duration {
    let far = Instant::now() + Duration::from_secs(3600);
    limiter.turn_before(far).unwrap() - Instant::now()
}

#[tokio::test(start_paused = true)]
async fn a_second_s_worth_goes_at_once_and_the_rest_in_even_steps() {
    let limiter = Limiter::new(10);
    let turns: Vec<_> = (0..12).map(|_| turn(&limiter)).collect();
    assert!(turns[..10].iter().all(Duration::is_zero), "{turns:?}");
    assert_eq!((turns[10], turns[11]), (Duration::from_millis(100), Duration::from_millis(200)));
}

#[tokio::test(start_paused = true)]
async fn who_would_come_too_late_gets_no_turn_and_takes_none() {
    let limiter = Limiter::new(1);
    turn(&limiter);
    assert_eq!(limiter.turn_before(Instant::now()).unwrap_err(), Duration::from_secs(1));
    assert_eq!(turn(&limiter), Duration::from_secs(1));
}

#[tokio::test(start_paused = true)]
async fn throttling_halves_the_rate_once_and_time_brings_it_back() {
    let limiter = Limiter::new(10);
    for _ in 0..5 {
        limiter.slow_down();
    }
    assert_eq!(turn(&limiter), Duration::from_millis(200), "five calls of one moment are one sign");
    tokio::time::advance(RECOVERY).await;
    for _ in 0..10 {
        assert!(turn(&limiter).is_zero());
    }
    assert_eq!(turn(&limiter), Duration::from_millis(100));
}

#[tokio::test(start_paused = true)]
async fn a_rate_never_comes_to_nothing() {
    let limiter = Limiter::new(64);
    for _ in 0..100 {
        limiter.slow_down();
        tokio::time::advance(ONE_SIGN).await;
    }
    assert!(turn(&limiter) <= Duration::from_secs(1));
}
