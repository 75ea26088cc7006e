//! The bar that older clients print as it is: `[====>      ]  32.77kB/409.6kB`.

const WIDTH: usize = 50;
/// Docker sizes count by thousands.
const UNITS: [&str; 9] = ["B", "kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB"];

/// The bar for that many bytes of that many; without an end if the total is not known, empty if nothing is.
pub(crate) fn bar(current: i64, total: i64) -> String {
    if current <= 0 && total <= 0 {
        return String::new();
    }
    if total <= 0 {
        return format!("{:>8}", size(current));
    }
    let filled = filled(current, total);
    let numbers = if current > total { String::new() } else { format!("/{}", size(total)) };
    format!("[{}>{}] {:>8}{numbers}", "=".repeat(filled), " ".repeat(WIDTH - filled), size(current))
}

/// A compressed layer may be sent with more bytes than were expected.
fn filled(current: i64, total: i64) -> usize {
    let percent = i128::from(current.max(0)) * 100 / i128::from(total);
    usize::try_from(percent / 2).unwrap_or(WIDTH).min(WIDTH)
}

/// Four digits that count and a unit.
fn size(bytes: i64) -> String {
    let mut value = bytes.max(0) as f64;
    let mut units = UNITS.iter();
    let mut unit = units.next();
    while value >= 1000.0 {
        let Some(next) = units.next() else { break };
        (value, unit) = (value / 1000.0, Some(next));
    }
    let decimals = if value < 10.0 {
        3
    } else if value < 100.0 {
        2
    } else {
        1
    };
    let digits = format!("{value:.decimals$}");
    format!("{}{}", digits.trim_end_matches('0').trim_end_matches('.'), unit.unwrap_or(&""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_those_of_the_captures() {
        let full = "=".repeat(50);
        for (current, total, expected) in [
            (32768, 409_600, format!("[====>{}]  32.77kB/409.6kB", " ".repeat(46))),
            (409_600, 409_600, format!("[{full}>]  409.6kB/409.6kB")),
            (2048, 2048, format!("[{full}>]  2.048kB/2.048kB")),
            (409_600, 405_270, format!("[{full}>]  409.6kB")),
            (512, 6, format!("[{full}>]     512B")),
            (1536, 0, " 1.536kB".to_owned()),
            (0, 0, String::new()),
        ] {
            assert_eq!(bar(current, total), expected);
        }
    }

    #[test]
    fn sizes_have_four_digits_at_most() {
        for (bytes, text) in [
            (0, "0B"),
            (999, "999B"),
            (1000, "1kB"),
            (10_240, "10.24kB"),
            (100_049, "100kB"),
            (999_999, "1000kB"),
            (5_368_709_120, "5.369GB"),
            (i64::MAX, "9.223EB"),
            (-1, "0B"),
        ] {
            assert_eq!(size(bytes), text);
        }
    }
}
