//! The registry inside this process: where images are staged when nothing else is configured.
//!
//! Invariant: its address never changes once something may have been staged there, because records name it. A port that was taken at the
//! first start is replaced by another one, which is kept.

use std::{
    fs::{self, File},
    io,
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::Context as _;

use crate::{config::EmbeddedRegistryConfig, model::Repository};

/// Tried at the first start.
const PREFERRED: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 5100);
/// Where everything is staged.
const REPOSITORY: &str = "staging";

/// A registry that serves.
#[derive(Debug)]
pub(crate) struct EmbeddedRegistry {
    running: ecr_local::Running,
    /// Where to stage.
    pub(crate) repository: Repository,
}

impl EmbeddedRegistry {
    /// Starts it with its content in `data_dir`. What no image needs stays for `grace`.
    pub(crate) async fn start(
        config: &EmbeddedRegistryConfig,
        data_dir: &Path,
        grace: Duration,
    ) -> anyhow::Result<Self> {
        let folder = data_dir.join("registry");
        fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let address = Address { file: folder.join("address") };
        let running = match wanted(config.listen, address.read()?) {
            Some(listen) => start(&folder, listen, grace).await.with_context(|| {
                format!("cannot start the embedded registry on {listen}: stop what listens there, or set embedded_registry.listen")
            })?,
            None => match start(&folder, PREFERRED, grace).await {
                Ok(running) => running,
                Err(_) => start(&folder, SocketAddr::new(PREFERRED.ip(), 0), grace).await?,
            },
        };
        let listening = running.address();
        address.keep(listening)?;
        tracing::info!(address = %listening, "the embedded registry is at {listening}");
        let repository = format!("{listening}/{REPOSITORY}").parse()?;
        Ok(Self { running, repository })
    }

    /// Ends it, once what is under way has ended.
    pub(crate) async fn shutdown(self) {
        self.running.shutdown().await;
    }
}

/// Port 0 asks for any port, so the one that was given last time will do.
fn wanted(configured: Option<SocketAddr>, kept: Option<SocketAddr>) -> Option<SocketAddr> {
    match (configured, kept) {
        (Some(configured), Some(kept)) if configured.port() == 0 && configured.ip() == kept.ip() => {
            Some(kept)
        }
        (configured, kept) => configured.or(kept),
    }
}

async fn start(
    folder: &Path,
    listen: SocketAddr,
    grace: Duration,
) -> Result<ecr_local::Running, ecr_local::StartError> {
    ecr_local::EcrLocal::builder(folder)
        .listen(listen.to_string())
        .create_on_push(true)
        .keep_unused_blobs(grace)
        .keep_idle_uploads(grace)
        .start()
        .await
}

/// Where it listened last time.
struct Address {
    file: PathBuf,
}

impl Address {
    fn read(&self) -> anyhow::Result<Option<SocketAddr>> {
        match fs::read_to_string(&self.file) {
            Ok(text) => {
                Ok(Some(text.trim().parse().with_context(|| format!("cannot use {}", self.file.display()))?))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| format!("cannot read {}", self.file.display())),
        }
    }

    /// On disk when this returns: an address that is lost would be replaced by another.
    fn keep(&self, address: SocketAddr) -> anyhow::Result<()> {
        let fresh = self.file.with_extension("fresh");
        let folder = self.file.parent().unwrap_or(&self.file);
        fs::write(&fresh, address.to_string())
            .and_then(|()| File::open(&fresh)?.sync_all())
            .and_then(|()| fs::rename(&fresh, &self.file))
            .and_then(|()| File::open(folder)?.sync_all())
            .with_context(|| format!("cannot write {}", self.file.display()))
    }
}
