//! Clients that hang up in the middle of a load: before the end of the archive nothing remains, after the first result everything does.

use fixtures::{
    peers::{Archive, Layer, Recipe},
    process::until,
    system::System,
};
use serde_json::json;
use tokio::{io::AsyncWriteExt, net::UnixStream};

use super::staged::assert_pullable;
use crate::client::{read_until, send};

#[tokio::test(flavor = "multi_thread")]
async fn one_that_leaves_before_the_end_of_the_archive_leaves_nothing() {
    let system = System::start().await;
    let mut recipe = Recipe::plain("half");
    recipe.layers.push(Layer::with_file("second", &[b'x'; 1 << 20]));
    let archive = Archive::docker(&[(&recipe, &["app:1"])]).tar();
    for sent in [0, 1, 511, 1024, archive.len() / 2, archive.len() - 1] {
        let mut stream = UnixStream::connect(system.engine().socket()).await.unwrap();
        let length = format!("Content-Length: {}", archive.len());
        // The leave to send says that the load has begun.
        let headers = [length.as_str(), "Expect: 100-continue"];
        send(&mut stream, "POST /v1.41/images/load?quiet=1", &headers, b"").await;
        read_until(&mut stream, "100 Continue").await;
        stream.write_all(&archive[..sent]).await.unwrap();
        if sent == archive.len() / 2 {
            until("a layer is written", async || (system.spooled() > 0).then_some(())).await;
        }
        drop(stream);
        until("nothing is left in the spool", async || (system.spooled() == 0).then_some(())).await;
    }
    assert_eq!(system.engine().get("/images/json?all=1").await.json(), json!([]));
    let answer = system.engine().load(archive).await;
    assert_eq!(answer.results()[0], "Loaded image: app:1");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_leaves_after_the_first_result_loses_none_of_the_images() {
    let system = System::start().await;
    let recipes: Vec<_> = (0..20).map(|number| Recipe::plain(&format!("kept {number}"))).collect();
    let names: Vec<_> = (0..20).map(|number| format!("kept:{number}")).collect();
    let names: Vec<_> = names.iter().map(|name| [name.as_str()]).collect();
    let images: Vec<_> = recipes.iter().zip(&names).map(|(recipe, names)| (recipe, &names[..])).collect();
    let archive = Archive::docker(&images).tar();
    let mut stream = UnixStream::connect(system.engine().socket()).await.unwrap();
    send(&mut stream, "POST /v1.41/images/load?quiet=1", &["Content-Type: application/x-tar"], &archive)
        .await;
    read_until(&mut stream, "Loaded image: kept:0").await;
    drop(stream);
    until("every image is recorded", async || {
        let listed = system.engine().get("/images/json").await.json();
        (listed.as_array().unwrap().len() == recipes.len()).then_some(())
    })
    .await;
    for name in ["kept:0", "kept:10", "kept:19"] {
        assert_pullable(&system, name).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_that_load_the_same_at_once_both_get_it() {
    let system = System::start().await;
    let recipe = Recipe::plain("twice");
    let archive = Archive::docker(&[(&recipe, &["app:1"])]).tar();
    let (one, two) = tokio::join!(system.engine().load(archive.clone()), system.engine().load(archive));
    for answer in [one, two] {
        assert_eq!(
            answer.results(),
            ["Loaded image: app:1".to_owned(), format!("Loaded image ID: {}", recipe.image_id())]
        );
    }
    assert_pullable(&system, "app:1").await;
}
