//! Log lines on standard error: for eyes on a terminal, as JSON elsewhere; each with the request and the trace that it belongs to.

mod lines;

use std::{
    io::{self, IsTerminal as _},
    str::FromStr,
};

use serde::Deserialize;
use tracing::{Level, Metadata};
use tracing_subscriber::{
    EnvFilter,
    filter::{ParseError, filter_fn},
    fmt::format::{DefaultFields, Format, JsonFields},
    layer::SubscriberExt as _,
    util::SubscriberInitExt as _,
};

use lines::Marked;

pub use tracing_subscriber::EnvFilter as Filter;

/// The shape of log lines.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For eyes if standard error is a terminal, as JSON if not.
    #[default]
    Auto,
    /// For eyes.
    Human,
    /// One object per line.
    Json,
}

impl FromStr for LogFormat {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "auto" => Ok(Self::Auto),
            "human" => Ok(Self::Human),
            "json" => Ok(Self::Json),
            _ => Err("expected auto, human or json".to_owned()),
        }
    }
}

/// Which lines there are: as `RUST_LOG` says, or else as configured.
pub fn filter(configured: &str) -> Result<EnvFilter, ParseError> {
    match std::env::var(EnvFilter::DEFAULT_ENV) {
        Ok(said) => EnvFilter::try_new(said),
        Err(_) => EnvFilter::try_new(configured),
    }
}

/// Starts logging, once in a process.
pub fn start(format: LogFormat, filter: EnvFilter) {
    let terminal = io::stderr().is_terminal();
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr);
    let human = match format {
        LogFormat::Auto => terminal,
        LogFormat::Human => true,
        LogFormat::Json => false,
    };
    let discreet = filter_fn(is_discreet);
    if human {
        let lines = Marked::for_eyes(Format::default().with_target(false).with_ansi(terminal));
        let log = log.with_ansi(terminal).fmt_fields(DefaultFields::new()).event_format(lines);
        log.finish().with(discreet).init();
    } else {
        let lines = Marked::as_json(Format::default().json().flatten_event(true));
        log.fmt_fields(JsonFields::new()).event_format(lines).finish().with(discreet).init();
    }
}

/// At its most talkative the AWS SDK writes whole requests and answers, keys and passwords in them: no filter lets that through.
fn is_discreet(event: &Metadata<'_>) -> bool {
    !(event.target().starts_with("aws_") && *event.level() == Level::TRACE)
}
