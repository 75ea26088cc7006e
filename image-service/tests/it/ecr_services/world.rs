//! The service, and what stands for AWS.

use std::{
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use aws_config::BehaviorVersion;
use aws_credential_types::Credentials;
use ecr_local::{
    EcrLocal, Running, ScanOutcome, ScanScript,
    cassette::{self, Mode, Serving},
};
use fixtures::{
    process::{Process, until},
    registry::ScriptedRegistry,
    tool::pinned,
};
use image_service::{app, config::Config};
use imageservice_proto::ecr::v1::{
    Registry, auth_service_client::AuthServiceClient, image_service_client::ImageServiceClient,
    manifest_service_client::ManifestServiceClient,
    public_registry_service_client::PublicRegistryServiceClient,
    replication_service_client::ReplicationServiceClient, repository_service_client::RepositoryServiceClient,
    scan_service_client::ScanServiceClient,
};
use imageservice_proto::v1::images_client::ImagesClient;
use serving::{Inherited, Shutdown};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio_util::task::AbortOnDropHandle;
use tonic::{
    Status,
    transport::{Channel, Endpoint},
};
use tonic_types::StatusExt as _;

pub(super) const REGION: &str = "eu-central-1";
/// So long scans and copies take with a local ECR, by its own clock, which a test puts forward.
pub(super) const LONG: Duration = Duration::from_secs(60 * 60);
const ANY_PORT: &str = "127.0.0.1:0";
/// A local ECR takes a key of twelve digits for its account; moto knows only this one.
pub(super) const ACCOUNT: &str = "123456789012";

/// The service with one AWS. Dropping it ends both.
pub(super) struct World {
    pub(super) aws: Aws,
    channel: Channel,
    _served: AbortOnDropHandle<()>,
    dir: TempDir,
}

/// What stands for AWS.
pub(super) enum Aws {
    Local(Running),
    /// A local ECR, and what writes down what it answers.
    Recorded(Running, Serving),
    /// What it has answered once.
    Replayed(Serving),
    Moto {
        url: String,
        _server: Process,
    },
    Script(ScriptedRegistry),
}

impl World {
    /// With a local ECR.
    pub(super) async fn local() -> Self {
        Self::local_with("").await
    }

    /// The same, with more lines for `[ecr]`.
    pub(super) async fn local_with(ecr: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let running = start(&dir).await;
        Self::over(Aws::Local(running), dir, ecr).await
    }

    /// The same, with a local ECR that something happens to before the service starts.
    pub(super) async fn prepared(ecr: &str, prepare: impl AsyncFnOnce(&str)) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let aws = Aws::Local(start(&dir).await);
        prepare(&aws.url()).await;
        Self::over(aws, dir, ecr).await
    }

    /// The same, writing a cassette anew.
    pub(super) async fn recorded(name: &str, ecr: &str) -> Self {
        let (dir, tape) = (tempfile::tempdir().unwrap(), tape(name));
        let running = start(&dir).await;
        if tape.exists() {
            std::fs::remove_file(&tape).unwrap();
        }
        let upstream = format!("http://{}", running.address());
        let recorder = cassette::record(&upstream, &tape, ANY_PORT).await.unwrap();
        Self::over(Aws::Recorded(running, recorder), dir, ecr).await
    }

    /// With a cassette.
    pub(super) async fn replayed(name: &str, mode: Mode, ecr: &str) -> Self {
        let replayer = cassette::replay(&tape(name), mode, ANY_PORT).await.unwrap();
        Self::over(Aws::Replayed(replayer), tempfile::tempdir().unwrap(), ecr).await
    }

    /// With moto's server, which knows scans and replication rules.
    pub(super) async fn moto() -> Self {
        let port = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port().to_string();
        let mut command = Command::new(pinned("python/bin/python"));
        command.args(["-m", "moto.server", "-H", "127.0.0.1", "-p", &port]).env_remove("PYTHONPATH");
        let moto = Process::start("moto", "make tools", &mut command);
        moto.line("Running on").await;
        let url = format!("http://127.0.0.1:{port}");
        Self::over(Aws::Moto { url, _server: moto }, tempfile::tempdir().unwrap(), "").await
    }

    /// With a server that follows a script.
    pub(super) async fn scripted(ecr: &str) -> Self {
        let script = ScriptedRegistry::start().await;
        Self::over(Aws::Script(script), tempfile::tempdir().unwrap(), ecr).await
    }

    async fn over(aws: Aws, dir: TempDir, ecr: &str) -> Self {
        let socket = dir.path().join("grpc.sock");
        let config = config(&aws, &dir, ecr);
        let reread = Box::new(|| Err(anyhow::anyhow!("it is read once")));
        let served = tokio::spawn(async move {
            if let Err(error) = app::run(config, reread, Inherited::default(), Shutdown::default()).await {
                panic!("the service does not run: {error:#}");
            }
        });
        let endpoint = Endpoint::from_shared(format!("unix://{}", socket.display())).unwrap();
        let channel = until("the service accepts", async || endpoint.connect().await.ok()).await;
        Self { aws, channel, _served: AbortOnDropHandle::new(served), dir }
    }

    pub(super) fn socket(&self) -> PathBuf {
        self.dir.path().join("grpc.sock")
    }

    /// The script that AWS follows.
    pub(super) fn script(&self) -> &ScriptedRegistry {
        match &self.aws {
            Aws::Script(script) => script,
            _ => panic!("this AWS follows no script"),
        }
    }

    /// The local ECR, for what no call of AWS's does.
    pub(super) fn local_ecr(&self) -> Option<&Running> {
        match &self.aws {
            Aws::Local(running) | Aws::Recorded(running, _) => Some(running),
            Aws::Replayed(_) | Aws::Moto { .. } | Aws::Script(_) => None,
        }
    }

    /// Time passes there. In a cassette it has passed, and moto needs none.
    pub(super) fn pass(&self, time: Duration) {
        if let Some(running) = self.local_ecr() {
            running.clock().advance(time);
        }
    }

    /// Says what scans come to, where somebody has to say it.
    pub(super) async fn scans_find(&self, outcome: ScanOutcome) {
        let Some(running) = self.local_ecr() else { return };
        let (account, region) = (ACCOUNT.to_owned(), REGION.to_owned());
        let script = ScanScript { account, region, outcome: Some(outcome), ..ScanScript::default() };
        running.script_scans(&script).await.unwrap();
    }

    /// A client of AWS beside the service, for what the service does not do.
    pub(super) async fn sdk(&self) -> aws_sdk_ecr::Client {
        self.sdk_in(REGION).await
    }

    pub(super) async fn sdk_in(&self, region: &'static str) -> aws_sdk_ecr::Client {
        aws_sdk_ecr::Client::new(&self.sdk_config(region).await)
    }

    pub(super) async fn sdk_config(&self, region: &'static str) -> aws_config::SdkConfig {
        sdk_config(&self.aws.url(), region).await
    }

    /// What is not ECR's.
    pub(super) fn pulls(&self) -> ImagesClient<Channel> {
        ImagesClient::new(self.channel.clone())
    }

    pub(super) fn repositories(&self) -> RepositoryServiceClient<Channel> {
        RepositoryServiceClient::new(self.channel.clone())
    }

    pub(super) fn images(&self) -> ImageServiceClient<Channel> {
        ImageServiceClient::new(self.channel.clone())
    }

    pub(super) fn manifests(&self) -> ManifestServiceClient<Channel> {
        ManifestServiceClient::new(self.channel.clone())
    }

    pub(super) fn scans(&self) -> ScanServiceClient<Channel> {
        ScanServiceClient::new(self.channel.clone())
    }

    pub(super) fn auth(&self) -> AuthServiceClient<Channel> {
        AuthServiceClient::new(self.channel.clone())
    }

    pub(super) fn replication(&self) -> ReplicationServiceClient<Channel> {
        ReplicationServiceClient::new(self.channel.clone())
    }

    pub(super) fn public(&self) -> PublicRegistryServiceClient<Channel> {
        PublicRegistryServiceClient::new(self.channel.clone())
    }
}

impl Aws {
    pub(super) fn url(&self) -> String {
        match self {
            Self::Local(running) => format!("http://{}", running.address()),
            Self::Recorded(_, serving) | Self::Replayed(serving) => format!("http://{}", serving.address()),
            Self::Moto { url, .. } => url.clone(),
            Self::Script(script) => script.url(""),
        }
    }
}

/// For clients of AWS beside the service.
pub(super) async fn sdk_config(url: &str, region: &'static str) -> aws_config::SdkConfig {
    let loader = aws_config::defaults(BehaviorVersion::latest()).region(region);
    let loader = loader.credentials_provider(Credentials::new(ACCOUNT, "secret", None, None, "test"));
    loader.endpoint_url(url).load().await
}

async fn start(dir: &TempDir) -> Running {
    let builder = EcrLocal::builder(dir.path().join("ecr")).create_on_push(false);
    builder.scan_time(LONG).replication_delay(LONG).start().await.unwrap()
}

/// The file of a cassette.
fn tape(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/ecr_services/cassettes");
    folder.join(format!("{name}.jsonl"))
}

fn config(aws: &Aws, dir: &TempDir, ecr: &str) -> Config {
    let (url, dir) = (aws.url(), dir.path().display());
    let text = format!(
        "data_dir = '{dir}/data'\nlisten = 'unix://{dir}/grpc.sock'\n\
         [embedded_registry]\nenabled = false\n\
         [ecr]\nregion = '{REGION}'\nendpoint_url = '{url}'\npublic_endpoint_url = '{url}'\necs_endpoint_url = '{url}'\n{ecr}\n\
          [ecr.auth]\nkind = 'static'\naccess_key_id = '{ACCOUNT}'\nsecret_access_key = 's3cret'\n"
    );
    toml::from_str(&text).unwrap_or_else(|why| panic!("{why}\n{text}"))
}

/// The reason of a refusal, which is one of ECR's.
#[track_caller]
pub(super) fn reason<T: std::fmt::Debug>(answer: Result<T, Status>) -> String {
    let status = answer.expect_err("it was to be refused");
    let info = status.get_details_error_info().unwrap_or_else(|| panic!("a reason is missing: {status:?}"));
    assert_eq!(info.domain, "ecr.v1", "{status:?}");
    info.reason
}

/// A registry in another region.
pub(super) fn in_region(region: &str) -> Option<Registry> {
    Some(Registry { region: region.to_owned(), ..Registry::default() })
}
