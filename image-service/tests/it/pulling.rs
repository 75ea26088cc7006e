//! Pulling, from the operation to the registry and the store: who shares what, who is asked again, and what is kept.

use std::{collections::HashMap, sync::Arc, time::Duration};

use fixtures::{
    images::{self, Image},
    registry::{Reply, ScriptedRegistry},
};
use http::Method;
use image_service::{
    archive::{ArchiveReader, SaveLayout},
    config::{Config, PullConfig},
    embedding::FeatureHashing,
    error::Error,
    model::{Caller, Credential, Namespace},
    ops::{ListFilters, Operations, Ports, PullEvent, PullRequest},
    registry::RegistryClient,
    secrets::Seal,
    store::SqliteStore,
};
use tempfile::TempDir;
use tokio::task::JoinSet;

const MANIFEST: &str = "/v2/team/app/manifests/v1";

/// The operations over a real store and the real client.
struct Service {
    operations: Operations,
    _data: TempDir,
}

async fn service(pull: PullConfig) -> Service {
    service_with(pull, &Config::default()).await
}

async fn service_with(pull: PullConfig, config: &Config) -> Service {
    let data = tempfile::tempdir().unwrap();
    let seal = Arc::new(Seal::in_data_dir(data.path()).unwrap());
    let store = Arc::new(SqliteStore::open(data.path(), seal).await.unwrap());
    let registry = Arc::new(RegistryClient::new(&config.registries, false).unwrap());
    let ports = Ports {
        images: store.clone(),
        locations: store.clone(),
        credentials: store.clone(),
        keys: store.clone(),
        events: store.clone(),
        registry: registry.clone(),
        writer: registry,
        archives: Arc::new(ArchiveReader::default()),
        layout: Arc::new(SaveLayout),
        staging: HashMap::new(),
        embedder: Arc::new(FeatureHashing::new(16)),
        vectors: store,
    };
    let operations = Operations::new(ports, &pull, &config.staging).unwrap();
    Service { operations, _data: data }
}

impl Service {
    async fn pull(&self, request: PullRequest) -> Result<Vec<PullEvent>, Error> {
        let mut pulling = self.operations.pull(Arc::new(Caller::anyone()), request).await?;
        let mut events = Vec::new();
        while let Some(event) = pulling.next().await? {
            events.push(event);
        }
        Ok(events)
    }

    async fn images(&self) -> usize {
        let mut listing = self.operations.list(Namespace::default(), ListFilters::default()).await.unwrap();
        listing.next_page().await.unwrap().len()
    }
}

fn of(reference: &str) -> PullRequest {
    PullRequest {
        reference: reference.to_owned(),
        tag: String::new(),
        all_tags: false,
        platform: None,
        credential: None,
    }
}

fn by(user: &str, request: PullRequest) -> PullRequest {
    let credential = Credential::Password { username: user.to_owned(), password: "s3cret".into() };
    PullRequest { credential: Some(credential), ..request }
}

fn newer(events: &[PullEvent]) -> bool {
    matches!(events.last(), Some(PullEvent::Finished { newer: true, .. }))
}

async fn registry_with_app() -> (ScriptedRegistry, Image) {
    let (registry, image) = (ScriptedRegistry::start().await, Image::docker("app"));
    registry.push("team/app", "v1", &image);
    (registry, image)
}

fn app(registry: &ScriptedRegistry) -> String {
    format!("{}/team/app:v1", registry.host())
}

#[tokio::test]
async fn two_hundred_callers_at_once_make_one_upstream_sequence() {
    let (service, (registry, image)) =
        (Arc::new(service(PullConfig::default()).await), registry_with_app().await);
    registry.push("team/other", "v1", &Image::docker("other"));
    let gate = registry.hold(Method::GET, MANIFEST);
    let mut callers = JoinSet::new();
    for _ in 0..200 {
        let (service, reference) = (Arc::clone(&service), app(&registry));
        callers.spawn(async move { service.pull(of(&reference)).await });
    }
    gate.reached().await;
    // The store serves in turn: when a caller that came last has been served, all others have joined.
    service.pull(of(&format!("{}/team/other:v1", registry.host()))).await.unwrap();
    gate.release();
    for pulled in callers.join_all().await {
        assert!(newer(&pulled.unwrap()));
    }
    let asked: Vec<_> =
        registry.request_lines().into_iter().filter(|line| line.contains("team/app")).collect();
    let config = format!("GET /v2/team/app/blobs/{}", image.id());
    assert_eq!(asked, [format!("GET {MANIFEST}"), config]);
}

#[tokio::test]
async fn a_caller_that_leaves_does_not_end_the_pull_of_the_others() {
    let (service, (registry, _)) =
        (Arc::new(service(PullConfig::default()).await), registry_with_app().await);
    let gate = registry.hold(Method::GET, MANIFEST);
    let pull = || {
        let (service, reference) = (Arc::clone(&service), app(&registry));
        tokio::spawn(async move { service.pull(of(&reference)).await })
    };
    let leader = pull();
    gate.reached().await;
    let follower = pull();
    registry.push("team/other", "v1", &Image::docker("other"));
    service.pull(of(&format!("{}/team/other:v1", registry.host()))).await.unwrap();
    leader.abort();
    assert!(leader.await.unwrap_err().is_cancelled());
    gate.release();
    assert!(newer(&follower.await.unwrap().unwrap()));
    assert_eq!(registry.count(Method::GET, MANIFEST), 1);
}

#[tokio::test]
async fn a_failure_is_shared_with_who_waits_and_forgotten_at_once() {
    let (service, (registry, _)) = (service(PullConfig::default()).await, registry_with_app().await);
    registry.next(Method::GET, MANIFEST, Reply::error(404, "MANIFEST_UNKNOWN", "manifest unknown"));
    let error = service.pull(of(&app(&registry))).await.unwrap_err();
    assert!(matches!(error.root(), Error::ManifestUnknown { .. }), "{error}");
    assert!(newer(&service.pull(of(&app(&registry))).await.unwrap()));
}

#[tokio::test]
async fn what_one_caller_pulled_is_not_given_to_one_whom_the_registry_refuses() {
    let (service, (registry, image)) = (service(PullConfig::default()).await, registry_with_app().await);
    registry.require_basic([("alice", "s3cret")]);
    let by_digest = format!("{}/team/app@{}", registry.host(), image.manifest.digest());
    for reference in [app(&registry), by_digest] {
        service.pull(by("alice", of(&reference))).await.unwrap();
        let error = service.pull(by("mallory", of(&reference))).await.unwrap_err();
        assert!(matches!(error.root(), Error::CredentialsRejected { .. }), "{reference}: {error}");
        let error = service.pull(of(&reference)).await.unwrap_err();
        assert!(matches!(error.root(), Error::CredentialsRequired { .. }), "{reference}: {error}");
    }
}

#[tokio::test]
async fn what_a_mirror_gives_to_everyone_proves_nothing_once_the_mirror_is_silent() {
    let ((registry, image), (mirror, _)) = (registry_with_app().await, registry_with_app().await);
    registry.require_basic([("alice", "s3cret")]);
    let config = format!(
        "[registries.'registry.example']\nendpoint = '{}'\nmirrors = ['{}']",
        registry.url(""),
        mirror.url("")
    );
    let trusting = PullConfig { tag_ttl: Duration::from_secs(600), ..PullConfig::default() };
    let service = service_with(trusting, &toml::from_str(&config).unwrap()).await;
    let by_digest = format!("registry.example/team/app@{}", image.manifest.digest());
    for reference in ["registry.example/team/app:v1", by_digest.as_str()] {
        mirror.behave();
        for _fetched_then_probed in 0..2 {
            service.pull(by("mallory", of(reference))).await.unwrap();
        }
        assert_eq!(registry.requests().len(), 0);
        for method in [Method::GET, Method::HEAD] {
            mirror.always(method, "*", Reply::status(404));
        }
        let error = service.pull(by("mallory", of(reference))).await.unwrap_err();
        assert!(matches!(error.root(), Error::CredentialsRejected { .. }), "{reference}: {error}");
        registry.forget_requests();
    }
}

#[tokio::test]
async fn a_digest_that_is_held_is_not_asked_for_while_the_callers_access_is_proven() {
    let (service, (registry, image)) = (service(PullConfig::default()).await, registry_with_app().await);
    registry.require_basic([("alice", "s3cret"), ("bob", "s3cret")]);
    let by_digest = format!("{}/team/app@{}", registry.host(), image.manifest.digest());
    service.pull(by("alice", of(&by_digest))).await.unwrap();
    registry.forget_requests();
    assert!(!newer(&service.pull(by("alice", of(&by_digest))).await.unwrap()));
    assert_eq!(registry.requests().len(), 0);
    assert!(!newer(&service.pull(by("bob", of(&by_digest))).await.unwrap()));
    assert_eq!(
        registry.count(Method::HEAD, "/v2/team/app/manifests/*"),
        1,
        "bob has to prove his own access"
    );
    assert_eq!(registry.count(Method::GET, "*"), 0);
}

#[tokio::test]
async fn an_unchanged_tag_costs_one_head_and_none_within_its_ttl() {
    let (asks, registry) = (service(PullConfig::default()).await, registry_with_app().await.0);
    let trusting = PullConfig { tag_ttl: Duration::from_secs(600), ..PullConfig::default() };
    let trusts = service(trusting).await;
    for (service, lines) in [(asks, vec![format!("HEAD {MANIFEST}")]), (trusts, vec![])] {
        assert!(newer(&service.pull(of(&app(&registry))).await.unwrap()));
        registry.forget_requests();
        assert!(!newer(&service.pull(of(&app(&registry))).await.unwrap()));
        assert_eq!(registry.request_lines(), lines);
    }
}

#[tokio::test]
async fn a_tag_that_moved_is_fetched_again() {
    let (service, (registry, _)) = (service(PullConfig::default()).await, registry_with_app().await);
    service.pull(of(&app(&registry))).await.unwrap();
    registry.push("team/app", "v1", &Image::docker("app, rebuilt"));
    assert!(newer(&service.pull(of(&app(&registry))).await.unwrap()));
    assert_eq!(service.images().await, 2, "the old image stays, without its tag");
}

#[tokio::test]
async fn a_pull_puts_a_repo_digest_back_that_was_removed() {
    let (service, (registry, image)) = (service(PullConfig::default()).await, registry_with_app().await);
    service.pull(of(&app(&registry))).await.unwrap();
    let by_digest = format!("{}/team/app@{}", registry.host(), image.manifest.digest());
    let here = Namespace::default();
    service.operations.remove(&here, &by_digest, false).await.unwrap();
    assert!(!newer(&service.pull(of(&app(&registry))).await.unwrap()), "the tag is what it was");
    let found = service.operations.inspect(&here, &by_digest).await.unwrap();
    assert_eq!(found.image.id.to_string(), image.id());
}

#[tokio::test]
async fn an_image_that_is_removed_while_its_tag_is_checked_is_fetched_again() {
    let (service, (registry, image)) =
        (Arc::new(service(PullConfig::default()).await), registry_with_app().await);
    service.pull(of(&app(&registry))).await.unwrap();
    let gate = registry.hold(Method::HEAD, MANIFEST);
    let pulling = tokio::spawn({
        let (service, reference) = (Arc::clone(&service), app(&registry));
        async move { service.pull(of(&reference)).await }
    });
    gate.reached().await;
    service.operations.remove(&Namespace::default(), &image.id(), false).await.unwrap();
    gate.release();
    assert!(newer(&pulling.await.unwrap().unwrap()));
    assert_eq!(service.images().await, 1);
}

#[tokio::test]
async fn another_platform_of_an_unchanged_index_is_fetched() {
    let service = service(PullConfig::default()).await;
    let registry = ScriptedRegistry::start().await;
    let (amd64, arm64) = (Image::for_platform("a", "linux/amd64"), Image::for_platform("b", "linux/arm64"));
    for image in [&amd64, &arm64] {
        registry.push_untagged("team/app", image);
    }
    let entries = [amd64.manifest.entry("linux/amd64"), arm64.manifest.entry("linux/arm64")];
    let index = images::index("application/vnd.oci.image.index.v1+json", &entries);
    registry.put_manifest("team/app", Some("v1"), &index);

    for (platform, image) in [(None, &amd64), (Some("linux/arm64"), &arm64), (None, &amd64)] {
        let platform = platform.map(|platform: &str| platform.parse().unwrap());
        let events = service.pull(PullRequest { platform, ..of(&app(&registry)) }).await.unwrap();
        let Some(PullEvent::Completed { digest, image: id, newer, .. }) = events.get(1) else {
            panic!("{events:?}");
        };
        assert_eq!((digest.to_string(), id.to_string()), (index.digest(), image.id()));
        assert!(newer, "the tag now names the other image");
    }
}

#[tokio::test]
async fn another_build_of_windows_in_an_unchanged_index_is_fetched() {
    let service = service(PullConfig::default()).await;
    let registry = ScriptedRegistry::start().await;
    let builds = ["10.0.17763.1", "10.0.20348.1"];
    let images = builds.map(|build| {
        let config = |c: &mut serde_json::Value| c["os.version"] = build.into();
        images::ImageBuilder::new(build).platform("windows/amd64").config(config).build()
    });
    let entries = [0, 1].map(|n| {
        registry.push_untagged("team/app", &images[n]);
        let mut entry = images[n].manifest.entry("windows/amd64");
        entry["platform"]["os.version"] = builds[n].into();
        entry
    });
    let index = images::index("application/vnd.oci.image.index.v1+json", &entries);
    registry.put_manifest("team/app", Some("v1"), &index);
    for (wanted, image) in [("windows(10.0.17763)/amd64", 0), ("windows(10.0.20348)/amd64", 1)] {
        let request = PullRequest { platform: wanted.parse().ok(), ..of(&app(&registry)) };
        let events = service.pull(request).await.unwrap();
        let Some(PullEvent::Completed { image: id, .. }) = events.get(1) else { panic!("{events:?}") };
        assert_eq!(id.to_string(), images[image].id(), "{wanted}");
    }
}

#[tokio::test]
async fn a_single_image_of_another_platform_is_pulled_with_a_warning() {
    let service = service(PullConfig::default()).await;
    let registry = registry_with_app().await.0;
    let asked = |platform: &str| PullRequest { platform: platform.parse().ok(), ..of(&app(&registry)) };
    let events = service.pull(asked("linux/s390x")).await.unwrap();
    let warning = format!(
        "image with reference {} was found but its platform (linux/amd64) does not match the specified platform (linux/s390x)",
        app(&registry)
    );
    assert!(events.contains(&PullEvent::Warning(warning)), "{events:?}");
    let events = service.pull(asked("linux/amd64")).await.unwrap();
    assert!(!events.iter().any(|event| matches!(event, PullEvent::Warning(_))), "{events:?}");
}

#[tokio::test]
async fn every_tag_is_pulled_and_one_line_ends_them_all() {
    let (service, (registry, image)) = (service(PullConfig::default()).await, registry_with_app().await);
    registry.push("team/app", "v2", &image);
    let reference = format!("{}/team/app", registry.host());
    let events = service.pull(PullRequest { all_tags: true, ..of(&reference) }).await.unwrap();
    let finished = PullEvent::Finished { reference: reference.parse().unwrap(), newer: true };
    assert_eq!(events.len(), 5, "{events:?}");
    assert_eq!(events.last(), Some(&finished));
    assert_eq!(service.images().await, 1);
}

#[tokio::test]
async fn every_tag_is_pulled_though_pages_overlap_and_one_is_empty_and_the_list_has_no_end() {
    let (service, (registry, image)) = (service(PullConfig::default()).await, registry_with_app().await);
    registry.push("team/app", "v2", &image);
    let list = "/v2/team/app/tags/list";
    let page = |tags: serde_json::Value, cursor: &str| {
        let link = format!("<{list}?token={cursor}>; rel=\"next\"");
        Reply::json(200, &serde_json::json!({"tags": tags})).header("Link", &link)
    };
    registry.next(Method::GET, list, page(serde_json::json!(["v1"]), "a"));
    registry.next(Method::GET, list, page(serde_json::json!([]), "b"));
    registry.next(Method::GET, list, page(serde_json::json!(["v1", "v2"]), "a"));
    registry.always(Method::GET, list, page(serde_json::json!(["v1"]), "b"));
    let reference = format!("{}/team/app", registry.host());
    let events = service.pull(PullRequest { all_tags: true, ..of(&reference) }).await.unwrap();
    assert_eq!(events.len(), 5, "two for each tag and the end: {events:?}");
    assert_eq!(registry.count(Method::GET, list), 4);
    registry.behave();
    registry.always(Method::GET, list, page(serde_json::json!([]), "x"));
    let error = service.pull(PullRequest { all_tags: true, ..of(&reference) }).await.unwrap_err();
    assert!(matches!(error.root(), Error::RepositoryUnknown { .. }), "{error}");
}

#[tokio::test]
async fn what_fails_to_be_verified_leaves_nothing_behind() {
    let (service, (registry, image)) = (service(PullConfig::default()).await, registry_with_app().await);
    let config = format!("/v2/team/app/blobs/{}", image.id());
    registry.always(Method::GET, &config, Reply::body(200, "{}"));
    let error = service.pull(of(&app(&registry))).await.unwrap_err();
    assert!(matches!(error.root(), Error::ContentMismatch { .. }), "{error}");
    assert_eq!(service.images().await, 0);
}

#[tokio::test]
async fn names_that_no_registry_has_are_refused_without_asking() {
    let service = service(PullConfig::default()).await;
    for (reference, tag, text) in [
        ("scratch", "latest", "'scratch' is a reserved name"),
        ("UPPER", "latest", "invalid reference format: repository name (library/UPPER) must be lowercase"),
        ("foo", "bad!", "invalid tag format"),
        ("foo", "sha256:abc", "invalid tag format"),
        ("", "", "invalid reference format"),
    ] {
        let request = PullRequest { tag: tag.to_owned(), ..of(reference) };
        assert_eq!(service.pull(request).await.unwrap_err().to_string(), text);
    }
}
