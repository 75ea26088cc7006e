//! Signals that a container can be stopped with.

use super::error::ChangeError;

const NAMES: [&str; 34] = [
    "ABRT", "ALRM", "BUS", "CHLD", "CLD", "CONT", "FPE", "HUP", "ILL", "INT", "IO", "IOT", "KILL", "PIPE",
    "POLL", "PROF", "PWR", "QUIT", "SEGV", "STKFLT", "STOP", "SYS", "TERM", "TRAP", "TSTP", "TTIN", "TTOU",
    "URG", "USR1", "USR2", "VTALRM", "WINCH", "XCPU", "XFSZ",
];

/// Any number but zero, or a name of Linux with or without `SIG`. It is kept as it is written.
pub(super) fn check(signal: &str) -> Result<(), ChangeError> {
    let upper = signal.to_uppercase();
    let name = upper.strip_prefix("SIG").unwrap_or(&upper);
    let known = match signal.parse::<i64>() {
        Ok(number) => number != 0,
        Err(_) => NAMES.contains(&name) || is_real_time(name),
    };
    if known { Ok(()) } else { Err(ChangeError::InvalidSignal(signal.to_owned())) }
}

/// `RTMIN` to `RTMIN+15`, `RTMAX-14` to `RTMAX`.
fn is_real_time(name: &str) -> bool {
    let up_to = |offset: &str, most: u8| {
        let plain = !offset.starts_with(['0', '+']);
        plain && offset.parse::<u8>().is_ok_and(|offset| offset <= most)
    };
    match (name.strip_prefix("RTMIN"), name.strip_prefix("RTMAX")) {
        (Some(""), _) | (_, Some("")) => true,
        (Some(above), _) => above.strip_prefix('+').is_some_and(|above| up_to(above, 15)),
        (_, Some(below)) => below.strip_prefix('-').is_some_and(|below| up_to(below, 14)),
        (None, None) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signal_that_linux_does_not_have_is_refused() {
        for signal in ["0", "", "SIG", "FOO", "RTMIN+16", "RTMIN+01", "RTMIN+", "RTMAX-15", "RTMAX+1"] {
            assert_eq!(check(signal), Err(ChangeError::InvalidSignal(signal.into())));
        }
    }

    #[test]
    fn a_signal_has_a_number_or_a_name_in_any_case() {
        for signal in ["9", "KILL", "sigterm", "RTMIN", "SIGRTMIN+15", "rtmax-14"] {
            assert_eq!(check(signal), Ok(()), "{signal}");
        }
    }
}
