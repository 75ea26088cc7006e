//! Times: as Docker's filters write them, as protobuf carries them and as Docker's JSON shows them.

use prost_types::Timestamp;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// Go's zero time, which Docker shows for "never".
pub(crate) const ZERO: &str = "0001-01-01T00:00:00Z";

/// Reads a duration before `now` ("1h30m"), a date or time ("2026-01-02", with or without zone) or Unix seconds ("1795212073.5").
pub(crate) fn parse_filter(text: &str, now: OffsetDateTime) -> Option<Timestamp> {
    if let Some(ago) = parse_go_duration(text) {
        let nanos = now.unix_timestamp_nanos().checked_sub(ago)?;
        return timestamp_of_nanos(nanos);
    }
    if text.contains(['-', ':']) && !text.starts_with('-') {
        return parse_date(text).and_then(|date| timestamp_of_nanos(date.unix_timestamp_nanos()));
    }
    let (seconds, fraction) = text.split_once('.').unwrap_or((text, ""));
    let nanos = format!("{fraction:0<9}");
    let nanos = nanos.get(..9).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))?;
    Some(Timestamp { seconds: seconds.parse().ok()?, nanos: nanos.parse().ok()? })
}

/// RFC 3339 with up to nine digits of fraction, zeros cut; absent and impossible times are Go's zero time.
pub(crate) fn format(time: Option<&Timestamp>) -> String {
    let time = time.and_then(|time| {
        let nanos = i128::from(time.seconds) * 1_000_000_000 + i128::from(time.nanos);
        OffsetDateTime::from_unix_timestamp_nanos(nanos).ok()
    });
    time.and_then(|time| time.format(&Rfc3339).ok()).unwrap_or_else(|| ZERO.to_owned())
}

/// A time of an image config in the same form; none if it cannot be read.
pub(crate) fn reformat(text: &str) -> Option<String> {
    OffsetDateTime::parse(text, &Rfc3339).ok()?.format(&Rfc3339).ok()
}

fn timestamp_of_nanos(nanos: i128) -> Option<Timestamp> {
    let seconds = i64::try_from(nanos.div_euclid(1_000_000_000)).ok()?;
    let nanos = i32::try_from(nanos.rem_euclid(1_000_000_000)).ok()?;
    Some(Timestamp { seconds, nanos })
}

/// Completes what is left out: no zone is UTC, no seconds or hours are zero.
fn parse_date(text: &str) -> Option<OffsetDateTime> {
    let (date, clock) = text.split_once('T').unwrap_or((text, ""));
    let zone_at = clock.find(['Z', '+', '-']).unwrap_or(clock.len());
    let (clock, zone) = clock.split_at(zone_at);
    let clock = match clock.matches(':').count() {
        _ if clock.is_empty() => "00:00:00".to_owned(),
        0 => format!("{clock}:00:00"),
        1 => format!("{clock}:00"),
        _ => clock.to_owned(),
    };
    let zone = if zone.is_empty() { "Z" } else { zone };
    OffsetDateTime::parse(&format!("{date}T{clock}{zone}"), &Rfc3339).ok()
}

/// Nanoseconds of a Go duration: "0", or numbers with units, "-1.5h3m".
fn parse_go_duration(text: &str) -> Option<i128> {
    let (sign, mut rest) = match text.as_bytes().first()? {
        b'-' => (-1, text.get(1..)?),
        b'+' => (1, text.get(1..)?),
        _ => (1, text),
    };
    if rest == "0" {
        return Some(0);
    }
    let mut total: i128 = 0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, tail) = rest.split_at(digits);
        let unit_end = tail.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(unit_end);
        total = total.checked_add(scaled(number, nanos_per(unit)?)?)?;
        rest = tail;
    }
    (!text.is_empty() && total <= i128::from(i64::MAX)).then_some(total * sign)
}

fn scaled(number: &str, unit: i128) -> Option<i128> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if (whole.is_empty() && fraction.is_empty()) || whole.len() > 18 {
        return None;
    }
    let whole: i128 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let fraction = fraction.get(..fraction.len().min(15)).unwrap_or_default();
    let part: i128 = if fraction.is_empty() { 0 } else { fraction.parse().ok()? };
    let scale = 10_i128.checked_pow(u32::try_from(fraction.len()).ok()?)?;
    whole.checked_mul(unit)?.checked_add(part.checked_mul(unit)? / scale)
}

fn nanos_per(unit: &str) -> Option<i128> {
    Some(match unit {
        "ns" => 1,
        "us" | "\u{b5}s" | "\u{3bc}s" => 1_000,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "m" => 60_000_000_000,
        "h" => 3_600_000_000_000,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: i64 = 1_795_212_073;

    fn read(text: &str) -> Option<(i64, i32)> {
        let now = OffsetDateTime::from_unix_timestamp(NOW).unwrap();
        parse_filter(text, now).map(|time| (time.seconds, time.nanos))
    }

    #[test]
    fn durations_count_back_from_now() {
        assert_eq!(read("10m"), Some((NOW - 600, 0)));
        assert_eq!(read("1h30m"), Some((NOW - 5400, 0)));
        assert_eq!(read("1.5s"), Some((NOW - 2, 500_000_000)));
        assert_eq!(read("-1h"), Some((NOW + 3600, 0)));
        assert_eq!(read("0"), Some((NOW, 0)));
    }

    #[test]
    fn dates_may_be_short() {
        let noon = Some((1_767_355_200, 0));
        for text in [
            "2026-01-02T12:00:00Z",
            "2026-01-02T12:00:00",
            "2026-01-02T12:00",
            "2026-01-02T12",
            "2026-01-02T14:00:00+02:00",
        ] {
            assert_eq!(read(text), noon, "{text}");
        }
        assert_eq!(read("2026-01-02"), Some((1_767_312_000, 0)));
    }

    #[test]
    fn unix_seconds_may_have_a_fraction() {
        assert_eq!(read("1795212073"), Some((NOW, 0)));
        assert_eq!(read("1795212073.5"), Some((NOW, 500_000_000)));
        assert_eq!(read("1795212073.123456789"), Some((NOW, 123_456_789)));
    }

    #[test]
    fn other_texts_are_no_time() {
        for text in ["", "soon", "1x", "h", "2026-13-01", "1.x", ".", "1h2"] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn zeros_at_the_end_are_cut() {
        assert_eq!(format(Some(&Timestamp { seconds: 0, nanos: 120_000_000 })), "1970-01-01T00:00:00.12Z");
        assert_eq!(
            reformat("2026-11-20T21:53:43.127476790Z").as_deref(),
            Some("2026-11-20T21:53:43.12747679Z")
        );
        assert_eq!(reformat("2026-11-20T21:53:43.000+02:00").as_deref(), Some("2026-11-20T21:53:43+02:00"));
        assert_eq!(reformat("yesterday"), None);
        assert_eq!(format(None), ZERO);
        assert_eq!(format(Some(&Timestamp { seconds: i64::MAX, nanos: 0 })), ZERO);
    }

    proptest! {
        #[test]
        fn no_text_is_too_odd(text in "[-+0-9.:TZhmnsu\u{b5}]{0,40}") {
            let _ = read(&text);
            let _ = reformat(&text);
        }
    }
}
