//! HEALTHCHECK: its flags, and its form in a config.

use serde::Serialize;

use super::{duration, error::ChangeError, statement::Arguments};

/// 1 ms, in nanoseconds.
const SHORTEST: i64 = 1_000_000;

/// How a container is checked; times in nanoseconds, zero for what is left to the engine.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Healthcheck {
    test: Vec<String>,
    #[serde(skip_serializing_if = "is_zero")]
    interval: i64,
    #[serde(skip_serializing_if = "is_zero")]
    timeout: i64,
    #[serde(skip_serializing_if = "is_zero")]
    start_period: i64,
    #[serde(skip_serializing_if = "is_zero")]
    retries: i64,
}

fn is_zero(number: &i64) -> bool {
    *number == 0
}

impl Healthcheck {
    /// From `NONE`, or `CMD` with a command and flags. `NONE` looks at no flags.
    pub(super) fn read(kind: &str, command: Arguments, flags: &[String]) -> Result<Self, ChangeError> {
        let (words, is_json) = match command {
            Arguments::Json(words) => (words, true),
            Arguments::Words(words) => (words, false),
            _ => (Vec::new(), false),
        };
        match kind.to_uppercase().as_str() {
            "" => Err(ChangeError::NoArgument("HEALTHCHECK")),
            "NONE" if words.is_empty() => Ok(Self { test: vec!["NONE".to_owned()], ..Self::default() }),
            "NONE" => Err(ChangeError::NoneWithArguments),
            kind => {
                let flags = Flags::read(flags)?;
                if kind != "CMD" {
                    return Err(ChangeError::UnknownCheck(kind.to_owned()));
                }
                if words.is_empty() {
                    return Err(ChangeError::NoCheck);
                }
                let first = if is_json { "CMD" } else { "CMD-SHELL" };
                Ok(Self {
                    test: std::iter::once(first.to_owned()).chain(words).collect(),
                    interval: time("interval", flags.interval)?,
                    timeout: time("timeout", flags.timeout)?,
                    start_period: time("start-period", flags.start_period)?,
                    retries: retries(flags.retries)?,
                })
            }
        }
    }
}

#[derive(Default)]
struct Flags<'a> {
    interval: Option<&'a str>,
    timeout: Option<&'a str>,
    start_period: Option<&'a str>,
    retries: Option<&'a str>,
}

impl<'a> Flags<'a> {
    fn read(flags: &'a [String]) -> Result<Self, ChangeError> {
        let mut read = Self::default();
        for flag in flags {
            let flag = flag.strip_prefix("--").unwrap_or(flag);
            let (name, value) =
                flag.split_once('=').map_or((flag, None), |(name, value)| (name, Some(value)));
            let place = match name {
                "interval" => &mut read.interval,
                "timeout" => &mut read.timeout,
                "start-period" => &mut read.start_period,
                "retries" => &mut read.retries,
                _ => return Err(ChangeError::UnknownFlag(name.to_owned())),
            };
            if place.is_some() {
                return Err(ChangeError::DuplicateFlag(name.to_owned()));
            }
            *place = Some(value.ok_or_else(|| ChangeError::FlagWithoutValue(name.to_owned()))?);
        }
        Ok(read)
    }
}

fn time(flag: &'static str, value: Option<&str>) -> Result<i64, ChangeError> {
    let Some(text) = value.filter(|text| !text.is_empty()) else { return Ok(0) };
    let nanos = duration::nanoseconds(text)?;
    if nanos < SHORTEST { Err(ChangeError::TooShort(flag)) } else { Ok(nanos) }
}

fn retries(value: Option<&str>) -> Result<i64, ChangeError> {
    let Some(text) = value.filter(|text| !text.is_empty()) else { return Ok(0) };
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(ChangeError::NotANumber(text.to_owned()));
    }
    match text.parse::<i32>() {
        Ok(retries @ 1..) => Ok(retries.into()),
        Ok(too_few) => Err(ChangeError::TooFewRetries(too_few)),
        Err(_) => Err(ChangeError::NumberOutOfRange(text.to_owned())),
    }
}
