//! Too many requests, trouble that passes, and budgets.

use std::time::Duration;

use fixtures::{
    images::Image,
    registry::{Reply, ScriptedRegistry},
};
use http::Method;
use image_service::{error::Error, ports::Registry as _};
use time::{OffsetDateTime, format_description::well_known::Rfc2822};

use super::world::{MANIFEST, World, app};

const HUB: &str =
    "You have reached your unauthenticated pull rate limit. https://www.docker.com/increase-rate-limit";
const MOMENT: Duration = Duration::from_millis(250);

async fn registry() -> ScriptedRegistry {
    let registry = ScriptedRegistry::start().await;
    registry.push("team/app", "v1", &Image::docker("app"));
    registry
}

fn throttled() -> Reply {
    Reply::error(429, "TOOMANYREQUESTS", "slow down")
}

#[tokio::test]
async fn a_brief_429_is_waited_for_as_long_as_the_registry_says() {
    let date = (OffsetDateTime::now_utc() + Duration::from_secs(20)).format(&Rfc2822).unwrap();
    let message = "retry-after: 880.092µs, allowed: 44000/minute";
    for (reply, from, to) in [
        (throttled().header("Retry-After", "7"), 7.0, 7.25),
        (throttled().header("Retry-After", &date.replace("+0000", "GMT")), 15.0, 20.25),
        (throttled(), 0.0, 0.25),
        (Reply::error(429, "TOOMANYREQUESTS", message), 0.0008, 0.2509),
    ] {
        let (world, registry) = (World::new(), registry().await);
        registry.next(Method::GET, MANIFEST, reply);
        world.pull(&app(&registry)).await.unwrap();
        let waits = world.waits.taken();
        assert_eq!(waits.len(), 1);
        assert!((from..=to).contains(&waits[0].as_secs_f64()), "{waits:?}");
    }
}

#[tokio::test]
async fn a_429_that_does_not_pass_is_told_after_three_tries() {
    let (world, registry) = (World::new(), registry().await);
    registry.always(Method::GET, MANIFEST, throttled().header("Retry-After", "3"));
    let error = world.failure(&app(&registry)).await;
    assert_eq!(error.to_string(), "toomanyrequests: slow down");
    assert!(
        matches!(error.root(), Error::RateLimited { retry_after: Some(wait), .. } if *wait == Duration::from_secs(3))
    );
    assert_eq!(registry.requests().len(), 3);
}

#[tokio::test]
async fn a_used_up_budget_fails_at_once_and_is_remembered_while_a_head_is_still_allowed() {
    let (world, registry) = (World::new(), registry().await);
    let used_up = Reply::error(429, "TOOMANYREQUESTS", HUB)
        .header("ratelimit-limit", "100;w=21600")
        .header("ratelimit-remaining", "0;w=21600")
        .header("docker-ratelimit-source", "192.0.2.1");
    registry.next(Method::GET, MANIFEST, used_up);
    for _ in 0..3 {
        let error = world.failure(&app(&registry)).await;
        assert_eq!(error.to_string(), format!("toomanyrequests: {HUB}"));
        let Error::QuotaExhausted { limit, remaining, counted_for, retry_after, .. } = error else {
            panic!("{error}")
        };
        assert_eq!((limit, remaining, counted_for.as_deref()), (Some(100), Some(0), Some("192.0.2.1")));
        assert!(retry_after.unwrap() > Duration::from_secs(60));
    }
    assert_eq!(registry.requests().len(), 1);
    assert!(world.waits.taken().is_empty());
    assert!(world.probe(&app(&registry)).await.unwrap().is_some());
    world.pull_as(&app(&registry), &world.user("another", "caller")).await.unwrap();
}

#[tokio::test]
async fn a_head_that_shows_a_budget_ends_the_wait() {
    let (world, registry) = (World::new(), registry().await);
    registry.next(Method::GET, MANIFEST, Reply::error(429, "TOOMANYREQUESTS", HUB));
    world.failure(&app(&registry)).await;
    let left = Reply::honest().header("ratelimit-limit", "100").header("ratelimit-remaining", "4");
    registry.always(Method::HEAD, MANIFEST, left);
    world.probe(&app(&registry)).await.unwrap();
    world.pull(&app(&registry)).await.unwrap();
}

#[tokio::test]
async fn a_wait_beyond_a_minute_is_the_callers_business() {
    let (world, registry) = (World::new(), registry().await);
    registry.always(Method::GET, MANIFEST, throttled().header("Retry-After", "3600"));
    let error = world.failure(&app(&registry)).await;
    assert!(matches!(error.root(), Error::QuotaExhausted { .. }), "{error}");
    assert!(world.waits.taken().is_empty());
    assert_eq!(registry.requests().len(), 1);
}

#[tokio::test]
async fn a_budget_of_nothing_on_a_success_locks_nobody_out() {
    let (world, registry) = (World::new(), registry().await);
    let empty =
        Reply::honest().header("ratelimit-limit", "100;w=21600").header("ratelimit-remaining", "0;w=21600");
    registry.always(Method::GET, MANIFEST, empty);
    world.pull(&app(&registry)).await.unwrap();
    world.pull(&app(&registry)).await.unwrap();
}

#[tokio::test]
async fn budgets_are_kept_as_the_registry_last_told_them() {
    let (world, registry) = (World::new(), registry().await);
    for (remaining, window) in [("76;w=21600", 21600), ("75", 0)] {
        let limit = remaining.replace("76", "100").replace("75", "100");
        let told = Reply::honest()
            .header("ratelimit-limit", &limit)
            .header("ratelimit-remaining", remaining)
            .header("docker-ratelimit-source", "192.0.2.1");
        registry.next(Method::GET, MANIFEST, told);
        world.pull(&app(&registry)).await.unwrap();
        let limits = world.client.rate_limits();
        assert_eq!(limits.len(), 1);
        assert_eq!(
            (limits[0].limit, limits[0].window, limits[0].source.as_str()),
            (100, window, "192.0.2.1")
        );
        assert_eq!(limits[0].registry.as_str(), registry.host());
    }
    assert_eq!(world.client.rate_limits()[0].remaining, 75);
}

#[tokio::test]
async fn trouble_that_passes_is_waited_out_with_growing_patience() {
    for trouble in [
        Reply::status(500),
        Reply::status(502),
        Reply::status(503),
        Reply::status(504),
        Reply::status(408),
        Reply::hangup(),
        Reply::torn(500, "{"),
    ] {
        let (world, registry) = (World::new(), registry().await);
        registry.next(Method::GET, MANIFEST, trouble.clone());
        registry.next(Method::GET, MANIFEST, trouble);
        world.pull(&app(&registry)).await.unwrap();
        assert_eq!(registry.count(Method::GET, MANIFEST), 3);
        let waits = world.waits.taken();
        assert!(waits[0] <= MOMENT && waits[1] <= 2 * MOMENT, "{waits:?}");
    }
}

#[tokio::test]
async fn trouble_that_stays_is_told_after_three_tries_and_what_cannot_pass_at_once() {
    for (status, tries) in [(503, 3), (501, 1), (400, 1), (404, 1)] {
        let (world, registry) = (World::new(), registry().await);
        registry.always(Method::GET, MANIFEST, Reply::status(status));
        world.failure(&app(&registry)).await;
        assert_eq!(registry.requests().len(), tries, "{status}");
    }
}

#[tokio::test]
async fn a_token_endpoint_in_trouble_is_asked_again_too() {
    let (world, registry) = (World::new(), registry().await);
    registry.require_bearer([]);
    registry.next(Method::GET, "/token", Reply::status(503));
    registry.next(Method::GET, "/token", throttled());
    world.pull(&app(&registry)).await.unwrap();
    assert_eq!(registry.count(Method::GET, "/token"), 3);
    registry.revoke_tokens();
    registry.always(Method::GET, "/token", throttled());
    assert!(matches!(world.failure(&app(&registry)).await.root(), Error::RateLimited { .. }));
}
