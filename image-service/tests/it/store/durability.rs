//! What a store has acknowledged is there after the process was killed at any point.

use std::{
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Command, Stdio},
    sync::Arc,
};

use image_service::ports::ImageStore;

use super::{
    here,
    pulls::{look, name, pull, upstream},
    sqlite::{assert_sound, open},
};

const FOLDER: &str = "STORE_TEST_FOLDER";
const FIRST: &str = "STORE_TEST_FIRST";
const MARK: &str = "acknowledged ";

/// After how many acknowledgements each child is killed.
const KILLS: [usize; 8] = [1, 2, 3, 13, 5, 34, 8, 21];

/// The child: does nothing unless it is one. Records pulls and says so, until it is killed.
#[tokio::test]
async fn a_child_pulls_until_it_is_killed() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let first: usize = std::env::var(FIRST).unwrap().parse().unwrap();
    let store: Arc<dyn ImageStore> = Arc::new(open(Path::new(&folder)).await.unwrap());
    for number in first.. {
        pull(&*store, &format!("app:{number}"), &upstream(&number.to_string()).in_index("shared")).await;
        pull(&*store, "moving", &upstream(&number.to_string())).await;
        store.tag(&here(), &name("moving"), &"copy".parse().unwrap(), &"1".parse().unwrap()).await.unwrap();
        writeln!(std::io::stderr(), "{MARK}{number}").unwrap();
    }
}

/// Kills a child after some acknowledgements and gives the last number it acknowledged.
fn run_and_kill(folder: &Path, first: usize, acknowledgements: usize) -> usize {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "store::durability::a_child_pulls_until_it_is_killed", "--nocapture"])
        .env(FOLDER, folder)
        .env(FIRST, first.to_string())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let numbers = |line: std::io::Result<String>| line.unwrap().strip_prefix(MARK)?.parse().ok();
    let seen: Vec<usize> = lines.by_ref().filter_map(numbers).take(acknowledgements).collect();
    child.kill().unwrap();
    child.wait().unwrap();
    // It went on between the last line that was read and the end.
    lines.filter_map(numbers).last().or(seen.last().copied()).expect("the child acknowledged nothing")
}

#[tokio::test]
async fn what_was_acknowledged_survives_being_killed() {
    let folder = tempfile::tempdir().unwrap();
    let mut next = 0;
    for kill in KILLS {
        let last = run_and_kill(folder.path(), next, kill);
        let store = open(folder.path()).await.unwrap();
        for number in 0..=last {
            let image = look(&store, &format!("app:{number}")).await.unwrap();
            assert_eq!(image.config, upstream(&number.to_string()).config());
        }
        let newest = [last, last + 1].map(|number| upstream(&number.to_string()).id());
        for text in ["moving", "copy:1"] {
            assert!(newest.contains(&look(&store, text).await.unwrap().id), "{text}");
        }
        store.close().await;
        drop(store);
        assert_sound(folder.path()).await;
        next = last + 1;
    }
}
