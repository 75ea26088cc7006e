use super::{
    Stores, here,
    pulls::{look, name, names, pull, upstream},
};
use image_service::{
    error::Result,
    model::{Digest, Reference, Tag},
};
use time::OffsetDateTime;

async fn tag(stores: &Stores, source: &str, target: &str) -> Result<Digest> {
    let target = target.parse::<Reference>().unwrap();
    let tag = target.tag.unwrap_or_else(Tag::latest);
    stores.images.tag(&here(), &name(source), &target.repository, &tag).await
}

pub(super) async fn a_new_name_finds_the_image_and_dates_it(stores: &Stores) {
    let app = upstream("app");
    pull(&*stores.images, "app:1", &app).await;
    let before = OffsetDateTime::now_utc();
    assert_eq!(tag(stores, "app:1", "localhost:5000/team/app:new").await.unwrap(), app.id());
    let image = look(&*stores.images, "localhost:5000/team/app:new").await.unwrap();
    assert!(image.last_tagged.unwrap() >= before);
    let digest = format!("app@{}", app.top());
    assert_eq!(names(&image), ["app:1", &digest, "localhost:5000/team/app:new"]);
}

pub(super) async fn a_name_in_use_moves(stores: &Stores) {
    let (old, new) = (upstream("old"), upstream("new"));
    pull(&*stores.images, "app:old", &old).await;
    pull(&*stores.images, "app:new", &new).await;
    tag(stores, "app:new", "app:old").await.unwrap();
    assert_eq!(look(&*stores.images, "app:old").await.unwrap().id, new.id());
    assert!(look(&*stores.images, old.id().hex()).await.unwrap().tags.is_empty());
}

pub(super) async fn any_way_to_name_the_source_will_do(stores: &Stores) {
    let app = upstream("app");
    pull(&*stores.images, "app", &app).await;
    let (id, digest) = (app.id(), format!("app@{}", app.top()));
    let short = format!("sha256:{}", &id.hex()[..12]);
    for (number, source) in [&id.to_string(), id.hex(), &id.hex()[..4], &short, &digest].iter().enumerate() {
        assert_eq!(tag(stores, source, &format!("copy:{number}")).await.unwrap(), id, "{source}");
    }
    assert_eq!(look(&*stores.images, "copy:4").await.unwrap().tags.len(), 6);
}

pub(super) async fn a_missing_source_changes_nothing(stores: &Stores) {
    let app = upstream("app");
    pull(&*stores.images, "app", &app).await;
    let error = tag(stores, "nosuch", "app").await.unwrap_err();
    assert_eq!(error.to_string(), "No such image: nosuch:latest");
    assert_eq!(look(&*stores.images, "app").await.unwrap().id, app.id());
}

pub(super) async fn a_tag_made_here_has_no_target(stores: &Stores) {
    let (app, other) = (upstream("app"), upstream("other"));
    pull(&*stores.images, "app:1", &app).await;
    pull(&*stores.images, "app:2", &other).await;
    tag(stores, "app:1", "app:2").await.unwrap();
    let (repository, two) = ("app".parse().unwrap(), "2".parse().unwrap());
    let pulled = stores.images.pulled_tag(&here(), &repository, &two).await.unwrap().unwrap();
    assert_eq!((pulled.image, pulled.target, pulled.platform), (app.id(), None, None));
}
