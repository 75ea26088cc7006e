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
        let running = match wanted(config.listen, address.read()?, &address.file)? {
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

/// Port 0 asks for any port, so the one that was given last time will do. Another address would make every record a dead end.
fn wanted(
    configured: Option<SocketAddr>,
    kept: Option<SocketAddr>,
    file: &Path,
) -> anyhow::Result<Option<SocketAddr>> {
    let (Some(configured), Some(kept)) = (configured, kept) else { return Ok(configured.or(kept)) };
    anyhow::ensure!(
        configured.ip() == kept.ip() && [0, kept.port()].contains(&configured.port()),
        "embedded_registry.listen is {configured}, but images are recorded as staged at {kept}: set it back, or remove {} and load them again",
        file.display()
    );
    Ok(Some(kept))
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

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted_at(configured: Option<&str>, kept: Option<&str>) -> anyhow::Result<Option<SocketAddr>> {
        let parsed = |text: Option<&str>| text.map(|text| text.parse().unwrap());
        wanted(parsed(configured), parsed(kept), Path::new("address"))
    }

    #[test]
    fn an_address_that_records_name_is_not_left_silently() {
        let refused = wanted_at(Some("127.0.0.1:5200"), Some("127.0.0.1:5100")).unwrap_err().to_string();
        assert!(
            refused.contains("127.0.0.1:5200") && refused.contains("staged at 127.0.0.1:5100"),
            "{refused}"
        );
        assert!(wanted_at(Some("0.0.0.0:5100"), Some("127.0.0.1:5100")).is_err());
    }

    #[test]
    fn any_port_is_the_one_of_last_time() {
        let kept: SocketAddr = "127.0.0.1:5101".parse().unwrap();
        assert_eq!(wanted_at(Some("127.0.0.1:0"), Some("127.0.0.1:5101")).unwrap(), Some(kept));
        assert_eq!(wanted_at(None, Some("127.0.0.1:5101")).unwrap(), Some(kept));
        assert_eq!(wanted_at(Some("127.0.0.1:5101"), None).unwrap(), Some(kept));
        assert_eq!(wanted_at(None, None).unwrap(), None);
    }
}
