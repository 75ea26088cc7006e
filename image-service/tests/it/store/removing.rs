use super::{
    Stores, here,
    pulls::{look, name, names, pull, upstream},
};
use image_service::{
    error::{Error, Result},
    model::{Image, Removed},
};

async fn remove(
    stores: &Stores,
    text: &str,
    plan: impl Fn(&Image) -> Result<Vec<Removed>> + Send + Sync + 'static,
) -> Result<Vec<Removed>> {
    stores.images.remove(&here(), &name(text), Box::new(plan)).await
}

/// All names, then the image.
pub(super) fn everything(image: &Image) -> Result<Vec<Removed>> {
    let names = image.references().into_iter().map(Removed::Untagged);
    Ok(names.chain([Removed::Deleted(image.id.clone())]).collect())
}

pub(super) async fn the_plan_sees_the_image_and_its_steps_are_done(stores: &Stores) {
    let [one, other] = ["one", "other"].map(|name| upstream(name).in_index("both"));
    pull(&*stores.images, "app:1", &one).await;
    pull(&*stores.images, "app:2", &one).await;
    pull(&*stores.images, "app:3", &other).await;
    pull(&*stores.images, "elsewhere", &one).await;
    let id = one.id();
    let expected = id.clone();
    let steps = remove(stores, &id.hex()[..12], move |image| {
        assert_eq!(image.id, expected);
        assert_eq!(image.tags.len(), 3);
        everything(image)
    });
    assert_eq!(steps.await.unwrap().len(), 5);
    for text in ["app:1", "app:2", "elsewhere", one.id().hex()] {
        assert!(look(&*stores.images, text).await.is_err(), "{text}");
    }
    assert_eq!(look(&*stores.images, "app:3").await.unwrap().config, other.config());
    assert_eq!(stores.images.count(&here()).await.unwrap(), 1);
}

pub(super) async fn an_untagged_name_is_gone_and_the_image_stays(stores: &Stores) {
    let app = upstream("app");
    let digest = format!("app@{}", app.top());
    pull(&*stores.images, "app:1", &app).await;
    pull(&*stores.images, "app:2", &app).await;
    let untag = |name: &str| {
        let step = Removed::Untagged(name.parse().unwrap());
        remove(stores, "app:2", move |_| Ok(vec![step.clone()]))
    };
    untag("app:1").await.unwrap();
    assert_eq!(names(&look(&*stores.images, "app:2").await.unwrap()), ["app:2", &digest]);
    untag(&digest).await.unwrap();
    assert_eq!(names(&look(&*stores.images, "app:2").await.unwrap()), ["app:2"]);
    untag("app:2").await.unwrap();
    assert!(names(&look(&*stores.images, app.id().hex()).await.unwrap()).is_empty());
}

pub(super) async fn a_plan_that_refuses_changes_nothing(stores: &Stores) {
    pull(&*stores.images, "app", &upstream("app")).await;
    let refuse = |_: &Image| Err(Error::Referenced { short_id: "abc".into() });
    let error = remove(stores, "app", refuse).await.unwrap_err();
    assert!(matches!(error, Error::Referenced { .. }), "{error}");
    assert_eq!(look(&*stores.images, "app").await.unwrap().tags.len(), 1);
}

pub(super) async fn an_image_does_not_go_before_its_names(stores: &Stores) {
    pull(&*stores.images, "app:1", &upstream("app")).await;
    let forgetful = |image: &Image| {
        let steps = everything(image)?;
        Ok(steps.into_iter().skip(1).collect())
    };
    let error = remove(stores, "app:1", forgetful).await.unwrap_err();
    assert!(matches!(error, Error::Internal(_)), "{error}");
    assert_eq!(names(&look(&*stores.images, "app:1").await.unwrap()).len(), 2, "all steps were undone");
}

pub(super) async fn what_is_not_there_cannot_be_removed(stores: &Stores) {
    let error = remove(stores, "nosuch", |_| unreachable!("there is no image to plan for")).await;
    assert_eq!(error.unwrap_err().to_string(), "No such image: nosuch:latest");
}

pub(super) async fn an_image_that_was_removed_can_be_pulled_again(stores: &Stores) {
    let app = upstream("app").in_index("all platforms");
    pull(&*stores.images, "app", &app).await;
    remove(stores, "app", everything).await.unwrap();
    assert!(pull(&*stores.images, "app", &app).await);
    assert_eq!(look(&*stores.images, "app").await.unwrap().config, app.config());
}
