//! What the store gives is what a service on it tells, whichever the engine: inspect, list, history and resolve.

use std::{fs, os::unix::fs::PermissionsExt, path::Path, sync::Arc};

use fixtures::{process::until, secrets::sealing_key, system::connect};
use futures_util::FutureExt;
use image_service::{
    app,
    config::{Config, KeyConfig, Listen},
    model::{Image, ImageConfig, ImageName, ImageSummary, Reference},
    ports::{ImageStore, ListCursor, Location, Store},
};
use imageservice_proto::v1::{
    HistoryRequest, InspectRequest, ListRequest, ResolveRequest, images_client::ImagesClient,
};
use serving::{Inherited, Shutdown};
use tempfile::TempDir;
use tonic::transport::Channel;

use super::{
    here,
    upkeep::world::{State, both},
};

/// A service on a state, in this process.
struct Service {
    images: ImagesClient<Channel>,
    shutdown: Shutdown,
    running: tokio::task::JoinHandle<anyhow::Result<()>>,
    _dir: TempDir,
}

impl Service {
    async fn on(state: &State) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let socket = dir.path().join("grpc.sock");
        let shutdown = Shutdown::default();
        let config = config(state, dir.path(), &socket);
        let reread = Box::new(|| Err(anyhow::anyhow!("it is read once")));
        let mut running = tokio::spawn(app::run(config, reread, Inherited::default(), shutdown.clone()));
        let accepts = async || {
            let ended = (&mut running).now_or_never();
            assert!(ended.is_none(), "the service has ended: {ended:?}");
            connect(&socket).await.ok()
        };
        let channel = until("the service accepts", accepts).await;
        Self { images: ImagesClient::new(channel), shutdown, running, _dir: dir }
    }

    async fn stop(self) {
        drop(self.images);
        self.shutdown.ask();
        self.running.await.unwrap().unwrap();
    }
}

fn config(state: &State, dir: &Path, socket: &Path) -> Config {
    let key = dir.join("key");
    fs::write(&key, sealing_key(7)).unwrap();
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
    let mut config = Config { listen: Some(Listen::Unix(socket.to_owned())), ..Config::default() };
    config.credentials.key = KeyConfig::File(key);
    config.embedded_registry.enabled = Some(false);
    match state {
        State::Sqlite(folder) => config.data_dir = Some(folder.path().to_owned()),
        State::Postgres(_, url) => {
            config.data_dir = Some(dir.to_owned());
            config.database.url = Some(url.clone().into());
        }
    }
    config
}

/// What the store itself says of an image.
struct Stored {
    summary: ImageSummary,
    image: Arc<Image>,
    locations: Vec<Location>,
}

/// The store is gone when this returns, so that a service can have the folder.
async fn all_stored(state: &State) -> Vec<Stored> {
    let store = state.open().await;
    let all = stored(&*store).await;
    store.close().await;
    all
}

async fn stored(store: &dyn Store) -> Vec<Stored> {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let page = ImageStore::list(store, &here(), after.as_ref(), 3).await.unwrap();
        let Some(last) = page.last() else { return all };
        after = Some(ListCursor { created: last.created, id: Some(last.id.clone()) });
        for summary in page {
            let image = store.find(&here(), &ImageName::Id(summary.id.clone())).await.unwrap().image;
            let locations = store.locations(&here(), &summary.id).await.unwrap();
            all.push(Stored { summary, image, locations });
        }
    }
}

fn familiar<'a>(image: &'a Image) -> impl Iterator<Item = String> + 'a {
    image.references().into_iter().map(|reference| reference.familiar())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_store_lists_a_service_lists_in_the_same_order() {
    for state in both().await {
        let state = state.filled().await;
        let expected = all_stored(&state).await;
        let mut service = Service::on(&state).await;
        let mut list = service.images.list(ListRequest::default()).await.unwrap().into_inner();
        for Stored { summary, image, .. } in &expected {
            let told = list.message().await.unwrap().unwrap();
            assert_eq!((told.id, told.size), (summary.id.to_string(), image.size() as i64));
            let mut names = [told.repo_tags, told.repo_digests].concat();
            let mut known: Vec<_> = familiar(image).collect();
            names.sort();
            known.sort();
            assert_eq!(names, known);
            assert_eq!(told.labels, summary.labels.clone().into_iter().collect());
            assert_eq!(
                told.created.map(|time| time.seconds),
                summary.created.map(|time| time.unix_timestamp())
            );
        }
        assert!(list.message().await.unwrap().is_none() && expected.len() > 8);
        drop(list);
        service.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_store_finds_under_any_name_a_service_tells() {
    for state in both().await {
        let state = state.filled().await;
        let expected = all_stored(&state).await;
        let mut service = Service::on(&state).await;
        for Stored { image, .. } in &expected {
            let short = image.id.hex()[..12].to_owned();
            let names = image.references().iter().map(Reference::to_string).collect::<Vec<_>>();
            for name in names.into_iter().chain(familiar(image)).chain([image.id.to_string(), short]) {
                let request = InspectRequest { name: name.clone(), known_version: String::new() };
                let told = service.images.inspect(request).await.unwrap().into_inner().image.unwrap();
                assert_eq!((told.id, told.config), (image.id.to_string(), image.config.clone()), "{name}");
                assert_eq!(
                    (told.size, told.last_tagged.map(|time| i64::from(time.nanos))),
                    (image.size() as i64, image.last_tagged.map(|time| i64::from(time.nanosecond())))
                );
            }
        }
        let request = InspectRequest { name: "theirs".into(), known_version: String::new() };
        assert_eq!(service.images.inspect(request).await.unwrap_err().code(), tonic::Code::NotFound);
        service.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_store_knows_of_steps_and_places_a_service_tells() {
    for state in both().await {
        let state = state.filled().await;
        let expected = all_stored(&state).await;
        let mut service = Service::on(&state).await;
        let (mut steps, mut places) = (0, 0);
        for Stored { image, locations, .. } in &expected {
            let name = image.id.to_string();
            let told =
                service.images.history(HistoryRequest { name: name.clone() }).await.unwrap().into_inner();
            let mut known = ImageConfig::parse(&image.config).unwrap().history;
            known.reverse();
            let created_by = |step: &image_service::model::HistoryStep| step.created_by.clone();
            let said: Vec<_> = told.entries.iter().map(|entry| entry.created_by.clone()).collect();
            assert_eq!(said, known.iter().map(created_by).collect::<Vec<_>>());
            steps += said.len();

            let told = service.images.resolve(ResolveRequest { name }).await;
            let Ok(told) = told else {
                assert!(locations.is_empty(), "{told:?}");
                continue;
            };
            let told: Vec<_> = told.into_inner().locations.into_iter().map(|place| place.reference).collect();
            assert_eq!(told, locations.iter().map(Location::pullable).collect::<Vec<_>>());
            places += told.len();
        }
        assert!(steps > 1 && places > 8, "{steps} {places}");
        service.stop().await;
    }
}
