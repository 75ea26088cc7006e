//! One or two services on one state, and connections to each.

use std::{fmt, net::TcpListener, path::Path, process::Command};

use fixtures::{
    peers::Postgres,
    process::{Process, until},
    system::binary,
};
use hyper_util::rt::TokioIo;
use tempfile::TempDir;
use tokio::net::UnixStream;
use tonic::transport::{Channel, Endpoint, Uri};

use super::certificates::Certificates;

/// Connections to each service: a shim has as many.
const CONNECTIONS: usize = 4;

/// Where the state is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Engine {
    Sqlite,
    Postgres,
}

/// Where the services listen.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Place {
    Unix,
    MutualTls,
}

/// Services that run.
#[derive(Debug)]
pub(super) struct Deployment {
    engine: Engine,
    place: Place,
    services: Vec<(Process, TempDir)>,
    /// To the services in turns.
    pub(super) channels: Vec<Channel>,
}

impl Deployment {
    /// Starts them on an empty state.
    pub(super) async fn start(
        engine: Engine,
        services: usize,
        place: Place,
        postgres: &Postgres,
        certificates: &Certificates,
    ) -> Self {
        let database = match engine {
            Engine::Sqlite => None,
            Engine::Postgres => Some(postgres.database().await),
        };
        let mut deployment = Self { engine, place, services: Vec::new(), channels: Vec::new() };
        let mut reached = Vec::new();
        for _ in 0..services {
            let dir = tempfile::tempdir().expect("a folder for the service");
            let listen = place.listen(dir.path());
            let config = config(database.as_deref(), place, certificates);
            std::fs::write(dir.path().join("config.toml"), config).expect("the folder is ours");
            let process = serve(dir.path(), &listen);
            let mut channels = Vec::new();
            for _ in 0..CONNECTIONS {
                let connected = async || connect(&listen, place, certificates).await.ok();
                channels.push(until("the service accepts", connected).await);
            }
            reached.push(channels);
            deployment.services.push((process, dir));
        }
        deployment.channels = (0..CONNECTIONS)
            .flat_map(|at| reached.iter().map(move |channels| channels[at].clone()))
            .collect();
        deployment
    }

    pub(super) fn pids(&self) -> Vec<u32> {
        self.services.iter().map(|(process, _)| process.pid()).collect()
    }
}

impl fmt::Display for Deployment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = match self.place {
            Place::Unix => "socket",
            Place::MutualTls => "mTLS",
        };
        write!(f, "{:?}, {} x {place}", self.engine, self.services.len())
    }
}

impl Place {
    fn listen(self, folder: &Path) -> String {
        match self {
            Self::Unix => format!("unix://{}", folder.join("grpc.sock").display()),
            Self::MutualTls => {
                let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
                free.expect("a free port").to_string()
            }
        }
    }
}

fn config(database: Option<&str>, place: Place, certificates: &Certificates) -> String {
    let mut config = "[embedded_registry]\nenabled = false\n".to_owned();
    if let Some(url) = database {
        let key = certificates.folder().join("sealing-key");
        config += &format!("[database]\nurl = \"{url}\"\n[credentials]\nkey_file = \"{}\"\n", key.display());
    }
    if place == Place::MutualTls {
        config += &certificates.tls_table();
    }
    config
}

fn serve(dir: &Path, listen: &str) -> Process {
    let mut command = Command::new(binary("image-service"));
    command.arg("serve").arg("--data-dir").arg(dir.join("data")).args(["--listen", listen]);
    command.arg("--config").arg(dir.join("config.toml"));
    Process::start("image-service", "cargo build --workspace", &mut command)
}

async fn connect(
    listen: &str,
    place: Place,
    certificates: &Certificates,
) -> Result<Channel, tonic::transport::Error> {
    match place {
        Place::MutualTls => {
            let endpoint = Endpoint::from_shared(format!("https://{listen}"))?;
            endpoint.tls_config(certificates.client())?.tcp_nodelay(true).connect().await
        }
        Place::Unix => {
            let path = listen.trim_start_matches("unix://").to_owned();
            let connector = tower::service_fn(move |_: Uri| {
                let path = path.clone();
                async move { UnixStream::connect(path).await.map(TokioIo::new) }
            });
            Endpoint::from_static("http://image-service").connect_with_connector(connector).await
        }
    }
}
