//! Limits as registries word them.

use bytes::Bytes;

use super::*;

fn answer(status: u16, headers: &[(&'static str, &str)], body: &str) -> Answer {
    Answer {
        status: StatusCode::from_u16(status).unwrap(),
        headers: headers
            .iter()
            .map(|(name, value)| (http::HeaderName::from_static(name), value.parse().unwrap()))
            .collect(),
        body: Bytes::copy_from_slice(body.as_bytes()),
        rest: None,
        url: "https://h/".parse().unwrap(),
    }
}

#[test]
fn a_429_is_brief_or_a_used_up_budget() {
    let seconds = |n| Some(Duration::from_secs(n));
    let hub = r#"{"errors":[{"code":"TOOMANYREQUESTS","message":"You have reached your unauthenticated pull rate limit."}]}"#;
    let ghcr = r#"{"errors":[{"code":"TOOMANYREQUESTS","message":"retry-after: 880.092µs, allowed: 44000/minute"}]}"#;
    for (headers, body, kind) in [
        (&[][..], "", Throttle::Brief(None)),
        (&[], "Too Many Requests (HAP429)", Throttle::Brief(None)),
        (&[("retry-after", "7")], "", Throttle::Brief(seconds(7))),
        (&[("retry-after", "60")], "", Throttle::Brief(seconds(60))),
        (&[("retry-after", "61")], "", Throttle::Quota(seconds(61))),
        (&[], ghcr, Throttle::Brief(Some(Duration::from_nanos(880_092)))),
        (&[], hub, Throttle::Quota(None)),
        (&[("ratelimit-remaining", "0;w=21600")], "", Throttle::Quota(None)),
        (&[("ratelimit-remaining", "5;w=21600")], "", Throttle::Brief(None)),
    ] {
        assert_eq!(Throttle::of(&answer(429, headers, body)), kind, "{headers:?} {body}");
    }
}

#[test]
fn a_date_is_a_wait_until_then_and_a_past_one_no_wait() {
    let past = answer(429, &[("retry-after", "Wed, 21 Oct 2015 07:28:00 GMT")], "");
    assert_eq!(retry_after(&past.headers), Some(Duration::ZERO));
    let date = (OffsetDateTime::now_utc() + Duration::from_secs(30)).format(&Rfc2822).unwrap();
    let date = date.replace("+0000", "GMT");
    let wait = retry_after(&answer(429, &[("retry-after", &date)], "").headers).unwrap();
    assert!((28..=30).contains(&wait.as_secs()), "{wait:?}");
    assert_eq!(retry_after(&answer(429, &[("retry-after", "soon")], "").headers), None);
}

#[test]
fn durations_are_read_as_go_prints_them() {
    for (text, wait) in [
        ("1m30s", Some(Duration::from_secs(90))),
        ("1.5s", Some(Duration::from_millis(1500))),
        ("2h", Some(Duration::from_secs(7200))),
        ("5ms", Some(Duration::from_millis(5))),
        ("", None),
        ("5", None),
        ("5parsecs", None),
        ("99999999999999999999999h", None),
    ] {
        assert_eq!(go_duration(text), wait, "{text}");
    }
}

#[test]
fn only_what_may_pass_is_asked_again_and_at_most_twice() {
    for (status, again) in [
        (500, true),
        (502, true),
        (503, true),
        (504, true),
        (408, true),
        (429, true),
        (501, false),
        (505, false),
        (404, false),
        (200, false),
    ] {
        assert_eq!(Tries::several().wait_after(&Ok(answer(status, &[], ""))).is_some(), again, "{status}");
    }
    let mut tries = Tries::several();
    let waits = std::iter::from_fn(|| tries.wait_after(&Ok(answer(503, &[], "")))).count();
    assert_eq!(waits, 2);
    assert!(Tries::one().wait_after(&Ok(answer(503, &[], ""))).is_none());
    assert!(Tries::several().wait_after(&Ok(answer(503, &[("retry-after", "61")], ""))).is_none());
}

proptest::proptest! {
    #[test]
    fn no_text_can_hurt(text in "(retry-after: )?[ -~µ]{0,40}") {
        let _ = Throttle::of(&answer(429, &[], &text));
        let _ = go_duration(&text);
    }
}
