//! `image-service db` as an operator types it.

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use fixtures::{
    peers::{Archive, Postgres, Recipe},
    system::{System, binary},
    tool::{Ran, Tool},
};

const KEY: [u8; 32] = [7; 32];

/// An installation that is not running.
struct Installation {
    dir: tempfile::TempDir,
}

impl Installation {
    fn new(database: Option<&str>) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let key = dir.path().join("key");
        fs::write(&key, KEY).unwrap();
        fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
        let url = database.map(|url| format!("[database]\nurl = {url:?}\n")).unwrap_or_default();
        let config = format!("{url}[credentials]\nkey_file = {:?}\n", key.display());
        fs::write(dir.path().join("config.toml"), config).unwrap();
        Self { dir }
    }

    async fn db(&self, arguments: &[&str]) -> Ran {
        self.command(arguments).run().await
    }

    fn command(&self, arguments: &[&str]) -> Tool {
        let tool = Tool::new(binary("image-service")).arg("db").args(arguments);
        let tool = tool.arg("--config").arg(self.dir.path().join("config.toml"));
        tool.arg("--data-dir").arg(self.dir.path().join("data"))
    }

    fn path(&self, name: &str) -> String {
        self.dir.path().join(name).to_str().unwrap().to_owned()
    }
}

/// A service with an image in it.
async fn serving() -> System {
    let system = System::start().await;
    let answer = system.engine().load(Archive::docker(&[(&Recipe::plain("app"), &["app:1"])]).tar()).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    system
}

async fn export_of(system: &System, to: &str) {
    let tool = Tool::new(binary("image-service")).args(["db", "export", to, "--data-dir"]);
    let told = tool.arg(system.data_dir()).run().await;
    assert!(told.stderr.contains("images 1"), "{told:?}");
    told.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_running_service_has_moves_to_a_shared_database_and_is_served_there() {
    let (system, server) = (serving().await, Postgres::shared().await);
    let there = Installation::new(Some(&server.database().await));
    let document = there.path("state.zst");
    export_of(&system, &document).await;
    assert_eq!(fs::metadata(&document).unwrap().permissions().mode() & 0o777, 0o600);

    let told = there.db(&["import", &document]).await;
    assert!(told.stderr.contains("Imported") && told.stderr.contains("images 1"), "{told:?}");
    told.ok();
    let again = there.db(&["import", &document]).await.refused();
    assert!(again.contains("the state is not empty"), "{again}");
    let checked = there.db(&["check"]).await;
    assert!(checked.stdout.is_empty() && checked.stderr.contains("The state is whole."), "{checked:?}");
    checked.ok();
    let back = there.path("back.zst");
    there.db(&["export", &back]).await.ok();
    assert!(fs::read(&document).unwrap() == fs::read(&back).unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_goes_through_a_pipe_as_well() {
    let system = serving().await;
    let there = Installation::new(None);
    let pipe = format!(
        "{0} db export - --data-dir {1} | {0} db import - --data-dir {2}",
        binary("image-service").display(),
        system.data_dir().display(),
        there.path("data")
    );
    let told = Tool::new("sh").args(["-c", &pipe]).run().await;
    assert!(told.stdout.is_empty() && told.stderr.contains("Imported"), "{told:?}");
    told.ok();
    there.db(&["check"]).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_there_is_not_written_over_and_one_that_was_not_finished_is_not_left() {
    let there = Installation::new(None);
    let file = there.path("export");
    let refused = there.db(&["export", &file]).await.refused();
    assert!(refused.contains("there is no state yet"), "{refused}");
    assert!(!Path::new(&file).exists());
    fs::write(&file, "mine").unwrap();
    there.db(&["migrate"]).await.ok();
    there.db(&["check"]).await.ok();
    let refused = there.db(&["export", &file]).await.refused();
    assert!(refused.contains("cannot write"), "{refused}");
    assert_eq!(fs::read(&file).unwrap(), b"mine");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_migration_says_what_it_did_and_a_folder_in_use_is_left_alone() {
    let there = Installation::new(None);
    for text in ["Made the state with schema", "already"] {
        let told = there.db(&["migrate"]).await;
        assert!(told.stderr.contains(text), "{told:?}");
        told.ok();
    }
    let system = serving().await;
    let tool =
        Tool::new(binary("image-service")).args(["db", "migrate", "--data-dir"]).arg(system.data_dir());
    let refused = tool.run().await.refused();
    assert!(refused.contains("in use by another process"), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_prints_one_line_for_each_finding_and_fails() {
    let mut system = serving().await;
    let check = |data_dir: &Path| {
        Tool::new(binary("image-service")).args(["db", "check", "--data-dir"]).arg(data_dir).run()
    };
    check(&system.data_dir()).await.ok();
    assert!(system.stop_service());
    let database = rusqlite::Connection::open(system.data_dir().join("state.sqlite")).unwrap();
    database
        .execute_batch("UPDATE images SET size = size + 1; UPDATE image_configs SET tags = NULL")
        .unwrap();
    drop(database);
    let checked = check(&system.data_dir()).await;
    assert_eq!((checked.status, checked.stdout.lines().count()), (Some(1), 2), "{checked:?}");
    assert!(checked.stderr.contains("findings in the state: 2"), "{checked:?}");
}
