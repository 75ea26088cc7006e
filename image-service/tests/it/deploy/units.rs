//! systemd's units, put in place by `install.sh`.

use std::{fs, path::Path};

use fixtures::{system::binary, tool::Tool};

use super::file;

const UNITS: [&str; 4] =
    ["image-service.service", "image-service.socket", "docker-shim.service", "docker-shim.socket"];

/// Below a folder, with the programs' true paths, as systemd looks whether they are there.
async fn installed(root: &Path) {
    let programs = binary("image-service").parent().unwrap().to_owned();
    Tool::new(file("install.sh")).env("BIN", programs).env("DESTDIR", root).run().await.ok();
    for unit in UNITS {
        let path = root.join("usr/lib/systemd/system").join(unit);
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, text.replace("=/usr/bin/", &format!("={}/usr/bin/", root.display()))).unwrap();
    }
}

fn analyze(root: &Path, args: &[&str]) -> Tool {
    // The colon stands for systemd's own folders.
    let units = format!("{}:", root.join("usr/lib/systemd/system").display());
    Tool::new("systemd-analyze").args(args).args(UNITS).env("SYSTEMD_UNIT_PATH", units)
}

#[tokio::test]
async fn systemd_finds_nothing_wrong_with_the_units() {
    let root = tempfile::tempdir().unwrap();
    installed(root.path()).await;
    let ran = analyze(root.path(), &["verify", "--man=no"]).run().await;
    assert_eq!((ran.status, ran.stderr.as_str()), (Some(0), ""));
    // A misspelt key is a warning to systemd, and not to this test.
    let unit = root.path().join("usr/lib/systemd/system/docker-shim.service");
    let text = fs::read_to_string(&unit).unwrap();
    fs::write(&unit, text.replace("WatchdogSec=", "WatchdogSecs=")).unwrap();
    let ran = analyze(root.path(), &["verify", "--man=no"]).run().await;
    assert!(ran.stderr.contains("Unknown key"), "{}", ran.stderr);
}

#[tokio::test]
async fn what_a_fleet_needs_fits_beside_the_units() {
    let root = tempfile::tempdir().unwrap();
    installed(root.path()).await;
    for unit in ["image-service.service", "image-service.socket", "docker-shim.service"] {
        let beside = root.path().join("usr/lib/systemd/system").join(format!("{unit}.d"));
        fs::create_dir(&beside).unwrap();
        fs::copy(file(&format!("systemd/fleet/{unit}.conf")), beside.join("fleet.conf")).unwrap();
    }
    let ran = analyze(root.path(), &["verify", "--man=no"]).run().await;
    assert_eq!((ran.status, ran.stderr.as_str()), (Some(0), ""));
}

#[tokio::test]
async fn both_services_are_shut_in() {
    let root = tempfile::tempdir().unwrap();
    installed(root.path()).await;
    for service in ["image-service.service", "docker-shim.service"] {
        let unit = root.path().join("usr/lib/systemd/system").join(service);
        // Tenths: systemd calls 2.0 and less "OK", and 1.0 is for those without any network.
        let ran = Tool::new("systemd-analyze")
            .args(["security", "--offline=yes", "--threshold=15", "--no-pager"])
            .arg(unit)
            .run()
            .await;
        assert_eq!(ran.status, Some(0), "{}{}", ran.stdout, ran.stderr);
    }
}

#[tokio::test]
async fn an_operators_configuration_is_left_alone_by_the_next_install() {
    let root = tempfile::tempdir().unwrap();
    installed(root.path()).await;
    let config = root.path().join("etc/image-service/config.toml");
    assert_eq!(fs::read(&config).unwrap(), fs::read(file("config.toml")).unwrap());
    fs::write(&config, "# mine\n").unwrap();
    installed(root.path()).await;
    assert_eq!(fs::read_to_string(&config).unwrap(), "# mine\n");
}
