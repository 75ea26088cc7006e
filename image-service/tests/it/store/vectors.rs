use image_service::{
    model::{Digest, LayerMarks, Namespace, Vector},
    ports::{IndexedImage, Likeness, Unindexed},
};

use super::{
    Stores, elsewhere, here,
    pulls::{name, pull, pull_into, upstream},
    removing::everything,
};

const ONE: &str = "one/2";
const OTHER: &str = "other/2";

fn vector() -> Vector {
    Vector::of(&[3.0, 4.0]).unwrap()
}

pub(super) fn anything() -> Likeness {
    Likeness {
        vector: vector(),
        layers: None,
        besides: None,
        labels: vec![],
        platform: None,
        limit: 10,
        minimum_score: 0.0,
    }
}

async fn unindexed(stores: &Stores, namespace: &Namespace) -> Vec<Unindexed> {
    let (images, count) = stores.vectors.unindexed(namespace, 10).await.unwrap();
    assert_eq!(images.len() as u64, count);
    images
}

/// Gives a vector to every image that has none, as of now.
async fn index(stores: &Stores, namespace: &Namespace, embedder: &str) {
    record(stores, namespace, embedder, unindexed(stores, namespace).await).await;
}

async fn record(stores: &Stores, namespace: &Namespace, embedder: &str, images: Vec<Unindexed>) {
    let indexed = |of| IndexedImage { of, vector: Some(vector()), layers: LayerMarks::default() };
    let images = images.into_iter().map(indexed).collect();
    stores.vectors.record_vectors(namespace, embedder, images).await.unwrap();
}

async fn found(stores: &Stores, namespace: &Namespace, embedder: &str) -> Vec<Digest> {
    let nearest = stores.vectors.nearest(namespace, embedder, anything()).await.unwrap();
    nearest.into_iter().map(|neighbour| neighbour.image).collect()
}

pub(super) async fn an_image_is_unindexed_until_its_vector_is_recorded(stores: &Stores) {
    let app = upstream("app");
    pull(&*stores.images, "app", &app).await;
    assert_eq!(stores.vectors.unindexed_namespaces().await.unwrap(), [here()]);
    assert_eq!(unindexed(stores, &here()).await[0].image, app.id());
    assert_eq!(stores.vectors.count_without_vector(&here(), ONE).await.unwrap(), 1);
    index(stores, &here(), ONE).await;
    assert_eq!(stores.vectors.unindexed_namespaces().await.unwrap(), []);
    assert_eq!(stores.vectors.count_without_vector(&here(), ONE).await.unwrap(), 0);
    assert_eq!(stores.vectors.vector(&here(), &app.id(), ONE).await.unwrap(), Some(vector()));
    pull(&*stores.images, "app", &app).await;
    assert_eq!(unindexed(stores, &here()).await, [], "a pull that changes no name changes nothing");
}

pub(super) async fn a_vector_is_found_in_its_own_namespace_alone(stores: &Stores) {
    let (mine, theirs) = (upstream("mine"), upstream("theirs"));
    pull_into(&*stores.images, &here(), "app", &mine).await.unwrap();
    pull_into(&*stores.images, &elsewhere(), "app", &theirs).await.unwrap();
    for namespace in [here(), elsewhere()] {
        index(stores, &namespace, ONE).await;
    }
    assert_eq!(found(stores, &here(), ONE).await, [mine.id()]);
    assert_eq!(found(stores, &elsewhere(), ONE).await, [theirs.id()]);
    assert_eq!(stores.vectors.vector(&here(), &theirs.id(), ONE).await.unwrap(), None);
}

pub(super) async fn a_name_that_changes_while_a_vector_is_made_is_not_lost(stores: &Stores) {
    let app = upstream("app");
    pull(&*stores.images, "app", &app).await;
    let taken = unindexed(stores, &here()).await;
    stores.images.tag(&here(), &name("app"), &"late".parse().unwrap(), &"1".parse().unwrap()).await.unwrap();
    record(stores, &here(), ONE, taken).await;
    assert_eq!(found(stores, &here(), ONE).await, [], "the vector is not of this name");
    let again = unindexed(stores, &here()).await;
    assert_eq!(again[0].image, app.id());
    assert_eq!(stores.vectors.revision(&here(), &app.id()).await.unwrap(), Some(again[0].revision));
}

pub(super) async fn vectors_of_another_embedder_are_not_found_and_can_be_dropped(stores: &Stores) {
    let (old, new) = (upstream("old"), upstream("new"));
    pull(&*stores.images, "old", &old).await;
    index(stores, &here(), ONE).await;
    pull(&*stores.images, "new", &new).await;
    index(stores, &here(), OTHER).await;
    assert_eq!(found(stores, &here(), OTHER).await, [new.id()]);
    assert_eq!(stores.vectors.vector(&here(), &old.id(), OTHER).await.unwrap(), None);
    assert_eq!(stores.vectors.count_without_vector(&here(), OTHER).await.unwrap(), 1);
    assert_eq!(unindexed(stores, &here()).await, []);
    stores.vectors.drop_vectors_of_others(OTHER).await.unwrap();
    assert_eq!(found(stores, &here(), ONE).await, []);
    assert_eq!(found(stores, &here(), OTHER).await, [new.id()]);
    assert_eq!(unindexed(stores, &here()).await[0].image, old.id());
}

pub(super) async fn an_image_that_can_have_no_vector_is_indexed_and_not_found(stores: &Stores) {
    pull(&*stores.images, "app", &upstream("app")).await;
    let of = unindexed(stores, &here()).await.remove(0);
    let nothing = IndexedImage { of, vector: None, layers: LayerMarks::default() };
    stores.vectors.record_vectors(&here(), ONE, vec![nothing]).await.unwrap();
    assert_eq!(unindexed(stores, &here()).await, []);
    assert_eq!(found(stores, &here(), ONE).await, []);
    assert_eq!(stores.vectors.count_without_vector(&here(), ONE).await.unwrap(), 1);
}

pub(super) async fn a_removed_image_takes_its_vector_along(stores: &Stores) {
    let app = upstream("app");
    pull(&*stores.images, "app", &app).await;
    let taken = unindexed(stores, &here()).await;
    stores.images.remove(&here(), &name("app"), Box::new(everything)).await.unwrap();
    record(stores, &here(), ONE, taken).await;
    assert_eq!(found(stores, &here(), ONE).await, []);
    assert_eq!(stores.vectors.revision(&here(), &app.id()).await.unwrap(), None);
}

pub(super) async fn an_image_that_was_removed_and_came_again_is_not_indexed_by_a_vector_from_before(
    stores: &Stores,
) {
    let app = upstream("app");
    pull(&*stores.images, "app", &app).await;
    stores.images.tag(&here(), &name("app"), &"more".parse().unwrap(), &"1".parse().unwrap()).await.unwrap();
    let taken = unindexed(stores, &here()).await;
    stores.images.remove(&here(), &name(&app.id().to_string()), Box::new(everything)).await.unwrap();
    pull(&*stores.images, "app", &app).await;
    record(stores, &here(), ONE, taken).await;
    assert_eq!(found(stores, &here(), ONE).await, []);
    assert_eq!(unindexed(stores, &here()).await[0].image, app.id());
}
