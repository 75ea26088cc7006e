use std::{
    fs,
    path::Path,
    sync::atomic::{AtomicUsize, Ordering::SeqCst},
};

use anyhow::ensure;

use super::*;

/// A file with words, and how often it was read.
fn open(file: &Path, reads: &Arc<AtomicUsize>) -> anyhow::Result<Fresh<String>> {
    let read = {
        let (file, reads) = (file.to_owned(), Arc::clone(reads));
        move || {
            let text = fs::read_to_string(&file)?;
            reads.fetch_add(1, SeqCst);
            ensure!(text != "broken", "it is broken");
            Ok(text)
        }
    };
    Fresh::open("the words", vec![file.to_owned()], read)
}

async fn until(mut holds: impl FnMut() -> bool) {
    while !holds() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn a_file_that_is_written_or_replaced_is_read_again() {
    let (folder, reads) = (tempfile::tempdir().unwrap(), Arc::default());
    let (file, other) = (folder.path().join("file"), folder.path().join("other"));
    fs::write(&file, "one").unwrap();
    let fresh = open(&file, &reads).unwrap();
    assert_eq!(*fresh.get(), "one");
    fs::write(&file, "two").unwrap();
    until(|| *fresh.get() == "two").await;
    fs::write(&other, "new").unwrap();
    fs::rename(&other, &file).unwrap();
    until(|| *fresh.get() == "new").await;
}

#[tokio::test]
async fn what_cannot_be_used_leaves_the_old_in_place_until_something_can() {
    let (folder, reads) = (tempfile::tempdir().unwrap(), Arc::default());
    let file = folder.path().join("file");
    assert!(open(&file, &reads).is_err());
    fs::write(&file, "one").unwrap();
    let fresh = open(&file, &reads).unwrap();
    fs::write(&file, "broken").unwrap();
    until(|| reads.load(SeqCst) == 2).await;
    assert_eq!(*fresh.get(), "one");
    fs::write(&file, "two").unwrap();
    until(|| *fresh.get() == "two").await;
}
