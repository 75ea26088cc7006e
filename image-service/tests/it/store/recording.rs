use super::{
    Stores, here,
    pulls::{amd64, look, name, names, pull, upstream},
};
use image_service::{
    error::Error,
    model::{Digest, Repository, Tag},
    ports::{PulledImage, PulledTag},
};

async fn pulled_tag(stores: &Stores, repository: &str, tag: &str) -> Option<PulledTag> {
    let (repository, tag): (Repository, Tag) = (repository.parse().unwrap(), tag.parse().unwrap());
    stores.images.pulled_tag(&here(), &repository, &tag).await.unwrap()
}

async fn pulled_digest(stores: &Stores, repository: &str, digest: &Digest) -> Option<PulledTag> {
    let repository: Repository = repository.parse().unwrap();
    stores.images.pulled_digest(&here(), &repository, digest).await.unwrap()
}

pub(super) async fn a_pulled_tag_says_what_it_was_pulled_as(stores: &Stores) {
    let app = upstream("app").in_index("all platforms");
    assert!(pull(&*stores.images, "app", &app).await);
    let expected =
        PulledTag { image: app.id(), target: Some(app.top()), platform: Some("linux/amd64".into()) };
    assert_eq!(pulled_tag(stores, "app", "latest").await, Some(expected.clone()));
    assert_eq!(pulled_digest(stores, "app", &app.top()).await, Some(expected));
    assert_eq!(pulled_tag(stores, "app", "other").await, None);
    assert_eq!(pulled_digest(stores, "app", &app.id()).await, None);
}

pub(super) async fn a_second_pull_of_the_same_is_no_news(stores: &Stores) {
    let app = upstream("app");
    assert!(pull(&*stores.images, "app:1", &app).await);
    assert!(!pull(&*stores.images, "app:1", &app).await);
    assert!(pull(&*stores.images, "app:2", &app).await);
    let by_digest = format!("app@{}", app.top());
    assert!(!pull(&*stores.images, &by_digest, &app).await, "the tag brought it");
    assert_eq!(names(&look(&*stores.images, "app:1").await.unwrap()), ["app:1", "app:2", &by_digest]);
}

pub(super) async fn a_tag_that_moves_leaves_the_old_image_with_its_digest_alone(stores: &Stores) {
    let (old, new) = (upstream("old"), upstream("new"));
    pull(&*stores.images, "app:1", &old).await;
    assert!(pull(&*stores.images, "app:1", &new).await);
    assert_eq!(look(&*stores.images, "app:1").await.unwrap().id, new.id());
    let dangling = look(&*stores.images, old.id().hex()).await.unwrap();
    assert_eq!(names(&dangling), [format!("app@{}", old.top())]);
}

pub(super) async fn a_pull_by_digest_gives_no_tag(stores: &Stores) {
    let app = upstream("app");
    let reference = format!("app@{}", app.top());
    assert!(pull(&*stores.images, &reference, &app).await);
    assert!(!pull(&*stores.images, &reference, &app).await);
    assert_eq!(names(&look(&*stores.images, &reference).await.unwrap()), [reference]);
    assert!(look(&*stores.images, "app").await.is_err());
}

pub(super) async fn a_tag_beside_a_digest_is_not_recorded(stores: &Stores) {
    let (old, new) = (upstream("old"), upstream("new"));
    pull(&*stores.images, "app:1", &old).await;
    assert!(pull(&*stores.images, &format!("app:1@{}", new.top()), &new).await);
    assert_eq!(look(&*stores.images, "app:1").await.unwrap().id, old.id());
    let image = look(&*stores.images, new.id().hex()).await.unwrap();
    assert_eq!(names(&image), [format!("app@{}", new.top())]);
}

pub(super) async fn an_index_pulled_for_another_platform_names_the_new_image(stores: &Stores) {
    let [amd, arm] = ["amd", "arm"].map(|name| upstream(name).in_index("both"));
    let reference = format!("app@{}", amd.top());
    pull(&*stores.images, &reference, &amd).await;
    assert!(pull(&*stores.images, &reference, &arm).await);
    assert_eq!(look(&*stores.images, &reference).await.unwrap().id, arm.id());
    assert!(names(&look(&*stores.images, amd.id().hex()).await.unwrap()).is_empty());
}

pub(super) async fn a_new_index_for_the_same_image_adds_a_digest(stores: &Stores) {
    let [first, second] = ["first", "second"].map(|index| upstream("app").in_index(index));
    pull(&*stores.images, "app", &first).await;
    assert!(!pull(&*stores.images, "app", &second).await, "it is the same image");
    assert_eq!(look(&*stores.images, "app").await.unwrap().digests.len(), 2);
    assert_eq!(pulled_tag(stores, "app", "latest").await.unwrap().target, Some(second.top()));
}

pub(super) async fn layer_sizes_follow_the_last_manifest(stores: &Stores) {
    pull(&*stores.images, "app", &upstream("app").layers(&[10, 20])).await;
    pull(&*stores.images, "app", &upstream("app").layers(&[u64::MAX, 1])).await;
    assert_eq!(look(&*stores.images, "app").await.unwrap().layer_sizes, [u64::MAX, 1]);
    let listed = stores.images.list(&here(), None, 10).await.unwrap();
    assert_eq!(listed[0].size, i64::MAX.unsigned_abs(), "no sum overflows");
}

pub(super) async fn a_config_that_cannot_be_read_leaves_nothing_behind(stores: &Stores) {
    let mut resolved = upstream("app").resolved();
    resolved.config = "no config".into();
    let (reference, wanted) = ("app".parse().unwrap(), amd64());
    let pulled = PulledImage { reference: &reference, wanted: &wanted, resolved: &resolved };
    let error = stores.images.record_pull(&here(), pulled).await.unwrap_err();
    assert!(matches!(error, Error::ManifestInvalid { .. }), "{error}");
    assert!(stores.images.find(&here(), &name("app")).await.is_err());
    assert_eq!(stores.images.count(&here()).await.unwrap(), 0);
}

pub(super) async fn a_platform_with_characters_that_no_database_holds_is_kept_without_them(stores: &Stores) {
    let strange = upstream("strange").architecture("am\0d64\n");
    assert!(pull(&*stores.images, "app", &strange).await);
    let image = look(&*stores.images, "app").await.unwrap();
    assert_eq!(image.config, strange.config(), "the config is kept as it is");
    assert_eq!(stores.images.list(&here(), None, 10).await.unwrap()[0].id, strange.id());
    let refused = upstream("refused").operating_system("li\0nux");
    let error = super::pulls::pull_into(&*stores.images, &here(), "other", &refused).await.unwrap_err();
    assert!(matches!(error, Error::ManifestInvalid { .. }), "{error}");
}
