//! A state with something of everything in it, and with names that are hard to keep.

use bytes::Bytes;
use image_service::{
    model::{Credential, Digest, LayerMarks, RegistryHost, Vector},
    ports::{ArchivedImage, IndexedImage, Loaded, StagedLayer},
};

use super::{
    Stores, elsewhere, here,
    locations::{archived, layer, staged, staging},
    pulls::{name, pull, pull_into, upstream},
    removing::everything,
};

/// Fills an empty store.
pub(super) async fn fill(stores: &Stores) {
    pull_images(stores).await;
    load_images(stores).await;
    log_in(stores).await;
    make_vectors(stores).await;
    // After the vectors, so that one of them is out of date.
    stores
        .images
        .tag(&here(), &name("app:1"), &"late".parse().unwrap(), &"1".parse().unwrap())
        .await
        .unwrap();
}

/// Changes something of everything.
pub(super) async fn change(stores: &Stores) {
    let images = &*stores.images;
    pull(images, "app:1", &upstream("newer")).await;
    images.tag(&here(), &name("app:moving"), &"app".parse().unwrap(), &"x".parse().unwrap()).await.unwrap();
    images.remove(&here(), &name("app:arm"), Box::new(everything)).await.unwrap();
    let image = archived("another", &["loaded:1", "another:1"]);
    let staged = staged(&image);
    let loaded = Loaded { image: &image, is_import: false, staged: Some(&staged) };
    stores.locations.record_load(&here(), loaded).await.unwrap();
    stores.credentials.forget(&here(), &ghcr()).await.unwrap();
}

pub(super) fn ghcr() -> RegistryHost {
    "ghcr.io".parse().unwrap()
}

async fn pull_images(stores: &Stores) {
    let images = &*stores.images;
    let [amd, arm] = ["amd", "arm"].map(|name| upstream(name).in_index("both"));
    pull(images, "app:1", &amd).await;
    pull(images, "app:arm", &arm).await;
    pull(images, "app:moving", &upstream("before")).await;
    pull(images, "app:moving", &upstream("after").created(None).layers(&[])).await;
    pull_into(images, &elsewhere(), "app:1", &upstream("theirs")).await.unwrap();
    pull_into(images, &elsewhere(), "app:2", &amd).await.unwrap();
    pull(images, "gone", &upstream("gone")).await;
    images.remove(&here(), &name("gone"), Box::new(everything)).await.unwrap();
    let long = format!("host.example:65535/{}:{}", ["a"; 100].join("/"), "t".repeat(128));
    pull(images, "strange:platform", &upstream("strange").architecture("am\0d64")).await;
    for hard in ["[::1]:5000/a__b/c-d.e:_", "dbcc1", "sha256:dbcc1", &long] {
        pull(images, hard, &upstream(hard).created(Some("0001-01-01T00:00:00Z"))).await;
    }
}

async fn load_images(stores: &Stores) {
    let store = &*stores.locations;
    for label in ["loaded", "not text", "labelled"] {
        let image = strange(label);
        let staged = staged(&image);
        let is_staged = label != "labelled";
        let loaded = Loaded { image: &image, is_import: false, staged: is_staged.then_some(&staged) };
        store.record_load(&here(), loaded).await.unwrap();
        store.record_layer(&staging(), &layer(label)).await.unwrap();
    }
    let image = strange("loaded");
    let target = "registry.example/team/app".parse().unwrap();
    store.record_push(&here(), &image.id, &target, &staged(&image).manifest).await.unwrap();
    store.note_manifest(&staging(), &Digest::of(b"left behind")).await.unwrap();
    let brought = StagedLayer { made_here: false, ..layer("brought") };
    store.record_layer(&staging(), &brought).await.unwrap();
}

/// Configs that are hard to keep: bytes that are no text, and labels with every character.
fn strange(label: &str) -> ArchivedImage {
    let mut image = archived(label, &[&format!("{}:1", label.replace(' ', "-"))]);
    let config = match label {
        "not text" => {
            let mut config = image.config.to_vec();
            config.pop();
            config.extend_from_slice(b",\"unknown\":\"\xff\xfe\"}");
            Bytes::from(config)
        }
        "labelled" => {
            let text = String::from_utf8(image.config.to_vec()).unwrap();
            let text = text.replace("\"os\":", "\"history\":[{\"created_by\":\"one\",\"created\":\"2024-05-01T10:00:00Z\"},{\"empty_layer\":true}],\"os\":");
            text.replace("{\"name\":", "{\"\\u0000\":\"\\u0000\\u001f\\ud83d\\ude00\\\\\\\"\",\"name\":")
                .into()
        }
        _ => image.config.clone(),
    };
    image.id = Digest::of(&config);
    image.config = config;
    image
}

async fn log_in(stores: &Stores) {
    let alice = Credential::Password { username: "alice|\n\u{85}ä".into(), password: "s3cret".into() };
    let token = Credential::IdentityToken { username: "<token>".into(), token: "s3cret too".into() };
    for (namespace, registry, credential) in [
        (here(), "ghcr.io", &alice),
        (here(), "127.0.0.1:5000", &token),
        (elsewhere(), "ghcr.io", &Credential::RegistryToken("s3cret as well".into())),
    ] {
        stores.credentials.put(&namespace, &registry.parse().unwrap(), credential).await.unwrap();
    }
}

/// In one namespace: every second image has a vector, one can have none.
async fn make_vectors(stores: &Stores) {
    let (images, _) = stores.vectors.unindexed(&here(), 100).await.unwrap();
    let made = images.into_iter().step_by(2).enumerate().map(|(number, of)| IndexedImage {
        of,
        vector: Vector::of(&[number as f64, 1.5, -0.25]).filter(|_| number > 0),
        layers: LayerMarks::default(),
    });
    stores.vectors.record_vectors(&here(), "builtin/3", made.collect()).await.unwrap();
}
