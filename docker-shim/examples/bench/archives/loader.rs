//! Those who bring an archive into a registry, each with all that it needs, fresh and empty.

use std::{fs, path::Path, process::Command};

use fixtures::{
    peers::{DockerRegistry, Dockerd},
    system::System,
};
use tempfile::TempDir;

use super::{
    command::{Cost, cost},
    image::NAME,
};
use crate::process::peak;

/// Who it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    /// With the same registry as the others.
    Ours,
    /// With the registry inside the service.
    OursEmbedded,
    Docker,
    Skopeo,
}

/// One that is ready to load.
pub(crate) struct Loader {
    side: Side,
    /// Not for the embedded one.
    registry: Option<DockerRegistry>,
    /// Of clients: nothing that an earlier run has left may help.
    home: TempDir,
}

enum Side {
    Ours(Box<System>),
    Docker(Box<Dockerd>),
    Skopeo,
}

impl Kind {
    pub(crate) const ALL: [Self; 4] = [Self::Ours, Self::OursEmbedded, Self::Docker, Self::Skopeo];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Ours => "ours",
            Self::OursEmbedded => "ours, embedded registry",
            Self::Docker => "docker load + docker push",
            Self::Skopeo => "skopeo copy",
        }
    }

    pub(crate) async fn start(self) -> Loader {
        let registry = match self {
            Self::OursEmbedded => None,
            Self::Ours | Self::Docker | Self::Skopeo => Some(DockerRegistry::open().await),
        };
        let side = match (self, &registry) {
            (Self::Ours, Some(registry)) => {
                let repository = registry.reference("staging");
                let toml = format!("[staging]\nrepository = {repository:?}\n");
                Side::Ours(Box::new(System::with_config(&toml).await))
            }
            (Self::Ours | Self::OursEmbedded, _) => Side::Ours(Box::new(System::start().await)),
            (Self::Docker, _) => Side::Docker(Box::new(Dockerd::start().await)),
            (Self::Skopeo, _) => Side::Skopeo,
        };
        Loader { side, registry, home: tempfile::tempdir().unwrap() }
    }
}

impl Loader {
    /// Brings an archive into the registry.
    pub(crate) fn load(&mut self, archive: &Path) -> Cost {
        let servers = self.servers();
        let mut total = cost(&mut self.loading(archive), &servers);
        if let (Side::Docker(_), Some(registry)) = (&self.side, &self.registry) {
            let target = registry.reference(NAME);
            for arguments in [["tag", NAME, &target].as_slice(), &["push", "-q", &target]] {
                total += cost(self.docker().args(arguments), &servers);
            }
        }
        total
    }

    /// A docker CLI for this engine.
    pub(crate) fn docker(&self) -> Command {
        let host = match &self.side {
            Side::Ours(system) => system.docker_host(),
            Side::Docker(dockerd) => dockerd.engine().docker_host(),
            Side::Skopeo => unreachable!("skopeo needs no engine"),
        };
        let mut command = Command::new("docker");
        command.env("DOCKER_HOST", host).env("DOCKER_CONFIG", self.home.path());
        command
    }

    /// A client on a host that has never seen the image.
    pub(crate) fn forget(&mut self) {
        self.home = tempfile::tempdir().unwrap();
    }

    /// The processes that do the work besides the client.
    pub(crate) fn servers(&mut self) -> Vec<u32> {
        let registry = self.registry.as_ref().map(DockerRegistry::pid);
        let own = match &mut self.side {
            Side::Ours(system) => vec![system.service().pid(), system.shim().pid()],
            Side::Docker(dockerd) => vec![dockerd.pid()],
            Side::Skopeo => vec![],
        };
        own.into_iter().chain(registry).collect()
    }

    /// Bytes in the registry.
    pub(crate) fn stored(&self) -> u64 {
        match (&self.registry, &self.side) {
            (Some(registry), _) => size(registry.folder()),
            (None, Side::Ours(system)) => size(&system.data_dir()),
            (None, _) => 0,
        }
    }

    /// The most memory that the service has had, in MiB.
    pub(crate) fn service_peak(&mut self) -> Option<f64> {
        match &mut self.side {
            Side::Ours(system) => Some(peak(system.service().pid())),
            Side::Docker(_) | Side::Skopeo => None,
        }
    }

    fn loading(&self, archive: &Path) -> Command {
        let mut command = match (&self.side, &self.registry) {
            (Side::Skopeo, Some(registry)) => {
                let mut command = skopeo(self.home.path());
                command.args(["copy", "-q", "--dest-tls-verify=false"]);
                command.arg(format!("docker-archive:{}", archive.display()));
                command.arg(format!("docker://{}", registry.reference(NAME)));
                return command;
            }
            _ => self.docker(),
        };
        // dockerd 20.10 reads no zstd.
        if matches!(self.side, Side::Docker(_)) && archive.extension().is_some_and(|kind| kind == "zst") {
            let mut piped = Command::new("sh");
            piped.args(["-c", "zstd -dc \"$0\" | docker load -q"]).arg(archive);
            piped.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
            return piped;
        }
        command.args(["load", "-q", "-i"]).arg(archive);
        command
    }
}

/// A skopeo that keeps what it knows of blobs in a folder: as root its place is fixed, so the folder is mounted there, for it alone.
pub(crate) fn skopeo(cache: &Path) -> Command {
    let mut command = Command::new("unshare");
    command.args(["--mount", "sh", "-c"]);
    command
        .arg("d=/var/lib/containers/cache; mkdir -p $d && mount --bind \"$0\" $d && exec skopeo \"$@\"")
        .arg(cache);
    command
}

fn size(path: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(path) else { return path.metadata().map_or(0, |metadata| metadata.len()) };
    entries.flatten().map(|entry| size(&entry.path())).sum()
}
