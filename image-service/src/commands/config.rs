//! `image-service config`: what the configuration comes to, and what is wrong with it.

use std::io::Write as _;

use clap::Subcommand;
use image_service::config::Config;

use super::settings::{Settings, refusal};

/// Looks at the configuration without starting.
#[derive(Subcommand, Debug)]
pub(crate) enum ConfigCommand {
    /// Say whether the configuration can be used, else all that is wrong with it.
    Check(Settings),
    /// Write the configuration as TOML, each value with its origin, secrets masked.
    Print(Settings),
}

impl ConfigCommand {
    /// Runs it. `check` says what beyond the document keeps a configuration from being served, each text beginning with its key.
    pub(crate) fn run(self, check: impl FnOnce(&Config) -> Vec<anyhow::Error>) -> anyhow::Result<()> {
        match self {
            Self::Check(settings) => {
                let tell = |config: &Config| check(config).iter().map(|error| format!("{error:#}")).collect();
                let mistakes = settings.sources().mistakes(tell);
                if !mistakes.is_empty() {
                    return Err(refusal(&mistakes));
                }
                eprintln!("The configuration can be used.");
            }
            Self::Print(settings) => {
                let text = settings.sources().print().map_err(|mistakes| refusal(&mistakes))?;
                std::io::stdout().write_all(text.as_bytes())?;
            }
        }
        Ok(())
    }
}
