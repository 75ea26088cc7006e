//! Durations as Go writes them: `1h30m`, `1.5s`, `-2us`.

use super::error::ChangeError;

/// Signed nanoseconds.
pub(super) fn nanoseconds(text: &str) -> Result<i64, ChangeError> {
    let invalid = || ChangeError::InvalidDuration(text.to_owned());
    let (negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Ok(0);
    }
    if rest.is_empty() {
        return Err(invalid());
    }
    let mut sum = 0_i128;
    while !rest.is_empty() {
        let (whole, behind) = split_at(rest, |c| !c.is_ascii_digit());
        let (fraction, behind) = match behind.strip_prefix('.') {
            Some(behind) => split_at(behind, |c| !c.is_ascii_digit()),
            None => ("", behind),
        };
        if whole.is_empty() && fraction.is_empty() {
            return Err(invalid());
        }
        let (unit, behind) = split_at(behind, |c| c == '.' || c.is_ascii_digit());
        let length = match (unit, unit_length(unit)) {
            ("", _) => return Err(ChangeError::NoUnit(text.to_owned())),
            (_, Some(length)) => length,
            (unit, None) => {
                return Err(ChangeError::UnknownUnit { unit: unit.to_owned(), duration: text.to_owned() });
            }
        };
        let whole = if whole.is_empty() { 0 } else { whole.parse::<i64>().map_err(|_| invalid())? };
        sum += i128::from(whole) * i128::from(length) + part_of(fraction, length);
        if sum > i128::from(i64::MAX) {
            return Err(invalid());
        }
        rest = behind;
    }
    i64::try_from(if negative { -sum } else { sum }).map_err(|_| invalid())
}

fn split_at(text: &str, is_end: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(is_end).unwrap_or(text.len()))
}

/// In nanoseconds.
fn unit_length(unit: &str) -> Option<i64> {
    Some(match unit {
        "ns" => 1,
        "us" | "µs" | "μs" => 1_000,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "m" => 60_000_000_000,
        "h" => 3_600_000_000_000,
        _ => return None,
    })
}

/// Decimals of a unit, rounded down. What stands behind the eighteenth is less than a nanosecond of any unit.
fn part_of(decimals: &str, length: i64) -> i128 {
    let decimals = decimals.get(..18).unwrap_or(decimals);
    let scale = decimals.bytes().fold(1_i128, |scale, _| scale * 10);
    decimals.parse::<i128>().unwrap_or(0) * i128::from(length) / scale
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_duration_says_what_is_missing() {
        for (text, why) in [
            ("", r#"time: invalid duration """#),
            ("-", r#"time: invalid duration "-""#),
            ("x", r#"time: invalid duration "x""#),
            (".s", r#"time: invalid duration ".s""#),
            ("9999999999h", r#"time: invalid duration "9999999999h""#),
            ("99999999999999999999s", r#"time: invalid duration "99999999999999999999s""#),
            ("5", r#"time: missing unit in duration "5""#),
            ("1h5", r#"time: missing unit in duration "1h5""#),
            ("5d", r#"time: unknown unit "d" in duration "5d""#),
        ] {
            assert_eq!(nanoseconds(text).unwrap_err().to_string(), why);
        }
    }

    #[test]
    fn units_and_decimals_add_up() {
        for (text, nanos) in [
            ("0", 0),
            ("+5s", 5_000_000_000),
            ("1h30m", 5_400_000_000_000),
            ("1.5s", 1_500_000_000),
            (".5ms", 500_000),
            ("2.us", 2_000),
            ("-1µs1ns", -1_001),
            ("0.3333333333333333333333h", 1_200_000_000_000 - 1),
        ] {
            assert_eq!(nanoseconds(text), Ok(nanos), "{text}");
        }
    }
}
