//! `image-service token`: tokens for those who call the service.

use std::io::{self, Write as _};

use clap::Subcommand;
use image_service::model::BearerToken;

/// What can be done.
#[derive(Subcommand)]
pub(crate) enum TokenCommand {
    /// Make a token for an identity. It is shown once, on stdout; the service keeps its hash, by a line in access.token_file.
    New {
        /// As in access.identities.
        name: String,
    },
}

impl TokenCommand {
    /// The token goes to stdout alone, so that it can be piped to where it is needed.
    pub(crate) fn run(self) -> anyhow::Result<()> {
        let Self::New { name } = self;
        let token = BearerToken::random().map_err(|_| anyhow::anyhow!("no randomness"))?;
        writeln!(io::stdout(), "{}", token.expose())?;
        writeln!(io::stderr(), "The line for access.token_file:\n{name} {}", token.hash())?;
        Ok(())
    }
}
