//! A service that asks its callers who they are, and callers with tokens.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use fixtures::{
    peers::{Archive, Recipe},
    pki::{Authority, Pair},
    process::Process,
};
use hyper_util::rt::TokioIo;
use image_service::model::BearerToken;
use imageservice_proto::v1::{
    ArchiveEnd, InspectRequest, LoadEvent, LoadOptions, LoadRequest, PullEvent, PullRequest,
    credentials_client::CredentialsClient, images_client::ImagesClient, load_request::Part,
    similarity_client::SimilarityClient, system_client::SystemClient,
};
use tempfile::TempDir;
use tokio::net::UnixStream;
use tonic::{
    Request, Status,
    metadata::MetadataValue,
    service::{Interceptor, interceptor::InterceptedService},
    transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity},
};
use tonic_types::StatusExt as _;

/// A running service in a folder of its own.
pub(super) struct World {
    process: Process,
    address: String,
    folder: TempDir,
}

/// Somebody with a token.
#[derive(Clone)]
pub(super) struct Caller {
    channel: Channel,
    bearer: Bearer,
}

/// Shows a token with each call.
#[derive(Clone)]
pub(super) struct Bearer(Option<BearerToken>);

pub(super) type Channelled = InterceptedService<Channel, Bearer>;

impl Interceptor for Bearer {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        if let Some(token) = &self.0 {
            let value: MetadataValue<_> = format!("Bearer {}", token.expose()).parse().unwrap();
            request.metadata_mut().insert("authorization", value);
        }
        Ok(request)
    }
}

/// Beside which nothing of this machine is asked, and nothing but this machine.
const ALONE: &str = "embedded_registry.enabled = false\n";

/// An identity of `[access]`, with more lines.
pub(super) fn identity(name: &str, namespace: &str, role: &str, more: &str) -> String {
    format!("[[access.identities]]\nname = '{name}'\nnamespace = '{namespace}'\nrole = '{role}'\n{more}\n")
}

impl World {
    /// On a Unix socket.
    pub(super) async fn local(folder: TempDir, config: &str) -> Self {
        let socket = format!("unix://{}", folder.path().join("grpc.sock").display());
        Self::start(folder, &socket, config).await
    }

    /// On a free port of this machine.
    pub(super) async fn over_tcp(folder: TempDir, config: &str) -> Self {
        Self::start(folder, "127.0.0.1:0", config).await
    }

    async fn start(folder: TempDir, listen: &str, config: &str) -> Self {
        let process = service(folder.path(), listen, &format!("{ALONE}{config}"));
        let line = process.line("listening on ").await;
        let address =
            line.split("listening on ").nth(1).unwrap().split([' ', '"']).next().unwrap().to_owned();
        Self { process, address, folder }
    }

    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// `HOST:PORT`
    pub(super) fn address(&self) -> &str {
        &self.address
    }

    pub(super) fn process(&mut self) -> &mut Process {
        &mut self.process
    }

    pub(super) async fn channel(&self) -> Channel {
        match self.address.strip_prefix("unix://") {
            Some(path) => {
                let path = PathBuf::from(path);
                let connect = tower::service_fn(move |_| {
                    let path = path.clone();
                    async move { UnixStream::connect(path).await.map(TokioIo::new) }
                });
                Endpoint::from_static("http://image-service").connect_with_connector(connect).await.unwrap()
            }
            None => Endpoint::new(format!("http://{}", self.address)).unwrap().connect().await.unwrap(),
        }
    }

    /// Over TLS, if the handshake comes to an end.
    pub(super) async fn secure(&self, authority: &Authority, own: Option<&Pair>) -> Result<Channel, String> {
        let tls = ClientTlsConfig::new().ca_certificate(Certificate::from_pem(authority.pem()));
        let tls = match own {
            Some(pair) => tls.identity(Identity::from_pem(&pair.certificate, &pair.key)),
            None => tls,
        };
        let endpoint = Endpoint::new(format!("https://{}", self.address)).unwrap().tls_config(tls).unwrap();
        endpoint.connect().await.map_err(|why| format!("{why:?}"))
    }

    /// Somebody who shows this token.
    pub(super) async fn with(&self, token: &BearerToken) -> Caller {
        Caller { channel: self.channel().await, bearer: Bearer(Some(token.clone())) }
    }
}

/// The service's process, whether or not it comes to serve.
pub(super) fn service(folder: &Path, listen: &str, config: &str) -> Process {
    fs::write(folder.join("config.toml"), config).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_image-service"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("IMAGE_SERVICE_") || name.to_string_lossy().starts_with("AWS_")
        {
            command.env_remove(name);
        }
    }
    command.args(["serve", "--listen", listen, "--data-dir"]).arg(folder.join("data"));
    Process::start("image-service", "cargo build", command.arg("--config").arg(folder.join("config.toml")))
}

impl Caller {
    /// Without a token.
    pub(super) fn on(channel: Channel) -> Self {
        Self { channel, bearer: Bearer(None) }
    }

    fn way(&self) -> Channelled {
        InterceptedService::new(self.channel.clone(), self.bearer.clone())
    }

    pub(super) fn images(&self) -> ImagesClient<Channelled> {
        ImagesClient::new(self.way())
    }

    pub(super) fn credentials(&self) -> CredentialsClient<Channelled> {
        CredentialsClient::new(self.way())
    }

    pub(super) fn similarity(&self) -> SimilarityClient<Channelled> {
        SimilarityClient::new(self.way())
    }

    pub(super) fn system(&self) -> SystemClient<Channelled> {
        SystemClient::new(self.way())
    }

    /// The image's ID.
    pub(super) async fn inspect(&self, name: &str) -> Result<String, Status> {
        let request = InspectRequest { name: name.to_owned(), ..InspectRequest::default() };
        Ok(self.images().inspect(request).await?.into_inner().image.unwrap().id)
    }

    pub(super) async fn pull(&self, request: PullRequest) -> Result<Vec<PullEvent>, Status> {
        let mut events = self.images().pull(request).await?.into_inner();
        let mut told = Vec::new();
        while let Some(event) = events.message().await? {
            told.push(event);
        }
        Ok(told)
    }

    /// Loads an image under a name; what is told of it.
    pub(super) async fn load(&self, recipe: &Recipe, name: &str) -> Result<Vec<LoadEvent>, Status> {
        let archive = Archive::docker(&[(recipe, &[name])]).tar();
        let parts =
            [Part::Options(LoadOptions::default()), Part::Chunk(archive.into()), Part::End(ArchiveEnd {})];
        let parts = parts.map(|part| LoadRequest { part: Some(part) });
        let mut events = self.images().load(tokio_stream::iter(parts)).await?.into_inner();
        let mut told = Vec::new();
        while let Some(event) = events.message().await? {
            told.push(event);
        }
        Ok(told)
    }
}

/// The machine-readable reason of a refusal.
#[track_caller]
pub(super) fn reason<T>(answer: Result<T, Status>) -> String {
    let status = answer.err().expect("it was to be refused");
    status.get_details_error_info().unwrap_or_else(|| panic!("a reason is missing: {status:?}")).reason
}
