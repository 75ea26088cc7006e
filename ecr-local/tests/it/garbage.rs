//! What is collected, and what never is.

use std::{
    fs::File,
    time::{Duration, SystemTime},
};

use ecr_local::Collected;
use fixtures::images::{Image, sha256};

use crate::stage::{Stage, read};

/// So long ago that nobody counts on it.
const AGE: &str = "UPDATE repository_blobs SET touched = 0";

async fn collect(stage: &Stage) -> Collected {
    stage.running().collect_garbage().await.unwrap()
}

#[tokio::test]
async fn what_a_manifest_refers_to_is_never_collected() {
    let stage = Stage::start().await;
    let image = Image::oci("one");
    stage.push("app", "v1", &image).await;
    stage.meddle(AGE).await;
    assert_eq!(collect(&stage).await, Collected::default());
    for part in image.layers.iter().chain([&image.config]) {
        stage.get(&format!("/v2/app/blobs/{}", part.digest())).await.expect(200);
    }
}

#[tokio::test]
async fn a_blob_that_nothing_refers_to_goes_after_its_time_of_grace() {
    let stage = Stage::start().await;
    let digest = stage.push_blob("app", "content").await;
    assert_eq!(collect(&stage).await.blobs, 0);
    stage.meddle(AGE).await;
    assert_eq!(collect(&stage).await.blobs, 1);
    stage.get(&format!("/v2/app/blobs/{digest}")).await.refused(404, "BLOB_UNKNOWN");
    assert!(!stage.blob_file(&digest).exists());
    stage.push_blob("app", "content").await;
    stage.get(&format!("/v2/app/blobs/{digest}")).await.expect(200);
}

#[tokio::test]
async fn a_blob_that_another_repository_needs_keeps_its_file() {
    let stage = Stage::start().await;
    let image = Image::oci("one");
    stage.push("app", "v1", &image).await;
    let layer = image.layers[0].digest();
    stage.ask("POST", &format!("/v2/other/blobs/uploads/?mount={layer}&from=app")).await.expect(201);
    stage.meddle(AGE).await;
    assert_eq!(collect(&stage).await.blobs, 0);
    stage.get(&format!("/v2/other/blobs/{layer}")).await.refused(404, "BLOB_UNKNOWN");
    stage.get(&format!("/v2/app/blobs/{layer}")).await.expect(200);
}

/// A client that was told of a blob pushes a manifest next, and does not ask again.
#[tokio::test]
async fn whoever_was_told_of_a_blob_can_count_on_it() {
    let stage = Stage::start().await;
    let image = Image::oci("one");
    for part in image.layers.iter().chain([&image.config]) {
        stage.push_blob("app", part.bytes.clone()).await;
    }
    for tell in ["HEAD", "GET"] {
        stage.meddle(AGE).await;
        for part in image.layers.iter().chain([&image.config]) {
            stage.ask(tell, &format!("/v2/app/blobs/{}", part.digest())).await.expect(200);
        }
        assert_eq!(collect(&stage).await.blobs, 0, "{tell}");
    }
    stage.meddle(AGE).await;
    for part in image.layers.iter().chain([&image.config]) {
        let path = format!("/v2/app/blobs/uploads/?mount={}", part.digest());
        stage.ask("POST", &path).await.expect(201);
    }
    assert_eq!(collect(&stage).await.blobs, 0, "mounted");
    stage.put_manifest("app", "v1", &image.manifest).await.expect(201);
}

#[tokio::test]
async fn the_parts_of_a_deleted_manifest_have_their_time_of_grace() {
    let stage = Stage::start().await;
    let image = Image::oci("one");
    let digest = stage.push("app", "v1", &image).await;
    stage.meddle(AGE).await;
    stage.ask("DELETE", &format!("/v2/app/manifests/{digest}")).await.expect(202);
    assert_eq!(collect(&stage).await.blobs, 0);
    stage.meddle(AGE).await;
    assert_eq!(collect(&stage).await.blobs, 2);
}

#[tokio::test]
async fn a_blob_that_was_deleted_everywhere_loses_its_file() {
    let stage = Stage::start().await;
    let digest = stage.push_blob("app", "content").await;
    stage.ask("DELETE", &format!("/v2/app/blobs/{digest}")).await.expect(202);
    assert_eq!(collect(&stage).await.blobs, 1);
    assert!(!stage.blob_file(&digest).exists());
}

#[tokio::test]
async fn an_upload_that_was_given_up_goes_and_one_that_goes_on_stays() {
    let stage = Stage::start().await;
    let (idle, busy) = (stage.begin_upload("app").await, stage.begin_upload("app").await);
    let (sender, receiver) = tokio::sync::mpsc::channel::<std::io::Result<Vec<u8>>>(1);
    let body = reqwest::Body::wrap_stream(tokio_stream::wrappers::ReceiverStream::new(receiver));
    let request = tokio::spawn(read(stage.request("PATCH", &busy).body(body)));
    let content = vec![b'a'; 1024 * 1024];
    sender.send(Ok(content.clone())).await.unwrap();
    fixtures::process::until("the chunk is being written", async || {
        (stage.get(&busy).await.expect(204).header("range") != "0-0").then_some(())
    })
    .await;
    assert_eq!(collect(&stage).await.uploads, 0);
    for entry in std::fs::read_dir(stage.data_dir().join("uploads")).unwrap() {
        let file = File::options().append(true).open(entry.unwrap().path()).unwrap();
        file.set_modified(SystemTime::UNIX_EPOCH).unwrap();
    }
    assert_eq!(collect(&stage).await.uploads, 1);
    stage.get(&idle).await.refused(404, "BLOB_UPLOAD_UNKNOWN");
    drop(sender);
    request.await.unwrap().expect(202);
    let put = stage.request("PUT", &format!("{busy}?digest={}", sha256(&content)));
    read(put).await.expect(201);
}

#[tokio::test]
async fn a_file_that_a_crash_left_goes_at_the_next_start_and_nothing_else_does() {
    let mut stage = Stage::start().await;
    let held = stage.push_blob("app", "held").await;
    let orphan = stage.blob_file(&sha256(b"orphan"));
    std::fs::create_dir_all(orphan.parent().unwrap()).unwrap();
    std::fs::write(&orphan, "orphan").unwrap();
    let foreign = orphan.with_file_name("not-ours");
    std::fs::write(&foreign, "x").unwrap();
    stage.restart(|builder| builder).await;
    fixtures::process::until("the file is gone", async || (!orphan.exists()).then_some(())).await;
    assert!(foreign.exists());
    stage.get(&format!("/v2/app/blobs/{held}")).await.expect(200);
}

/// With no grace at all, and a collection during every push: what was acknowledged is there, or the push is told that it is not.
#[tokio::test(flavor = "multi_thread")]
async fn pushes_and_collections_at_once_lose_nothing_that_was_acknowledged() {
    let stage = Stage::with(|builder| builder.keep_unused_blobs(Duration::ZERO)).await;
    let image = Image::oci("contended");
    let parts = || image.layers.iter().chain([&image.config]);
    for _ in 0..50 {
        let push = async {
            for part in parts() {
                stage.push_blob("app", part.bytes.clone()).await;
            }
            stage.put_manifest("app", "v1", &image.manifest).await
        };
        let (pushed, _) = tokio::join!(push, collect(&stage));
        if pushed.status == 404 {
            pushed.refused(404, "MANIFEST_BLOB_UNKNOWN");
            continue;
        }
        pushed.expect(201);
        collect(&stage).await;
        for part in parts() {
            let blob = stage.get(&format!("/v2/app/blobs/{}", part.digest())).await.expect(200);
            assert_eq!(blob.body, part.bytes);
        }
        stage.ask("DELETE", &format!("/v2/app/manifests/{}", image.manifest.digest())).await.expect(202);
    }
}
