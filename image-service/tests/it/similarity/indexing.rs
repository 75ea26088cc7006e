use fixtures::{peers::Recipe, process::until, system::System};
use imageservice_proto::v1::{IndexRequest, RemoveRequest, TagRequest, index_event::Event};

use super::world::{ENABLED, ON_DEMAND, found, index, indexed, like_image, like_text, load, search};

async fn tag(system: &System, source: &str, repository: &str) {
    let request = TagRequest { source: source.into(), repository: repository.into(), tag: String::new() };
    system.images().await.tag(request).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_word_nothing_is_indexed_and_one_image_is_when_someone_asks() {
    let system = System::with_config(ON_DEMAND).await;
    load(&system, &[(&Recipe::plain("one"), &["one:1"]), (&Recipe::plain("two"), &["two:1"])]).await;
    let answer = search(&system, like_text("one")).await.unwrap();
    assert_eq!((answer.images.len(), answer.not_indexed), (0, 2));
    let finished = index(&system, "one:1").await.unwrap();
    assert_eq!(
        (finished.indexed, finished.without_vector, finished.embedder.as_str()),
        (1, 0, "hashing-1/256")
    );
    let answer = search(&system, like_text("one")).await.unwrap();
    assert_eq!((answer.images.len(), answer.not_indexed), (1, 1));
    assert_eq!(index(&system, "one:1").await.unwrap().indexed, 1, "one that is named is indexed anew");
    assert_eq!(index(&system, "").await.unwrap().indexed, 1, "of all, those that need it");
    assert_eq!(index(&system, "").await.unwrap().indexed, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn indexing_tells_how_far_it_is() {
    let system = System::with_config(ON_DEMAND).await;
    let recipes: Vec<_> = (0..40).map(|n| Recipe::plain(&format!("image {n}"))).collect();
    let images: Vec<(&Recipe, &[&str])> = recipes.iter().map(|recipe| (recipe, &[][..])).collect();
    load(&system, &images).await;
    let request = IndexRequest { name: String::new() };
    let mut events = system.similarity().await.index(request).await.unwrap().into_inner();
    let mut told = Vec::new();
    while let Some(event) = events.message().await.unwrap() {
        told.push(match event.event.unwrap() {
            Event::Progress(progress) => (progress.indexed, progress.remaining),
            Event::Finished(finished) => (finished.indexed, -1),
        });
    }
    assert_eq!(told, [(32, 8), (40, 0), (40, -1)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_name_is_found_and_one_that_went_is_not() {
    let system = System::with_config(ENABLED).await;
    load(&system, &[(&Recipe::plain("app"), &["plain:1"]), (&Recipe::plain("other"), &["zebra:1"])]).await;
    indexed(&system, 2).await;
    let score = async || {
        let images = search(&system, like_text("giraffe")).await.unwrap().images;
        images.into_iter().find(|image| image.repo_tags.contains(&"plain:1".to_owned())).unwrap().score
    };
    let before = score().await;
    tag(&system, "plain:1", "team/giraffe").await;
    until("the new name counts", async || (score().await > before + 0.15).then_some(())).await;
    let request = RemoveRequest { name: "team/giraffe".into(), force: false };
    system.images().await.remove(request).await.unwrap();
    until("the name that went no longer counts", async || (score().await == before).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_that_is_removed_is_not_found_any_more() {
    let system = System::with_config(ENABLED).await;
    load(&system, &[(&Recipe::plain("app"), &["app:1"]), (&Recipe::plain("other"), &["other:1"])]).await;
    indexed(&system, 2).await;
    let request = RemoveRequest { name: "app:1".into(), force: false };
    system.images().await.remove(request).await.unwrap();
    assert_eq!(found(&system, like_text("app")).await, ["other:1"]);
    assert_eq!(search(&system, like_text("app")).await.unwrap().not_indexed, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_not_indexed_before_a_crash_is_after_it() {
    let mut system = System::with_config(ON_DEMAND).await;
    load(&system, &[(&Recipe::plain("one"), &["one:1"]), (&Recipe::plain("two"), &["two:1"])]).await;
    index(&system, "one:1").await.unwrap();
    tag(&system, "one:1", "renamed").await;
    system.kill_service();
    system.configure(ENABLED);
    system.start_service();
    system.ready().await;
    indexed(&system, 2).await;
    assert_eq!(found(&system, like_text("renamed")).await[0], "one:1");
    let finished = index(&system, "").await.unwrap();
    assert_eq!(finished.indexed, 0, "the new name was indexed as well");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_embedder_does_not_use_the_vectors_of_the_one_before() {
    let mut system = System::with_config(ENABLED).await;
    load(&system, &[(&Recipe::plain("one"), &["one:1"]), (&Recipe::plain("two"), &["two:1"])]).await;
    indexed(&system, 2).await;
    assert!(system.stop_service());
    system.configure("[similarity]\ndimensions = 32\n");
    system.start_service();
    system.ready().await;
    let answer = search(&system, like_text("one")).await.unwrap();
    assert_eq!((answer.images.len(), answer.not_indexed, answer.embedder.as_str()), (0, 2, "hashing-1/32"));
    assert!(search(&system, like_image("one:1")).await.is_err(), "its vector is of another embedder");
    assert_eq!(index(&system, "").await.unwrap().indexed, 2);
    assert!(system.stop_service());
    system.configure(ENABLED);
    system.start_service();
    system.ready().await;
    indexed(&system, 2).await;
    assert_eq!(search(&system, like_text("one")).await.unwrap().embedder, "hashing-1/256");
}
