//! The whole service beside a local ECR: images are staged, pushed and pulled by ECR's host names, and nobody has logged in.

use ecr_local::{EcrLocal, Running};
use fixtures::{
    peers::{Archive, Recipe},
    system::System,
};
use tempfile::TempDir;

use super::world::HOST;

/// A local ECR that takes signed calls, and makes no repository on its own.
struct Local {
    running: Running,
    _folder: TempDir,
}

impl Local {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let builder = EcrLocal::builder(folder.path().join("data")).create_on_push(false);
        let running = builder.access_key("AKIDBASE", "s3cret".into(), "123456789012").start().await.unwrap();
        Self { running, _folder: folder }
    }

    /// What the service is told: where ECR is, who it is, and what it may do there.
    fn config(&self, secret: &str, ecr: &str) -> String {
        let url = format!("http://{}", self.running.address());
        format!(
            "[staging]\nrepository = '{HOST}/staging'\n[ecr]\nendpoint_url = '{url}'\n{ecr}\n\
             [ecr.auth]\nkind = 'static'\naccess_key_id = 'AKIDBASE'\nsecret_access_key = '{secret}'\n\
             [registries.'{HOST}']\nendpoint = '{url}'\n"
        )
    }
}

fn archive() -> Vec<u8> {
    let name = format!("{HOST}/team/app:v1");
    Archive::docker(&[(&Recipe::plain("ecr"), &[&name])]).tar()
}

async fn push(system: &System) -> String {
    system.engine().post(&format!("/v1.41/images/{HOST}/team/app/push?tag=v1")).await.text()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_repository_is_named_with_the_remedy_and_not_made() {
    let local = Local::start().await;
    let system = System::with_config(&local.config("s3cret", "")).await;
    let said = system.engine().load(archive()).await.text();
    assert!(said.contains("the repository staging does not exist"), "{said}");
    assert!(said.contains("ecr.create_repository"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_staging_repository_is_made_if_that_is_all_that_is_allowed() {
    let local = Local::start().await;
    let system = System::with_config(&local.config("s3cret", "create_repository = 'staging'")).await;
    system.engine().load(archive()).await;
    let said = push(&system).await;
    assert!(said.contains("the repository team/app does not exist"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_identity_that_aws_does_not_know_is_said_to_be_the_trouble() {
    let local = Local::start().await;
    let system = System::with_config(&local.config("wrong", "create_repository = 'always'")).await;
    let answer = system.engine().pull(&format!("{HOST}/team/app"), "v1").await;
    assert_eq!(answer.status, 500);
    let said = answer.text();
    assert!(said.contains(&format!("cannot get credentials for {HOST} from AWS")), "{said}");
    assert!(!said.contains("wrong"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_is_staged_pushed_pulled_and_saved_without_a_login() {
    let local = Local::start().await;
    let config = local.config("s3cret", "create_repository = 'always'");
    let system = System::with_config(&config).await;
    let loaded = system.engine().load(archive()).await;
    assert_eq!(loaded.status, 200, "{}", loaded.text());
    let name = format!("{HOST}/team/app:v1");
    let pullable = system.pullable(&name).await;
    assert!(pullable.starts_with(&format!("{HOST}/staging@sha256:")), "{pullable}");
    let pushed = push(&system).await;
    assert!(pushed.contains("v1: digest: sha256:"), "{pushed}");
    let saved = system.engine().get(&format!("/v1.41/images/{name}/get")).await;
    assert_eq!(saved.status, 200);
    let looked = system.engine().get(&format!("/v1.41/distribution/{name}/json")).await;
    assert_eq!(looked.status, 200, "{}", looked.text());

    let other = System::with_config(&config).await;
    let pulled = other.engine().pull(&format!("{HOST}/team/app"), "v1").await;
    assert_eq!(pulled.status, 200, "{}", pulled.text());
    let inspected = other.engine().get(&format!("/v1.41/images/{name}/json")).await.json();
    assert_eq!(inspected["Id"], Recipe::plain("ecr").image_id());
    local.running.shutdown().await;
}
