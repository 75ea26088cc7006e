//! Loads against a registry and a store in memory.

mod fakes;
mod forms;
mod yard;

use std::sync::{Arc, atomic::Ordering::SeqCst};

use time::OffsetDateTime;
use yard::{Layer, TestYard, content, gunzip, hand, image};

use crate::{
    error::Error,
    model::{Digest, MediaType, Target},
    ports::{OfferedLayer, Staging},
};

/// A few blocks.
const LARGE: usize = 700_000;

#[tokio::test]
async fn an_upload_that_breaks_ends_the_load_before_its_archive_ends() {
    let yard = TestYard::new();
    yard.registry.breaks.store(true, SeqCst);
    let session = yard.begin();
    let layer = Layer::plain(content(1, LARGE));
    let read = hand(session.intake(), vec![layer.clone()]).await.unwrap();
    assert!(matches!(session.failed().await.root(), Error::RegistryUnavailable { .. }));
    let next = hand(session.intake(), vec![Layer::plain(content(2, 10))]).await;
    assert!(matches!(next.unwrap_err().root(), Error::RegistryUnavailable { .. }));
    let staged = session.stage(&image(vec![read[0].0.clone()])).await;
    assert!(matches!(staged.unwrap_err().root(), Error::RegistryUnavailable { .. }));
    assert!(yard.locations.layers.lock().unwrap().is_empty(), "nothing is recorded");
    drop(session);
    yard.spool_is_empty().await;
}

#[tokio::test]
async fn a_registry_that_is_gone_is_noticed_when_a_known_layer_is_looked_for() {
    let yard = TestYard::new();
    let layer = Layer::promised(content(1, LARGE));
    yard.load(std::slice::from_ref(&layer)).await.unwrap();
    let other = TestYard { access: TestYard::new().access, ..yard };
    other.registry.gone.store(true, SeqCst);
    let failed = other.load(&[layer]).await;
    assert!(matches!(failed.unwrap_err().root(), Error::RegistryUnavailable { .. }));
}

#[tokio::test]
async fn a_session_that_is_dropped_takes_its_uploads_and_its_spool_along() {
    let yard = TestYard::new();
    yard.registry.open.send_replace(false);
    let session = yard.begin();
    hand(session.intake(), vec![Layer::plain(content(1, LARGE))]).await.unwrap();
    yard.registry.begun.subscribe().wait_for(|begun| *begun == 1).await.unwrap();
    let mut intake = session.intake();
    drop(session);
    yard.spool_is_empty().await;
    yard.registry.open.send_replace(true);
    assert!(intake.begin(&Layer::plain(vec![1]).offered()).is_err(), "nothing begins any more");
    assert_eq!(yard.sent(), 0);
}

#[tokio::test]
async fn a_reader_that_waits_for_the_disk_leaves_with_its_session() {
    let yard = TestYard::with_spool(900_000);
    yard.registry.open.send_replace(false);
    let session = yard.begin();
    let layers = (0..4).map(|seed| Layer::plain(content(seed, LARGE))).collect();
    let reader = tokio::spawn(hand(session.intake(), layers));
    yard.registry.begun.subscribe().wait_for(|begun| *begun >= 1).await.unwrap();
    drop(session);
    assert!(reader.await.unwrap().is_err());
}

#[tokio::test]
async fn a_reader_that_waits_for_the_disk_is_told_why_the_upload_failed() {
    let yard = TestYard::with_spool(900_000);
    yard.registry.breaks.store(true, SeqCst);
    yard.registry.open.send_replace(false);
    let session = yard.begin();
    let layers = (0..4).map(|seed| Layer::plain(content(seed, LARGE))).collect();
    let reader = tokio::spawn(hand(session.intake(), layers));
    yard.registry.begun.subscribe().wait_for(|begun| *begun >= 1).await.unwrap();
    yard.registry.open.send_replace(true);
    let refused = reader.await.unwrap().unwrap_err();
    assert!(matches!(refused.root(), Error::RegistryUnavailable { .. }), "{refused}");
}

#[tokio::test]
async fn a_crash_in_the_middle_would_leave_no_file() {
    let yard = TestYard::new();
    yard.registry.open.send_replace(false);
    let session = yard.begin();
    hand(session.intake(), vec![Layer::plain(content(1, LARGE))]).await.unwrap();
    yard.registry.begun.subscribe().wait_for(|begun| *begun == 1).await.unwrap();
    assert_eq!(std::fs::read_dir(yard.folder.path().join("spool")).unwrap().count(), 0);
}

#[tokio::test]
async fn a_layer_that_is_given_up_leaves_nothing() {
    let yard = TestYard::new();
    let session = yard.begin();
    let mut intake = session.intake();
    let work = move || {
        let layer = Layer::plain(content(1, LARGE));
        let mut sink = intake.begin(&layer.offered()).unwrap();
        sink.write(layer.plain.clone().into()).unwrap();
    };
    tokio::task::spawn_blocking(work).await.unwrap();
    yard.spool_is_empty().await;
    assert_eq!(yard.sent(), 0);
}

#[tokio::test]
async fn a_layer_that_only_begins_like_a_known_one_is_sent_whole() {
    let yard = TestYard::new();
    let known = content(1, LARGE);
    yard.load(&[Layer::plain(known.clone())]).await.unwrap();
    let mut other = known.clone();
    *other.last_mut().unwrap() ^= 1;
    let (staged, was_known) = yard.load(&[Layer::plain(other.clone())]).await.unwrap();
    assert_eq!(was_known, [false]);
    assert!(gunzip(&yard.blobs(&staged)[0]) == other);
}

#[tokio::test]
async fn a_name_that_promises_a_known_layer_is_taken_at_its_word_and_never_for_more() {
    let yard = TestYard::new();
    let known = Layer::promised(content(1, LARGE));
    yard.load(std::slice::from_ref(&known)).await.unwrap();
    let session = yard.begin();
    let mut intake = session.intake();
    let (offered, read) = (known.offered(), known.read());
    let work = move || {
        let of_other_size = OfferedLayer { size: Some(1 + LARGE as u64), ..offered.clone() };
        let of_no_name = OfferedLayer { promised: None, ..offered.clone() };
        [offered, of_other_size, of_no_name].map(|offered| intake.recognise(&offered).unwrap())
    };
    assert_eq!(tokio::task::spawn_blocking(work).await.unwrap(), [Some(read.clone()), None, None]);
    let staged = session.stage(&image(vec![read])).await.unwrap();
    assert!(gunzip(&yard.blobs(&staged)[0]) == known.plain);
}

#[tokio::test]
async fn a_registry_that_has_lost_a_layer_is_sent_it_by_the_next_load() {
    let yard = TestYard::new();
    let layer = Layer::plain(content(1, LARGE));
    let (staged, _) = yard.load(std::slice::from_ref(&layer)).await.unwrap();
    yard.registry.blobs.lock().unwrap().remove(&staged.layers[0].digest);
    let lost = yard.load(std::slice::from_ref(&layer)).await.unwrap_err();
    assert!(matches!(lost.root(), Error::RegistryProtocol { retryable: true, .. }), "{lost}");
    let (staged, known) = yard.load(std::slice::from_ref(&layer)).await.unwrap();
    assert_eq!(known, [false]);
    assert!(gunzip(&yard.blobs(&staged)[0]) == layer.plain);
}

#[tokio::test]
async fn a_plain_layer_becomes_gzip_under_a_docker_manifest_with_a_tag_that_keeps_it() {
    let yard = TestYard::new();
    let layers = [Layer::plain(content(1, LARGE)), Layer::plain(content(2, 1024)), Layer::plain(Vec::new())];
    let (staged, known) = yard.load(&layers).await.unwrap();
    assert_eq!(known, [false; 3]);
    for (blob, layer) in yard.blobs(&staged).iter().zip(&layers) {
        assert!(gunzip(blob) == layer.plain);
    }
    assert_eq!(staged.manifest.media_type, MediaType::DockerManifest.as_str());
    assert!(
        staged.layers.iter().all(|layer| layer.media_type.ends_with("docker.image.rootfs.diff.tar.gzip"))
    );
    let targets: Vec<_> = yard.registry.manifests.lock().unwrap().keys().cloned().collect();
    let tag = format!("staged-0123456789ab-{}", staged.manifest.digest.hex()).parse().unwrap();
    assert_eq!(targets, [Target::Tag(tag), Target::Digest(staged.manifest.digest.clone())]);
    assert!(yard.locations.noted.lock().unwrap().contains_key(&staged.manifest.digest));
}

#[tokio::test]
async fn the_same_image_has_the_same_manifest_wherever_it_is_staged() {
    let layers = [Layer::plain(content(1, LARGE)), Layer::plain(content(2, LARGE))];
    let (one, _) = TestYard::new().load(&layers).await.unwrap();
    let (two, _) = TestYard::new().load(&layers).await.unwrap();
    assert_eq!(one.manifest, two.manifest);
}

#[tokio::test]
async fn what_was_loaded_before_is_not_sent_again() {
    let yard = TestYard::new();
    let layers =
        [Layer::plain(content(1, LARGE)), Layer::promised(content(2, LARGE)), Layer::plain(content(3, 1000))];
    let (first, _) = yard.load(&layers).await.unwrap();
    let sent = yard.sent();
    let (again, known) = yard.load(&layers).await.unwrap();
    assert_eq!(known, [true; 3]);
    assert_eq!(yard.sent(), sent);
    assert_eq!(again, first);
}

#[tokio::test]
async fn a_known_layer_is_recognised_by_its_head_before_anything_is_compressed() {
    let yard = TestYard::new();
    let layer = Layer::plain(content(1, LARGE));
    yard.load(std::slice::from_ref(&layer)).await.unwrap();
    let known = &yard.stager.0.known;
    let (size, head) = (LARGE as u64, Digest::of(&layer.plain[..256 * 1024]));
    assert!(known.resembles(size, &head, &yard.access).await.unwrap());
    assert!(!known.resembles(size + 1, &head, &yard.access).await.unwrap());
}

#[tokio::test]
async fn a_layer_that_comes_twice_in_an_archive_is_sent_once() {
    let yard = TestYard::new();
    let layer = Layer::plain(content(1, LARGE));
    let (staged, known) = yard.load(&[layer.clone(), layer]).await.unwrap();
    assert_eq!(known, [false, true]);
    assert_eq!(staged.layers.len(), 2);
    assert_eq!(yard.sent(), 2, "the layer and the config");
}

#[tokio::test]
async fn a_layer_that_comes_in_two_archives_at_once_is_sent_once() {
    let yard = TestYard::new();
    yard.registry.open.send_replace(false);
    let layer = Layer::plain(content(1, LARGE));
    let (one, two) = (yard.begin(), yard.begin());
    let read = hand(one.intake(), vec![layer.clone()]).await.unwrap();
    hand(two.intake(), vec![layer.clone()]).await.unwrap();
    yard.registry.open.send_replace(true);
    let image = image(vec![read[0].0.clone()]);
    let (one, two) = (one.stage(&image).await.unwrap(), two.stage(&image).await.unwrap());
    assert_eq!(one, two);
    assert_eq!(*yard.registry.begun.borrow(), 2, "the layer and the config");
}

#[tokio::test]
async fn one_that_waits_for_anothers_upload_takes_over_when_that_is_given_up() {
    let yard = TestYard::new();
    yard.registry.open.send_replace(false);
    let layer = Layer::plain(content(1, LARGE));
    let (one, two) = (yard.begin(), yard.begin());
    hand(one.intake(), vec![layer.clone()]).await.unwrap();
    yard.registry.begun.subscribe().wait_for(|begun| *begun == 1).await.unwrap();
    let read = hand(two.intake(), vec![layer.clone()]).await.unwrap();
    drop(one);
    yard.registry.open.send_replace(true);
    let staged = two.stage(&image(vec![read[0].0.clone()])).await.unwrap();
    assert!(gunzip(&yard.blobs(&staged)[0]) == layer.plain);
}

#[tokio::test]
async fn a_layer_larger_than_the_spool_passes() {
    let yard = TestYard::with_spool(100_000);
    let plain = content(1, LARGE);
    let (staged, _) = yard.load(&[Layer::plain(plain.clone())]).await.unwrap();
    assert!(gunzip(&yard.blobs(&staged)[0]) == plain);
    yard.spool_is_empty().await;
}

#[tokio::test]
async fn a_layer_larger_than_the_spool_that_only_begins_like_a_known_one_passes() {
    let yard = TestYard::with_spool(100_000);
    let mut plain = content(1, LARGE);
    yard.load(&[Layer::plain(plain.clone())]).await.unwrap();
    *plain.last_mut().unwrap() ^= 1;
    let (staged, _) = yard.load(&[Layer::plain(plain.clone())]).await.unwrap();
    assert!(gunzip(&yard.blobs(&staged)[0]) == plain);
    yard.spool_is_empty().await;
}

#[tokio::test]
async fn small_layers_without_number_wait_for_few_open_files() {
    let yard = TestYard::new();
    yard.registry.open.send_replace(false);
    let session = yard.begin();
    let layers: Vec<_> = (0..300).map(|seed| Layer::plain(content(seed, 64))).collect();
    let reader = tokio::spawn(hand(session.intake(), layers));
    while !yard.stager.0.spool.budget.is_full_of_layers() {
        tokio::task::yield_now().await;
    }
    yard.registry.open.send_replace(true);
    assert_eq!(reader.await.unwrap().unwrap().len(), 300);
}

#[tokio::test]
async fn many_loads_share_a_small_spool_and_all_end() {
    let yard = Arc::new(TestYard::with_spool(300_000));
    let loads: Vec<_> = (0..6)
        .map(|seed| {
            let yard = Arc::clone(&yard);
            let layers = [content(seed, LARGE), content(seed + 100, LARGE)].map(Layer::plain);
            tokio::spawn(async move { yard.load(&layers).await.map(drop) })
        })
        .collect();
    for load in loads {
        load.await.unwrap().unwrap();
    }
    yard.spool_is_empty().await;
}

#[tokio::test]
async fn a_sweep_deletes_old_manifests_that_no_image_needs_and_no_others() {
    let yard = TestYard::new();
    let mut digests = Vec::new();
    for seed in 0..3 {
        let (staged, _) = yard.load(&[Layer::plain(content(seed, 100))]).await.unwrap();
        digests.push(staged.manifest.digest);
    }
    for old in &digests[..2] {
        yard.locations.noted.lock().unwrap().insert(old.clone(), OffsetDateTime::UNIX_EPOCH);
    }
    yard.locations.needed.lock().unwrap().insert(digests[0].clone());
    yard.stager.sweep(&yard.access).await.unwrap();
    let manifests = yard.registry.manifests.lock().unwrap();
    let has = |digest: &Digest| manifests.contains_key(&Target::Digest(digest.clone()));
    assert_eq!(digests.iter().map(has).collect::<Vec<_>>(), [true, false, true]);
    assert!(!yard.locations.noted.lock().unwrap().contains_key(&digests[1]));
}

#[tokio::test]
async fn a_sweep_of_a_shared_repository_deletes_its_own_tag_and_no_manifest() {
    let yard = TestYard::shared();
    let (staged, _) = yard.load(&[Layer::plain(content(1, 100))]).await.unwrap();
    let digest = staged.manifest.digest.clone();
    let others = Target::Tag(format!("staged-another00000-{}", digest.hex()).parse().unwrap());
    yard.registry.manifests.lock().unwrap().insert(others.clone(), staged.manifest);
    yard.locations.noted.lock().unwrap().insert(digest.clone(), OffsetDateTime::UNIX_EPOCH);
    yard.stager.sweep(&yard.access).await.unwrap();
    let left: Vec<_> = yard.registry.manifests.lock().unwrap().keys().cloned().collect();
    assert_eq!(left, [others, Target::Digest(digest)]);
    assert!(yard.locations.noted.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_sweep_removes_what_a_crash_has_left_in_the_spool() {
    let yard = TestYard::new();
    let left = yard.folder.path().join("spool/1-1");
    std::fs::write(&left, "x").unwrap();
    yard.stager.sweep(&yard.access).await.unwrap();
    assert!(!left.exists());
}
