//! What the program does beside serving a registry: cassettes.

use std::{
    io::{self, Write},
    path::PathBuf,
    process::ExitCode,
};

use clap::{Args, Subcommand, ValueEnum};
use ecr_local::cassette::{self, Mode, Serving};

/// Instead of a registry.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Stand in front of AWS or a registry, and write down what is asked and answered.
    Record {
        /// Where requests go on to, such as https://api.ecr.eu-west-1.amazonaws.com.
        #[arg(long, value_name = "URL")]
        upstream: String,
        #[command(flatten)]
        tape: Tape,
        #[command(flatten)]
        place: Place,
    },
    /// Answer from a cassette.
    Replay {
        #[command(flatten)]
        tape: Tape,
        #[command(flatten)]
        place: Place,
        /// Which answer a request gets: the next one if the requests are the same too, or the next one to the same request.
        #[arg(long, value_enum, default_value = "match")]
        mode: ModeName,
    },
    /// Ask a server again what a cassette asked. Tells the differences, and ends with status 1 if there are any.
    Compare {
        #[command(flatten)]
        tape: Tape,
        /// Whom to ask, such as http://127.0.0.1:5000.
        #[arg(long, value_name = "URL")]
        against: String,
        /// A member of documents that may differ, beside dates, ids and addresses.
        #[arg(long = "ignore", value_name = "MEMBER")]
        ignored: Vec<String>,
    },
}

#[derive(Args)]
pub(crate) struct Tape {
    /// The cassette. Large bodies are in FILE.bodies beside it.
    #[arg(long, value_name = "FILE")]
    cassette: PathBuf,
}

#[derive(Args)]
pub(crate) struct Place {
    /// Where to serve HTTP.
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:5000")]
    listen: String,
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum ModeName {
    Strict,
    Match,
}

impl Command {
    /// Does it, until `end` comes if it has no end of its own.
    pub(crate) async fn run(self, end: impl Future<Output = ()>) -> anyhow::Result<ExitCode> {
        match self {
            Self::Record { upstream, tape, place } => {
                serve(cassette::record(&upstream, &tape.cassette, &place.listen).await?, end).await;
            }
            Self::Replay { tape, place, mode } => {
                let mode = match mode {
                    ModeName::Strict => Mode::Strict,
                    ModeName::Match => Mode::Match,
                };
                serve(cassette::replay(&tape.cassette, mode, &place.listen).await?, end).await;
            }
            Self::Compare { tape, against, ignored } => {
                let comparison = cassette::compare(&tape.cassette, &against, &ignored).await?;
                let mut out = io::stdout().lock();
                for difference in &comparison.differences {
                    writeln!(out, "{difference}")?;
                }
                let (asked, count) = (comparison.asked, comparison.differences.len());
                writeln!(out, "{asked} requests, {} left out, {count} differences", comparison.left_out)?;
                return Ok(ExitCode::from(u8::from(count > 0)));
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

async fn serve(serving: Serving, end: impl Future<Output = ()>) {
    tracing::info!("listening on {}", serving.address());
    end.await;
    tracing::info!("stopping");
    serving.shutdown().await;
}
