use std::time::Duration;

use futures_util::FutureExt as _;

use super::*;

#[test]
fn whoever_waits_for_a_turn_does_not_keep_others_from_trying_after_an_outage() {
    let config = "rates = { DescribeImages = 1 }\nbreaker = { failures = 1, open_seconds = 0 }";
    let patience = Patience::new(&toml::from_str(config).unwrap());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let _entered = runtime.enter();
    let latest = Instant::now() + Duration::from_secs(3600);
    let leave = |operation| patience.leave(operation, latest);
    let first = leave(Operation::DescribeImages).now_or_never().unwrap().unwrap();
    first.pass.tell(Verdict::Badly, Instant::now());
    let mut waiting = Box::pin(leave(Operation::DescribeImages));
    assert!(waiting.as_mut().now_or_never().is_none());
    leave(Operation::ListImages).now_or_never().unwrap().unwrap();
}
