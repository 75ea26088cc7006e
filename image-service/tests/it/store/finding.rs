use super::{
    Stores, elsewhere, here,
    pulls::{look, name, names, pull, pull_into, upstream},
};
use image_service::error::Error;

pub(super) async fn an_image_is_found_by_its_id_its_tag_and_its_repo_digest(stores: &Stores) {
    let app = upstream("app").in_index("all platforms");
    pull(&*stores.images, "ghcr.io/team/app:1", &app).await;
    let hex = app.id().hex().to_owned();
    let digest = format!("ghcr.io/team/app@{}", app.top());
    for text in [&hex, &format!("sha256:{hex}"), "ghcr.io/team/app:1", &digest] {
        let image = look(&*stores.images, text).await.unwrap();
        assert_eq!(image.id, app.id(), "{text}");
        assert_eq!(image.config, app.config());
        assert_eq!(image.layer_sizes, [1000, 24]);
        assert_eq!(names(&image), ["ghcr.io/team/app:1", &digest]);
        assert_eq!(image.last_tagged, None);
    }
}

pub(super) async fn a_tag_wins_over_an_id_that_begins_alike(stores: &Stores) {
    let (one, other) = (upstream("one"), upstream("other"));
    let beginning = one.id().hex()[..8].to_owned();
    pull(&*stores.images, "one", &one).await;
    assert_eq!(look(&*stores.images, &beginning).await.unwrap().id, one.id());
    pull(&*stores.images, &beginning, &other).await;
    assert_eq!(look(&*stores.images, &beginning).await.unwrap().id, other.id());
    assert_eq!(look(&*stores.images, one.id().hex()).await.unwrap().id, one.id());
}

pub(super) async fn an_id_is_found_by_its_beginning_if_no_other_begins_alike(stores: &Stores) {
    let app = upstream("app");
    pull(&*stores.images, "app", &app).await;
    let id = app.id();
    for length in [1, 2, 12, 63] {
        let beginning = &id.hex()[..length];
        for text in [beginning.to_owned(), format!("sha256:{beginning}")] {
            assert_eq!(look(&*stores.images, &text).await.unwrap().id, app.id(), "{text}");
        }
    }
}

pub(super) async fn a_beginning_that_two_ids_share_is_ambiguous(stores: &Stores) {
    // Of 17 IDs, two begin with the same of 16 digits.
    let images: Vec<_> = (0..17).map(|number| upstream(&format!("app{number}"))).collect();
    for (number, image) in images.iter().enumerate() {
        pull(&*stores.images, &format!("app:{number}"), image).await;
    }
    let digits: Vec<_> = images.iter().map(|image| image.id().hex()[..1].to_owned()).collect();
    let shared =
        digits.iter().find(|digit| digits.iter().filter(|other| other == digit).count() > 1).unwrap();
    let error = stores.images.find(&here(), &name(shared)).await.unwrap_err();
    assert!(matches!(&error, Error::AmbiguousId { name } if name == shared), "{error}");
}

pub(super) async fn a_digest_decides_and_counts_only_for_its_own_repository(stores: &Stores) {
    let (old, new) = (upstream("old"), upstream("new"));
    pull(&*stores.images, "app:1", &old).await;
    pull(&*stores.images, "app:1", &new).await;
    for text in
        [format!("app@{}", old.top()), format!("app:1@{}", old.top()), format!("app:no@{}", old.top())]
    {
        assert_eq!(look(&*stores.images, &text).await.unwrap().id, old.id(), "{text}");
    }
    let foreign = format!("other@{}", old.top());
    assert_eq!(look(&*stores.images, &foreign).await.unwrap_err(), format!("No such image: {foreign}"));
}

pub(super) async fn what_is_not_there_is_named_as_docker_names_it(stores: &Stores) {
    let id = "a".repeat(64);
    for (text, shown) in [
        ("nosuch", "nosuch:latest"),
        ("docker.io/library/nosuch:1", "nosuch:1"),
        ("abc", "abc:latest"),
        (&id, &format!("sha256:{id}")),
    ] {
        assert_eq!(look(&*stores.images, text).await.unwrap_err(), format!("No such image: {shown}"));
    }
}

pub(super) async fn namespaces_do_not_see_each_other(stores: &Stores) {
    let (app, theirs) = (upstream("app"), upstream("theirs"));
    pull(&*stores.images, "app:1", &app).await;
    pull_into(&*stores.images, &elsewhere(), "app:1", &theirs).await.unwrap();
    assert_eq!(look(&*stores.images, "app:1").await.unwrap().id, app.id());
    assert_eq!(stores.images.find(&elsewhere(), &name("app:1")).await.unwrap().image.id, theirs.id());
    assert!(look(&*stores.images, theirs.id().hex()).await.is_err());
    assert!(look(&*stores.images, &theirs.id().hex()[..20]).await.is_err());
    assert_eq!(stores.images.count(&elsewhere()).await.unwrap(), 1);
}

pub(super) async fn a_version_stays_until_something_changes(stores: &Stores) {
    pull(&*stores.images, "app", &upstream("app")).await;
    let find = async || stores.images.find(&here(), &name("app")).await.unwrap();
    let (first, second) = (find().await, find().await);
    assert_eq!(first.version, second.version);
    pull(&*stores.images, "app:other", &upstream("app")).await;
    let third = find().await;
    assert_ne!(third.version, first.version);
    assert_eq!(third.image.tags.len(), 2);
}
