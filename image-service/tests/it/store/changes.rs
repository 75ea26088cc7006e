//! Each kind of change that a store makes, to be stopped in the middle.

use std::sync::Arc;

use image_service::{
    error::Result,
    model::{Credential, Digest, EventAction, LayerMarks, Vector},
    ports::{Deed, IndexedImage, Loaded, Sealer, Store},
};
use time::{Duration, OffsetDateTime};

use super::{
    Stores,
    full::ghcr,
    here,
    locations::{archived, layer, staged, staging},
    pulls::{look, name, pull_into, upstream},
    removing::everything,
    upkeep::world::{State, sealer, sealer_of},
};

/// What it is, and where it is stopped: as late as it can be.
pub(super) const CHANGES: [(&str, &str, &str); 19] = [
    ("pull", "INSERT", "tags"),
    ("tag", "UPDATE", "image_configs"),
    ("remove", "DELETE", "images"),
    ("load", "INSERT", "tags"),
    ("push", "INSERT", "repo_digests"),
    ("log in", "INSERT", "credentials"),
    ("log out", "DELETE", "credentials"),
    ("change the key", "UPDATE", "sealing_keys"),
    ("seal anew", "UPDATE", "credentials"),
    ("let keys go", "DELETE", "sealing_keys"),
    ("forget what is lost", "DELETE", "credentials"),
    ("vectors", "UPDATE", "image_vectors"),
    ("another embedder", "UPDATE", "image_vectors"),
    ("layer", "INSERT", "staged_layers"),
    ("forget a layer", "DELETE", "staged_layers"),
    ("note", "INSERT", "manifest_notes"),
    ("forget a manifest", "DELETE", "manifest_notes"),
    ("deeds", "INSERT", "events"),
    ("sweep", "DELETE", "events"),
];

/// The keys that a service has which makes the change: those that the state has from before are of `sealer`.
pub(super) fn sealer_for(change: &str) -> Arc<dyn Sealer> {
    match change {
        "change the key" | "seal anew" | "let keys go" => sealer_of(&[7, 8]),
        "forget what is lost" => sealer_of(&[9]),
        _ => sealer(),
    }
}

/// The keys that open everything, before the change and after it.
pub(super) fn all_keys_for(change: &str) -> Arc<dyn Sealer> {
    match change {
        "forget what is lost" => sealer(),
        change => sealer_for(change),
    }
}

/// A state with everything in it, just before the change.
pub(super) async fn prepare(state: State, change: &str) -> State {
    let state = state.filled().await;
    let store = state.open_with(sealer_for(change)).await;
    if matches!(change, "seal anew" | "let keys go") {
        store.change_key().await.unwrap();
    }
    if change == "let keys go" {
        store.reseal().await.unwrap();
    }
    store.close().await;
    state
}

/// Makes the change.
pub(super) async fn make(store: &Arc<dyn Store>, change: &str) -> Result<()> {
    let stores = Stores::of(Arc::clone(store));
    let (images, locations) = (&*stores.images, &*stores.locations);
    let image = archived("killed", &["app:1", "killed:1"]);
    let staged = staged(&image);
    match change {
        "pull" => pull_into(images, &here(), "app:1", &upstream("killed").in_index("both")).await.map(drop),
        "tag" => {
            let (repository, tag) = ("app".parse().unwrap(), "1".parse().unwrap());
            images.tag(&here(), &name("app:moving"), &repository, &tag).await.map(drop)
        }
        "remove" => images.remove(&here(), &name("loaded:1"), Box::new(everything)).await.map(drop),
        "load" => {
            let loaded = Loaded { image: &image, is_import: false, staged: Some(&staged) };
            locations.record_load(&here(), loaded).await.map(drop)
        }
        "push" => {
            let loaded = look(images, "loaded:1").await.unwrap();
            let target = "registry.example/killed".parse().unwrap();
            locations.record_push(&here(), &loaded.id, &target, &staged.manifest).await
        }
        "log in" => {
            let bob = Credential::Password { username: "bob".into(), password: "s3cret".into() };
            stores.credentials.put(&here(), &ghcr(), &bob).await
        }
        "log out" => stores.credentials.forget(&here(), &ghcr()).await.map(drop),
        "change the key" => store.change_key().await.map(drop),
        "seal anew" => store.reseal().await.map(drop),
        "let keys go" => store.discard_keys().await.map(drop),
        "forget what is lost" => store.forget_lost().await.map(drop),
        "vectors" => {
            let (unindexed, _) = stores.vectors.unindexed(&here(), 100).await?;
            let vector = Vector::of(&[1.0, 2.0]);
            let made = unindexed.into_iter();
            let made =
                made.map(|of| IndexedImage { of, vector: vector.clone(), layers: LayerMarks::default() });
            stores.vectors.record_vectors(&here(), "another/2", made.collect()).await
        }
        "another embedder" => stores.vectors.drop_vectors_of_others("another/2").await,
        "layer" => locations.record_layer(&staging(), &layer("killed")).await,
        "forget a layer" => locations.forget_layer(&staging(), &layer("brought").diff_id).await,
        "note" => locations.note_manifest(&staging(), &Digest::of(b"killed")).await,
        "forget a manifest" => locations.forget_manifest(&staging(), &Digest::of(b"left behind")).await,
        "deeds" => {
            let image = look(images, "loaded:1").await.unwrap().id;
            let deed = Deed { namespace: here(), action: EventAction::Save, image, reference: None };
            stores.events.note(vec![deed]).await
        }
        "sweep" => {
            let before = OffsetDateTime::now_utc() + Duration::HOUR;
            stores.events.sweep_events(1, before).await.map(drop)
        }
        other => panic!("{other}"),
    }
}
