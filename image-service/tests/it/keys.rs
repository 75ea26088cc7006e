//! Keys of credentials as an operator has to do with them: the program, its configuration, and AWS KMS in front of a real server.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
};

use fixtures::{
    peers::DockerRegistry,
    process::{Process, until},
    secrets::sealing_key,
    system::{System, binary},
    tool::{Ran, Tool, pinned},
};
use imageservice_proto::v1::{CheckRequest, ListCredentialsRequest, RegistryAuth};
use tokio::net::TcpListener;

const ACCOUNT: &str = "123456789012";
const REGION: &str = "eu-central-1";

/// The same program and settings as the service that runs.
async fn keys(system: &System, command: &str) -> Ran {
    let tool = Tool::new(binary("image-service")).args(["keys", command]);
    let tool = tool.arg("--config").arg(system.data_dir().with_file_name("config.toml"));
    let tool = tool.arg("--data-dir").arg(system.data_dir());
    tool.arg("--listen").arg(format!("unix://{}", system.grpc_socket().display())).run().await
}

async fn log_in(system: &System, registry: &DockerRegistry) {
    let auth = RegistryAuth { username: "alice".into(), password: "s3cret".into(), ..Default::default() };
    let request = CheckRequest { registry: registry.host().to_owned(), auth: Some(auth) };
    system.credentials().await.check(request).await.unwrap();
}

async fn private_registry() -> DockerRegistry {
    let registry = DockerRegistry::htpasswd(&[("alice", "s3cret")]).await;
    registry.push("priv/app", "v1", &fixtures::peers::Recipe::plain("v1")).await;
    registry
}

/// A pull that needs the stored credential.
async fn assert_it_serves(system: &System, registry: &DockerRegistry) {
    let pulled = system.engine().pull(&registry.reference("priv/app"), "v1").await;
    assert_eq!(pulled.status, 200, "{}", pulled.text());
}

fn key_file(folder: &Path, name: &str, keys: &[u8]) -> PathBuf {
    let file = folder.join(name);
    let lines: Vec<_> = keys.iter().map(|number| sealing_key(*number)).collect();
    fs::write(&file, lines.join("\n")).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    file
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_changes_the_key_of_a_service_that_runs() {
    let registry = private_registry().await;
    let mut system = System::start().await;
    log_in(&system, &registry).await;
    let before = keys(&system, "list").await.ok();
    assert!(before.contains("credentials: 1  in force"), "{before}");
    let old = before.split_whitespace().next().unwrap().to_owned();

    let told = keys(&system, "rotate").await.ok();
    assert!(told.contains("credentials sealed anew: 1"), "{told}");
    assert!(told.contains(&format!("{old} is not needed any more")), "{told}");
    let after = keys(&system, "list").await.ok();
    assert!(after.lines().count() == 1 && !after.contains(&old), "{after}");
    assert_it_serves(&system, &registry).await;

    assert!(system.stop_service());
    let refused = keys(&system, "rotate").await.refused();
    assert!(refused.contains("keys are changed while it runs"), "{refused}");
    system.start_service();
    system.ready().await;
    assert_eq!(keys(&system, "list").await.ok(), after);
    assert_it_serves(&system, &registry).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn configured_keys_are_changed_to_the_newest_of_them() {
    let (folder, registry) = (tempfile::tempdir().unwrap(), private_registry().await);
    let file = key_file(folder.path(), "key", &[1]);
    let system = System::with_config(&format!("[credentials]\nkey_file = {file:?}\n")).await;
    log_in(&system, &registry).await;
    let refused = keys(&system, "rotate").await.refused();
    assert!(refused.contains("add a line below it"), "{refused}");
    key_file(folder.path(), "key", &[1, 2]);
    let told = keys(&system, "rotate").await.ok();
    assert!(told.contains("credentials sealed anew: 1") && told.contains("not needed any more"), "{told}");
    key_file(folder.path(), "key", &[2]);
    assert_it_serves(&system, &registry).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_moves_from_the_key_that_it_made_to_a_configured_one() {
    let (folder, registry) = (tempfile::tempdir().unwrap(), private_registry().await);
    let mut system = System::start().await;
    log_in(&system, &registry).await;
    assert!(system.stop_service());
    let file = key_file(folder.path(), "key", &[1]);
    let made = system.data_dir().join("credentials.key");
    system.configure(&format!("[credentials]\nkey_file = {file:?}\nold_key_file = {made:?}\n"));
    system.start_service();
    system.ready().await;
    assert!(keys(&system, "rotate").await.ok().contains("credentials sealed anew: 1"));
    assert!(system.stop_service());
    fs::remove_file(made).unwrap();
    system.configure(&format!("[credentials]\nkey_file = {file:?}\n"));
    system.start_service();
    system.ready().await;
    assert_it_serves(&system, &registry).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_lost_its_key_does_not_start_and_says_what_helps() {
    let (folder, registry) = (tempfile::tempdir().unwrap(), private_registry().await);
    let file = key_file(folder.path(), "key", &[1]);
    let mut system = System::with_config(&format!("[credentials]\nkey_file = {file:?}\n")).await;
    log_in(&system, &registry).await;
    assert!(system.stop_service());
    key_file(folder.path(), "key", &[2]);
    system.start_service();
    let told = system.service().line("credentials are sealed under").await;
    assert!(told.contains(file.to_str().unwrap()) && told.contains("keys forget-lost"), "{told}");
    until("it has ended", async || (!system.service().is_running()).then_some(())).await;

    assert_eq!(keys(&system, "forget-lost").await.ok(), "forgotten credentials: 1\n");
    system.start_service();
    system.ready().await;
    let listed = system.credentials().await.list(ListCredentialsRequest {}).await.unwrap().into_inner();
    assert!(listed.credentials.is_empty());
    log_in(&system, &registry).await;
    assert_it_serves(&system, &registry).await;
}

/// A service that is started by hand, for what comes from the environment.
struct Alone {
    process: Process,
    folder: tempfile::TempDir,
}

impl Alone {
    fn start(config: &str, environment: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let process = Self::process(folder.path(), config, environment);
        Self { process, folder }
    }

    fn process(folder: &Path, config: &str, environment: &[(&str, &str)]) -> Process {
        let file = folder.join("config.toml");
        fs::write(&file, format!("{config}\n[embedded_registry]\nenabled = false\n")).unwrap();
        let mut command = Command::new(binary("image-service"));
        command.args(["serve", "--config"]).arg(file).arg("--data-dir").arg(folder.join("data"));
        command.envs(environment.iter().copied());
        Process::start("image-service", "cargo build", &mut command)
    }

    async fn keys(&self, command: &str) -> Ran {
        let tool = Tool::new(binary("image-service")).args(["keys", command]);
        tool.arg("--data-dir").arg(self.folder.path().join("data")).run().await
    }

    async fn id_of_its_key(&self) -> String {
        self.process.line("listening on").await;
        let listed = self.keys("list").await.ok();
        assert!(listed.lines().count() == 1 && listed.contains("in force"), "{listed}");
        listed.split_whitespace().next().unwrap().to_owned()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_the_same_whether_it_comes_in_a_variable_a_credential_or_a_file() {
    let (folder, key) = (tempfile::tempdir().unwrap(), sealing_key(3));
    let file = key_file(folder.path(), "the.key", &[3]);
    let variable = Alone::start("credentials.key_env = 'THE_KEY'", &[("THE_KEY", &key)]);
    let directory = [("CREDENTIALS_DIRECTORY", folder.path().to_str().unwrap())];
    let credential = Alone::start("credentials.key_credential = 'the.key'", &directory);
    let file = Alone::start(&format!("credentials.key_file = {file:?}"), &[]);
    let id = variable.id_of_its_key().await;
    assert_eq!(credential.id_of_its_key().await, id);
    assert_eq!(file.id_of_its_key().await, id);
    for service in [&variable, &credential, &file] {
        assert!(!service.process.lines().join("\n").contains(&key));
        assert!(!service.folder.path().join("data/credentials.key").exists());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_cannot_be_had_keeps_the_service_from_starting() {
    let folder = tempfile::tempdir().unwrap();
    let open = key_file(folder.path(), "open", &[1]);
    fs::set_permissions(&open, fs::Permissions::from_mode(0o644)).unwrap();
    for (config, told) in [
        ("credentials.key_env = 'NO_SUCH_KEY'".to_owned(), "NO_SUCH_KEY"),
        ("credentials.key_credential = 'key'".to_owned(), "LoadCredential=key:FILE"),
        (format!("credentials.key_file = {open:?}"), "chmod 600"),
        ("[credentials]\nkey_env = 'A'\nkey_file = '/b'".to_owned(), "one source of keys is possible"),
    ] {
        let service = Alone::start(&config, &[]);
        service.process.line(told).await;
    }
}

/// Moto's server.
struct Aws {
    url: String,
    _server: Process,
}

impl Aws {
    async fn start() -> Self {
        let port = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port().to_string();
        let mut command = Command::new(pinned("python/bin/python"));
        command.args(["-m", "moto.server", "-H", "127.0.0.1", "-p", &port]).env_remove("PYTHONPATH");
        let server = Process::start("moto", "make tools", &mut command);
        server.line("Running on").await;
        Self { url: format!("http://127.0.0.1:{port}"), _server: server }
    }

    async fn make_key(&self) -> String {
        let config = aws_config::defaults(aws_config::BehaviorVersion::latest())
            .region(REGION)
            .credentials_provider(aws_credential_types::Credentials::new(
                ACCOUNT, "secret", None, None, "test",
            ))
            .endpoint_url(&self.url);
        let client = aws_sdk_kms::Client::new(&config.load().await);
        client.create_key().send().await.unwrap().key_metadata.unwrap().key_id
    }

    fn config(&self, key: &str) -> String {
        let url = &self.url;
        format!(
            "[ecr]\nregion = '{REGION}'\n[ecr.auth]\nkind = 'static'\naccess_key_id = '{ACCOUNT}'\nsecret_access_key = 's3cret'\n\
             [credentials.kms]\nkey_id = '{key}'\nendpoint_url = '{url}'\n"
        )
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn data_keys_of_kms_are_kept_encrypted_and_changed() {
    let (aws, registry) = (Aws::start().await, private_registry().await);
    let config = aws.config(&aws.make_key().await);
    let mut system = System::with_config(&config).await;
    log_in(&system, &registry).await;
    let before = keys(&system, "list").await.ok();
    assert!(before.contains("credentials: 1  in force"), "{before}");
    assert!(keys(&system, "rotate").await.ok().contains("credentials sealed anew: 1"));
    let after = keys(&system, "list").await.ok();
    assert!(after.lines().count() == 1 && after != before, "{after}");
    assert!(!system.data_dir().join("credentials.key").exists());

    assert!(system.stop_service());
    system.start_service();
    system.ready().await;
    assert_eq!(keys(&system, "list").await.ok(), after);
    assert_it_serves(&system, &registry).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_kms_does_not_have_keeps_the_service_from_starting() {
    let aws = Aws::start().await;
    let service = Alone::start(&aws.config("00000000-0000-0000-0000-000000000000"), &[]);
    let told = service.process.line("NotFoundException").await;
    assert!(told.contains("AWS KMS under 00000000-0000-0000-0000-000000000000: GenerateDataKey"), "{told}");
    let config = aws.config(&aws.make_key().await);
    let mut service = Alone::start(&config, &[]);
    service.id_of_its_key().await;
    // A store with another name is another context: what is bound to this one does not open there.
    assert!(service.process.stop());
    let database = rusqlite::Connection::open(service.folder.path().join("data/state.sqlite")).unwrap();
    database.execute("UPDATE store_identity SET id = 'another'", []).unwrap();
    drop(database);
    service.process = Alone::process(service.folder.path(), &config, &[]);
    service.process.line("InvalidCiphertextException").await;
}
