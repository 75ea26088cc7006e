//! A shim and a canned service in a folder of their own.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use docker_shim::{
    config::{Limits, LoadAnswers},
    server::Server,
    upstream::{AuthFiles, ServiceAddress, Upstream},
};
use futures_util::FutureExt;
use imageservice_proto::v1::{
    credentials_server::CredentialsServer, images_server::ImagesServer, system_server::SystemServer,
};
use tempfile::TempDir;
use tokio::{net::UnixListener, sync::oneshot, task::JoinHandle};
use tokio_stream::wrappers::UnixListenerStream;

use crate::canned::{Canned, Service};

pub(crate) struct Stage {
    folder: TempDir,
    pub(crate) canned: Arc<Canned>,
    pub(crate) service: Running,
    pub(crate) shim: Running,
}

/// A server that runs until it is stopped.
pub(crate) struct Running {
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
}

impl Running {
    /// Tells the server to stop.
    pub(crate) fn stop(&mut self) {
        self.stop.take();
    }

    /// Stops the server and waits for its end.
    pub(crate) async fn end(mut self) {
        self.stop();
        self.task.await.unwrap();
    }
}

impl Stage {
    pub(crate) fn new() -> Self {
        Self::loading(LoadAnswers { held_for: Duration::from_secs(3600), names_only: false })
    }

    /// With a way of its own to answer loads.
    pub(crate) fn loading(loads: LoadAnswers) -> Self {
        Self::with(loads, Limits::default())
    }

    /// With limits of its own.
    pub(crate) fn limited(limits: Limits) -> Self {
        Self::with(LoadAnswers { held_for: Duration::from_secs(3600), names_only: false }, limits)
    }

    fn with(loads: LoadAnswers, limits: Limits) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let canned = Arc::new(Canned::default());
        let service = start_service(&folder.path().join("service.sock"), Arc::clone(&canned));
        let shim = start_shim(folder.path(), loads, limits);
        Self { folder, canned, service, shim }
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.folder.path().join("docker.sock")
    }

    pub(crate) fn service_socket(&self) -> PathBuf {
        self.folder.path().join("service.sock")
    }
}

fn start_shim(folder: &Path, loads: LoadAnswers, limits: Limits) -> Running {
    let upstream =
        Upstream::new(ServiceAddress::Unix(folder.join("service.sock")), AuthFiles::default()).unwrap();
    let bound = Server::bind(&folder.join("docker.sock"), upstream, loads, limits).now_or_never();
    let server = bound.unwrap().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let stopped = async {
        let _ = stopped.await;
    };
    let task = tokio::spawn(server.run(stopped, std::future::pending()));
    Running { stop: Some(stop), task }
}

pub(crate) fn start_service(socket: &Path, canned: Arc<Canned>) -> Running {
    let _ = std::fs::remove_file(socket);
    let incoming = UnixListenerStream::new(UnixListener::bind(socket).unwrap());
    let (stop, stopped) = oneshot::channel::<()>();
    let server = tonic::transport::Server::builder()
        .add_service(ImagesServer::new(Service(Arc::clone(&canned))))
        .add_service(CredentialsServer::new(Service(Arc::clone(&canned))))
        .add_service(SystemServer::new(Service(canned)));
    let task = tokio::spawn(async {
        let stopped = async {
            let _ = stopped.await;
        };
        server.serve_with_incoming_shutdown(incoming, stopped).await.unwrap();
    });
    Running { stop: Some(stop), task }
}
