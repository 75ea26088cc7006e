//! SQLite on a disk that has no room left: what was acknowledged stays and can be read, what cannot be kept is refused in a way that may be
//! repeated, and when there is room again nobody restarts anything. Needs root, for a small disk of its own.

use std::{fs, io::Write, path::PathBuf};

use fixtures::small_disk::SmallDisk;
use image_service::{error::Error, ports::ImageStore, store::SqliteStore};

use super::{
    here,
    pulls::{look, name, pull, pull_into, upstream},
    sqlite::assert_sound,
    upkeep::world::{State, findings_of_folder, sealer},
};

const MIB: u64 = 1024 * 1024;

/// Leaves no room; the file that takes it.
fn fill(disk: &SmallDisk) -> PathBuf {
    let path = disk.path().join("filler");
    let mut filler = fs::File::create(&path).unwrap();
    let (large, small) = ([0; 64 * 1024], [0; 512]);
    while filler.write_all(&large).is_ok() {}
    while filler.write_all(&small).is_ok() {}
    path
}

#[tokio::test]
async fn a_full_disk_refuses_changes_and_keeps_what_was_acknowledged() {
    let disk = SmallDisk::of(8 * MIB).await;
    let folder = disk.path().join("data");
    let store = SqliteStore::open(&folder, sealer()).await.unwrap();
    pull(&store, "app:1", &upstream("before")).await;
    let filler = fill(&disk);
    let mut kept = 0;
    let error = loop {
        let image = upstream(&format!("{kept} {}", "x".repeat(50_000)));
        match pull_into(&store, &here(), &format!("many:{kept}"), &image).await {
            Ok(_) => kept += 1,
            Err(error) => break error,
        }
        assert!(kept < 200, "the disk has room for everything");
    };
    assert!(matches!(error, Error::StoreUnavailable(_)), "{error:?}");
    let tagged = store.tag(&here(), &name("app:1"), &"app".parse().unwrap(), &"2".parse().unwrap()).await;
    assert!(tagged.is_ok() || matches!(tagged, Err(Error::StoreUnavailable(_))), "{tagged:?}");
    look(&store, "app:1").await.unwrap();
    assert!(look(&store, &format!("many:{kept}")).await.is_err(), "nothing is half there");

    fs::remove_file(filler).unwrap();
    pull(&store, "app:3", &upstream("after")).await;
    store.close().await;
    drop(store);
    assert_eq!(findings_of_folder(&folder).await, [""; 0]);
    let store = SqliteStore::open(&folder, sealer()).await.unwrap();
    for number in 0..kept {
        look(&store, &format!("many:{number}")).await.unwrap();
    }
    store.close().await;
    drop(store);
    assert_sound(&folder).await;
}

#[tokio::test]
async fn a_full_disk_lets_nothing_of_an_import_in() {
    let document = State::sqlite().filled().await.exported().await;
    let disk = SmallDisk::of(4 * MIB).await;
    let folder = disk.path().join("data");
    SqliteStore::open(&folder, sealer()).await.unwrap().close().await;
    let filler = fill(&disk);
    // For the log's beginning, and for some of what comes.
    let file = fs::File::options().write(true).open(&filler).unwrap();
    file.set_len(file.metadata().unwrap().len() - 128 * 1024).unwrap();
    drop(file);
    let state = State::in_folder(&folder);
    let error = state.import(&mut &*document, true).await.unwrap_err();
    assert!(error.to_string().contains("full"), "{error}");
    fs::remove_file(filler).unwrap();
    state.import(&mut &*document, true).await.unwrap();
    assert_eq!(findings_of_folder(&folder).await, [""; 0]);
}
