//! Draining: by an operator, by a signal, and by an impatient one.

use fixtures::{
    images::Image,
    peers::{Archive, Postgres, Recipe},
    process::until,
    registry::ScriptedRegistry,
    system::System,
};
use http::Method;
use imageservice_proto::v1::{
    ArchiveEnd, DrainRequest, InfoRequest, InfoResponse, LoadOptions, LoadRequest, PullRequest,
    ResumeRequest, TagRequest, WatchEventsRequest, events_client::EventsClient, load_event::Event,
    load_request::Part, system_client::SystemClient,
};
use rustix::process::{Pid, Signal, kill_process};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Status, Streaming, transport::Channel};
use tonic_health::pb::{
    HealthCheckRequest, HealthCheckResponse, health_check_response::ServingStatus,
    health_client::HealthClient,
};
use tonic_types::StatusExt;

async fn admin(system: &System) -> SystemClient<Channel> {
    SystemClient::new(system.channel().await)
}

async fn info(system: &System) -> InfoResponse {
    admin(system).await.info(InfoRequest {}).await.unwrap().into_inner()
}

async fn pull(system: &System, reference: &str) -> Result<(), Status> {
    let request = PullRequest { reference: reference.to_owned(), ..PullRequest::default() };
    let mut events = system.images().await.pull(request).await?.into_inner();
    while events.message().await?.is_some() {}
    Ok(())
}

async fn watch_health(system: &System) -> Streaming<HealthCheckResponse> {
    let mut health = HealthClient::new(system.channel().await);
    let service = "imageservice.v1.Images".to_owned();
    health.watch(HealthCheckRequest { service }).await.unwrap().into_inner()
}

/// Waits until health says so.
async fn says(health: &mut Streaming<HealthCheckResponse>, wanted: ServingStatus) {
    while health.message().await.unwrap().expect("the watch goes on").status() != wanted {}
}

#[track_caller]
fn assert_drained(refused: &Status) {
    assert_eq!(refused.code(), Code::Unavailable, "{refused:?}");
    assert_eq!(refused.get_details_error_info().unwrap().reason, "DRAINING");
    assert!(refused.get_details_retry_info().unwrap().retry_delay.is_some());
}

/// A load whose archive comes when the test sends it.
struct SlowLoad {
    parts: mpsc::Sender<LoadRequest>,
    events: tokio::task::JoinHandle<Result<Vec<Event>, Status>>,
}

impl SlowLoad {
    /// The first half of the archive is on its way when this returns.
    async fn begin(system: &System, archive: &[u8]) -> Self {
        let (parts, sent) = mpsc::channel(8);
        let mut images = system.images().await;
        let events = tokio::spawn(async move {
            let mut events = images.load(ReceiverStream::new(sent)).await?.into_inner();
            let mut told = Vec::new();
            while let Some(event) = events.message().await? {
                told.extend(event.event);
            }
            Ok(told)
        });
        let load = Self { parts, events };
        load.send(Part::Options(LoadOptions::default())).await;
        load.send(Part::Chunk(archive[..archive.len() / 2].to_vec().into())).await;
        until("the load runs", async || (info(system).await.running == 1).then_some(())).await;
        load
    }

    async fn send(&self, part: Part) {
        self.parts.send(LoadRequest { part: Some(part) }).await.unwrap();
    }

    async fn finish(self, archive: &[u8]) -> Result<Vec<Event>, Status> {
        self.send(Part::Chunk(archive[archive.len() / 2..].to_vec().into())).await;
        self.send(Part::End(ArchiveEnd {})).await;
        self.events.await.unwrap()
    }
}

fn archive() -> (Recipe, Vec<u8>) {
    let recipe = Recipe::plain("drained");
    let tar = Archive::docker(&[(&recipe, &["app:1"])]).tar();
    (recipe, tar)
}

fn terminate(system: &mut System) {
    let pid = Pid::from_raw(system.service().pid().try_into().unwrap()).unwrap();
    kill_process(pid, Signal::TERM).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_drained_service_takes_no_new_work_finishes_what_runs_and_answers_everything_else() {
    let (registry, system) = (ScriptedRegistry::start().await, System::start().await);
    registry.push("team/app", "v1", &Image::docker("app"));
    let name = format!("{}/team/app:v1", registry.host());
    pull(&system, &name).await.unwrap();
    let mut health = watch_health(&system).await;
    says(&mut health, ServingStatus::Serving).await;
    let (recipe, tar) = archive();
    let running = SlowLoad::begin(&system, &tar).await;

    let drained = admin(&system).await.drain(DrainRequest {}).await.unwrap().into_inner();
    assert_eq!(drained.running, 1);
    says(&mut health, ServingStatus::NotServing).await;
    assert!(info(&system).await.draining);
    assert_drained(&pull(&system, &name).await.unwrap_err());
    for (answer, what) in [
        (system.engine().pull(&format!("{}/team/app", registry.host()), "v1").await, "a pull"),
        (system.engine().load(tar.clone()).await, "a load"),
        (system.engine().get(&format!("/images/{name}/get")).await, "a save"),
    ] {
        assert_eq!(answer.status, 503, "{what}: {}", answer.text());
        assert!(answer.text().contains("being drained"), "{what}: {}", answer.text());
    }
    assert_eq!(system.engine().get(&format!("/images/{name}/json")).await.status, 200);
    let tag = TagRequest { source: name.clone(), repository: "mine".into(), tag: "1".into() };
    system.images().await.tag(tag).await.unwrap();
    let told = running.finish(&tar).await.unwrap();
    assert!(matches!(told.last(), Some(Event::Loaded(image)) if image.image_id == recipe.image_id()));

    admin(&system).await.resume(ResumeRequest {}).await.unwrap();
    says(&mut health, ServingStatus::Serving).await;
    pull(&system, &name).await.unwrap();
    let info = info(&system).await;
    assert_eq!((info.draining, info.running), (false, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_is_told_to_end_finishes_what_runs_and_says_that_it_is_not_ready() {
    let mut system = System::start().await;
    let mut health = watch_health(&system).await;
    says(&mut health, ServingStatus::Serving).await;
    let mut events = EventsClient::new(system.channel().await);
    let mut watch = events.watch(WatchEventsRequest::default()).await.unwrap().into_inner();
    watch.message().await.unwrap().expect("it begins");
    let (recipe, tar) = archive();
    let running = SlowLoad::begin(&system, &tar).await;
    terminate(&mut system);
    says(&mut health, ServingStatus::NotServing).await;
    assert_drained(&pull(&system, "127.0.0.1:1/nosuch").await.unwrap_err());
    assert_drained(&admin(&system).await.resume(ResumeRequest {}).await.unwrap_err());
    assert!(info(&system).await.draining, "what is short is answered until the end");
    assert!(matches!(watch.message().await, Ok(None)), "who watches is not waited for");
    let told = running.finish(&tar).await.unwrap();
    assert!(matches!(told.last(), Some(Event::Loaded(_))), "{told:?}");
    assert!(system.stop_service(), "it ends by itself, and cleanly");
    system.start_service();
    system.ready().await;
    assert_eq!(system.engine().get("/images/app:1/json").await.json()["Id"], recipe.image_id());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_runs_too_long_is_cut_off_and_leaves_nothing() {
    let mut system = System::with_config("[serving]\ndrain_seconds = 1\n").await;
    let (_, tar) = archive();
    let running = SlowLoad::begin(&system, &tar).await;
    assert!(system.stop_service(), "the load did not keep it");
    assert!(running.events.await.unwrap().is_err());
    system.start_service();
    system.ready().await;
    assert_eq!(system.engine().get("/images/json?all=1").await.json(), serde_json::json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_signal_ends_it_at_once() {
    let mut system = System::with_config("[serving]\ndrain_seconds = 3600\n").await;
    let (_, tar) = archive();
    let running = SlowLoad::begin(&system, &tar).await;
    terminate(&mut system);
    system.service().line("stopping: finishing what is under way").await;
    assert!(system.stop_service(), "the second one is enough");
    assert!(running.events.await.unwrap().is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pull_that_the_registry_holds_up_is_waited_for() {
    let (registry, mut system) = (ScriptedRegistry::start().await, System::start().await);
    registry.push("team/app", "v1", &Image::docker("app"));
    let gate = registry.hold(Method::GET, "/v2/team/app/manifests/v1");
    let name = format!("{}/team/app:v1", registry.host());
    let (images, request) =
        (system.images().await, PullRequest { reference: name.clone(), ..PullRequest::default() });
    let pulling = tokio::spawn(async move { images.clone().pull(request).await.map(drop) });
    gate.reached().await;
    terminate(&mut system);
    system.service().line("stopping: finishing what is under way").await;
    gate.release();
    pulling.await.unwrap().unwrap();
    assert!(system.stop_service());
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_ready_only_while_its_database_answers() {
    let mut server = Postgres::start().await;
    let (url, keys) = (server.database().await, tempfile::tempdir().unwrap());
    let key = keys.path().join("key");
    std::fs::write(&key, "07".repeat(32)).unwrap();
    std::fs::set_permissions(&key, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let config =
        format!("[database]\nurl = {url:?}\n[credentials]\nkey_file = {:?}\n", key.display().to_string());
    let system = System::with_config(&config).await;
    let mut health = watch_health(&system).await;
    says(&mut health, ServingStatus::Serving).await;
    server.kill();
    says(&mut health, ServingStatus::NotServing).await;
    let refused = admin(&system).await.info(InfoRequest {}).await.unwrap_err();
    assert_eq!(refused.get_details_error_info().unwrap().reason, "STORE_UNAVAILABLE");
    server.start_again().await;
    says(&mut health, ServingStatus::Serving).await;
    assert_eq!(info(&system).await.images, 0);
}
