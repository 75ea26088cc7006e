//! The flags that stand for keys of the configuration, and the configuration with them.

use std::path::PathBuf;

use clap::Args;
use image_service::config::{Config, Flag, Mistake, Sources};

/// Where the configuration comes from.
#[derive(Args, Clone, Debug)]
pub(crate) struct Settings {
    /// TOML file.
    #[arg(long, env = "IMAGE_SERVICE_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// Where the state is kept [env: IMAGE_SERVICE_DATA_DIR] [default: $XDG_STATE_HOME/image-service].
    #[arg(long, value_name = "DIR")]
    data_dir: Option<String>,
    /// Where to serve: unix:///PATH or HOST:PORT [env: IMAGE_SERVICE_LISTEN] [default: image-service.sock in the data folder].
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<String>,
}

impl Settings {
    /// Defaults, the file, the environment and the flags. A command line can be read by everyone on the host, so secrets have no flag.
    pub(crate) fn sources(self) -> Sources {
        let flags = [("--data-dir", "data_dir", self.data_dir), ("--listen", "listen", self.listen)];
        let flags =
            flags.into_iter().filter_map(|(name, key, value)| Some(Flag { name, key, value: value? }));
        let file = self.config.filter(|file| !file.as_os_str().is_empty());
        Sources::gather(file.as_deref(), std::env::vars_os(), flags)
    }

    /// The configuration; all mistakes in it are told to whoever typed the command.
    pub(crate) fn resolve(self) -> anyhow::Result<Config> {
        self.sources().config().map_err(|mistakes| refusal(&mistakes))
    }

    /// The configuration as it is now; an error tells all mistakes in it.
    pub(crate) fn reread(&self) -> anyhow::Result<Config> {
        self.clone().sources().config().map_err(|mistakes| {
            let told: Vec<_> = mistakes.iter().map(ToString::to_string).collect();
            anyhow::anyhow!(told.join("; "))
        })
    }
}

/// Tells all mistakes, one per line, and comes to how many there are.
pub(super) fn refusal(mistakes: &[Mistake]) -> anyhow::Error {
    for mistake in mistakes {
        eprintln!("{mistake}");
    }
    anyhow::anyhow!("mistakes in the configuration: {}", mistakes.len())
}
