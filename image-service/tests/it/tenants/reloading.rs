//! SIGHUP: who may call changes while the service runs, and only for the better.

use std::fs;

use image_service::model::BearerToken;
use imageservice_proto::v1::InfoRequest;
use tonic::Code;

use super::world::{Caller, World, identity, reason};

/// A service that knows `robot` by a token.
struct Stage {
    world: World,
    robot: BearerToken,
    other: BearerToken,
}

impl Stage {
    async fn new(more: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (robot, other) = (BearerToken::random().unwrap(), BearerToken::random().unwrap());
        let lines = |name: &str, token: &BearerToken| format!("{name} {}\n", token.hash());
        fs::write(folder.path().join("one"), lines("robot", &robot)).unwrap();
        fs::write(folder.path().join("both"), lines("robot", &robot) + &lines("other", &other)).unwrap();
        let config = access("one", &identity("robot", "default", "reader", ""));
        let config = format!("{more}{}", config.replace("FOLDER", folder.path().to_str().unwrap()));
        Self { world: World::over_tcp(folder, &config).await, robot, other }
    }

    /// Writes another configuration, and waits for what is said of it.
    async fn reload(&mut self, config: &str, said: &str) {
        let config = config.replace("FOLDER", self.world.folder().to_str().unwrap());
        let file = self.world.folder().join("config.toml");
        fs::write(file, format!("embedded_registry.enabled = false\n{config}")).unwrap();
        self.world.process().hang_up();
        self.world.process().line(said).await;
    }

    async fn robot(&self) -> Caller {
        self.world.with(&self.robot).await
    }

    async fn assert_robot_reads(&self) {
        self.robot().await.system().info(InfoRequest {}).await.unwrap();
    }
}

/// `[access]` with a token file.
fn access(tokens: &str, identities: &str) -> String {
    format!("[access]\ntoken_file = 'FOLDER/{tokens}'\n{identities}")
}

const IN_USE: &str = "access is as configured now";
const STAYS: &str = "access stays as it was: ";

#[tokio::test(flavor = "multi_thread")]
async fn roles_and_identities_are_others_from_the_next_call_on() {
    let mut stage = Stage::new("").await;
    let (open, other) = (stage.robot().await, stage.world.with(&stage.other).await);
    assert_eq!(open.inspect("app:1").await.unwrap_err().code(), Code::NotFound);
    assert_eq!(reason(other.inspect("app:1").await), "CALLER_UNKNOWN");

    let identities = identity("robot", "default", "loader", "") + &identity("other", "team-b", "reader", "");
    stage.reload(&access("both", &identities), IN_USE).await;
    assert_eq!(other.inspect("app:1").await.unwrap_err().code(), Code::NotFound);
    open.load(&fixtures::peers::Recipe::plain("loaded"), "app:1").await.unwrap();
    assert_eq!(other.inspect("app:1").await.unwrap_err().code(), Code::NotFound, "it is another namespace's");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_taken_out_is_refused_on_a_connection_that_is_open() {
    let mut stage = Stage::new("").await;
    let open = stage.robot().await;
    open.system().info(InfoRequest {}).await.unwrap();
    fs::write(stage.world.folder().join("none"), "").unwrap();
    stage.reload(&access("none", &identity("other", "default", "reader", "")), IN_USE).await;
    assert_eq!(reason(open.system().info(InfoRequest {}).await), "CALLER_UNKNOWN");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_used_is_told_of_and_the_old_stays() {
    let mut stage = Stage::new("").await;
    let reader = identity("robot", "default", "reader", "");
    for (config, mistake) in [
        ("[access\n".to_owned(), "config.toml:2:"),
        (access("one", &reader.replace("reader", "king")), "a role is reader, puller"),
        (access("one", &(reader.clone() + &reader)), "robot is there twice"),
        (access("missing", &reader), "access.token_file: it is not there"),
        (access("both", &reader), "there is no identity"),
        (access("one", &reader) + "certificates = ['CN:robot']\n", "tls.client_ca must say whose to believe"),
    ] {
        stage.reload(&config, mistake).await;
        stage.assert_robot_reads().await;
    }
    stage.world.process().line(STAYS).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_reload_opens_the_service_to_everyone() {
    let mut stage = Stage::new("").await;
    let uids = identity("robot", "default", "reader", "uids = [1]");
    for (config, mistake) in [
        (String::new(), "whoever reaches the service may do everything"),
        (uids, "to end with tokens takes a restart"),
    ] {
        stage.reload(&config, mistake).await;
        assert_eq!(
            reason(Caller::on(stage.world.channel().await).system().info(InfoRequest {}).await),
            "CALLER_UNKNOWN"
        );
        stage.assert_robot_reads().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_namespace_that_has_no_place_to_stage_in_waits_for_a_start() {
    let staging = "staging.repository = 'registry.example.com/staging'\n";
    let mut stage = Stage::new(staging).await;
    let identities = identity("robot", "team-b", "reader", "");
    let config = format!("{staging}{}", access("one", &identities));
    stage.reload(&config, "team-b has no place to stage in").await;
    stage.assert_robot_reads().await;
}
