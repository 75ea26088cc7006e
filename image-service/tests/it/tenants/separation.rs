//! Two teams at one service: what one has, the other does not see.

use std::fs;

use fixtures::{peers::Recipe, registry::ScriptedRegistry};
use image_service::model::BearerToken;
use imageservice_proto::v1::{
    DistributionInspectRequest, HistoryRequest, IndexRequest, ListRequest, PullRequest, PushRequest,
    RemoveRequest, ResolveRequest, SaveRequest, SearchRequest, TagRequest, load_event::Event,
    search_request::Like,
};
use tonic::{Code, Status};

use super::world::{Caller, World, identity, reason};

/// One service, and an admin of each team.
pub(super) struct Teams {
    pub(super) a: Caller,
    pub(super) b: Caller,
    /// Where both stage, each apart.
    pub(super) staging: ScriptedRegistry,
    pub(super) world: World,
}

impl Teams {
    pub(super) async fn gather() -> Self {
        let (folder, staging) = (tempfile::tempdir().unwrap(), ScriptedRegistry::start().await);
        let tokens = folder.path().join("tokens");
        let (a, b) = (BearerToken::random().unwrap(), BearerToken::random().unwrap());
        fs::write(&tokens, format!("a {}\nb {}\n", a.hash(), b.hash())).unwrap();
        let identities = identity("a", "team-a", "admin", "") + &identity("b", "team-b", "admin", "");
        let config = format!(
            "staging.repository = '{}/staging'\n[access]\ntoken_file = {tokens:?}\n{identities}",
            staging.host()
        );
        let world = World::local(folder, &config).await;
        Self { a: world.with(&a).await, b: world.with(&b).await, staging, world }
    }
}

async fn names(caller: &Caller) -> Vec<String> {
    let mut images = caller.images().list(ListRequest::default()).await.unwrap().into_inner();
    let mut names = Vec::new();
    while let Some(image) = images.message().await.unwrap() {
        names.extend(image.repo_tags);
    }
    names.sort();
    names
}

#[tokio::test(flavor = "multi_thread")]
async fn one_name_is_another_image_for_each_team() {
    let Teams { a, b, staging: _staging, world: _world } = Teams::gather().await;
    let (one, two) = (Recipe::plain("one"), Recipe::plain("two"));
    a.load(&one, "app:1").await.unwrap();
    assert_eq!(names(&b).await, Vec::<String>::new());
    b.load(&two, "app:1").await.unwrap();
    b.load(&two, "mine:1").await.unwrap();

    assert_eq!(a.inspect("app:1").await.unwrap(), one.image_id());
    assert_eq!(b.inspect("app:1").await.unwrap(), two.image_id());
    assert_eq!(
        (names(&a).await, names(&b).await),
        (vec!["app:1".to_owned()], vec!["app:1".into(), "mine:1".into()])
    );
    for (caller, images) in [(&a, 1), (&b, 1)] {
        let info = caller.system().info(imageservice_proto::v1::InfoRequest {}).await.unwrap().into_inner();
        assert_eq!(info.images, images);
    }

    let remove = RemoveRequest { name: "app:1".into(), force: true };
    a.images().remove(remove).await.unwrap();
    assert_eq!(b.inspect("app:1").await.unwrap(), two.image_id());
    assert_eq!(a.inspect("app:1").await.unwrap_err().code(), Code::NotFound);
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_names_the_other_teams_image_names_nothing() {
    let Teams { a, b, staging: _staging, world: _world } = Teams::gather().await;
    let recipe = Recipe::plain("secret");
    a.load(&recipe, "team/secret:1").await.unwrap();
    let (id, short) = (recipe.image_id(), recipe.image_id()["sha256:".len()..][..12].to_owned());
    for name in ["team/secret:1", &id, &short] {
        assert_eq!(a.inspect(name).await.unwrap(), id);
        for answer in on_name(&b, name).await {
            assert_eq!(reason(Err::<(), _>(answer)), "IMAGE_NOT_FOUND", "{name}");
        }
    }
    let push = PushRequest { repository: "team/secret".into(), ..PushRequest::default() };
    let mut pushing = b.images().push(push).await.unwrap().into_inner();
    let refusal = loop {
        match pushing.message().await {
            Ok(event) => assert!(event.is_some(), "it was to be refused"),
            Err(refusal) => break refusal,
        }
    };
    assert_eq!(reason(Err::<(), _>(refusal)), "IMAGE_NOT_FOUND");
    assert_eq!(a.inspect("team/secret:1").await.unwrap(), id, "and nothing has become of it");
}

/// The refusals of every call that takes the name of an image.
async fn on_name(caller: &Caller, name: &str) -> Vec<Status> {
    let name = || name.to_owned();
    let mut images = caller.images();
    vec![
        caller.inspect(&name()).await.unwrap_err(),
        images.history(HistoryRequest { name: name() }).await.unwrap_err(),
        images.resolve(ResolveRequest { name: name() }).await.unwrap_err(),
        images.save(SaveRequest { names: vec![name()] }).await.unwrap_err(),
        images.remove(RemoveRequest { name: name(), force: true }).await.unwrap_err(),
        images
            .tag(TagRequest { source: name(), repository: "mine".into(), tag: "1".into() })
            .await
            .unwrap_err(),
        caller.similarity().index(IndexRequest { name: name() }).await.unwrap_err(),
        caller.similarity().search(search(Like::Image(name()))).await.unwrap_err(),
        caller
            .similarity()
            .search(SearchRequest { shares_layers_with: name(), ..search(Like::Text("secret".into())) })
            .await
            .unwrap_err(),
    ]
}

fn search(like: Like) -> SearchRequest {
    SearchRequest { like: Some(like), limit: 10, ..SearchRequest::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_finds_the_callers_own_images() {
    let Teams { a, b, staging: _staging, world: _world } = Teams::gather().await;
    a.load(&Recipe::plain("one"), "postgres:one").await.unwrap();
    b.load(&Recipe::plain("two"), "postgres:two").await.unwrap();
    for caller in [&a, &b] {
        let mut indexing = caller.similarity().index(IndexRequest::default()).await.unwrap().into_inner();
        while indexing.message().await.unwrap().is_some() {}
    }
    for (caller, name) in [(&a, "postgres:one"), (&b, "postgres:two")] {
        let found =
            caller.similarity().search(search(Like::Text("postgres".into()))).await.unwrap().into_inner();
        let found: Vec<_> = found.images.into_iter().flat_map(|image| image.repo_tags).collect();
        assert_eq!(found, [name]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_layer_that_the_other_team_has_staged_is_not_known_and_has_to_be_brought() {
    let Teams { a, b, staging, world: _world } = Teams::gather().await;
    let recipe = Recipe::plain("shared");
    let known = |told: Vec<imageservice_proto::v1::LoadEvent>| {
        told.into_iter().find_map(|event| match event.event {
            Some(Event::Layer(layer)) => Some(layer.known),
            _ => None,
        })
    };
    assert_eq!(known(a.load(&recipe, "app:1").await.unwrap()), Some(false));
    assert_eq!(known(a.load(&recipe, "app:2").await.unwrap()), Some(true));
    assert_eq!(
        known(b.load(&recipe, "app:1").await.unwrap()),
        Some(false),
        "whether another has it is not told"
    );
    let of = |caller: &Caller| {
        let mut images = caller.images();
        async move { images.resolve(ResolveRequest { name: "app:1".into() }).await.unwrap().into_inner() }
    };
    for (caller, team) in [(&a, "team-a"), (&b, "team-b")] {
        let place = of(caller).await.pullable_reference;
        assert!(place.starts_with(&format!("{}/staging/{team}@sha256:", staging.host())), "{place}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_team_has_staged_the_other_cannot_read_through_the_service() {
    let Teams { a, b, staging, world: _world } = Teams::gather().await;
    a.load(&Recipe::plain("secret"), "app:1").await.unwrap();
    let place = a.images().resolve(ResolveRequest { name: "app:1".into() }).await.unwrap().into_inner();
    let staged = place.pullable_reference;
    staging.forget_requests();
    let theirs = format!("{}/staging/team-a", staging.host());

    let pull = |reference: &str, all_tags| PullRequest {
        reference: reference.to_owned(),
        all_tags,
        ..PullRequest::default()
    };
    for (reference, all_tags) in [(&staged, false), (&theirs, true), (&theirs, false)] {
        assert_eq!(reason(b.pull(pull(reference, all_tags)).await), "DENIED_OR_NOT_FOUND", "{reference}");
    }
    let inspect =
        DistributionInspectRequest { reference: staged.clone(), ..DistributionInspectRequest::default() };
    assert_eq!(reason(b.images().distribution_inspect(inspect.clone()).await), "DENIED_OR_NOT_FOUND");
    assert_eq!(staging.request_lines(), Vec::<String>::new(), "the registry was not even asked");

    b.load(&Recipe::plain("mine"), "mine:1").await.unwrap();
    let tag = TagRequest { source: "mine:1".into(), repository: theirs.clone(), tag: "x".into() };
    b.images().tag(tag).await.unwrap();
    let push = PushRequest { repository: theirs, tag: "x".into(), ..PushRequest::default() };
    let mut pushing = b.images().push(push).await.unwrap().into_inner();
    pushing.message().await.unwrap();
    assert_eq!(reason(pushing.message().await), "DENIED_OR_NOT_FOUND");

    assert!(a.images().distribution_inspect(inspect).await.is_ok(), "its owner may");
    assert!(a.pull(pull(&staged, false)).await.is_ok(), "its owner may");
}
