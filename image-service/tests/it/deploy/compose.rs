//! `compose/`: the composition, and the secrets it wants.

use std::{fs, os::unix::fs::PermissionsExt as _};

use fixtures::tool::{Tool, pinned};
use image_service::{
    config::Sources,
    model::{Role, TokenHash},
};

use super::{file, text};

#[tokio::test]
async fn the_composition_is_one_and_holds_what_it_says() {
    let config =
        Tool::new("docker-compose").arg("--file").arg(file("compose/docker-compose.yml")).arg("config");
    let merged = config.env("STAGING_REPOSITORY", "registry.example.com/staging").run().await.ok();
    // What has nothing to do with the outside reads its file system and has no rights.
    for (line, services) in [("read_only: true", 4), ("user: 65532:65532", 4), ("no-new-privileges:true", 4)]
    {
        assert_eq!(merged.matches(line).count(), services, "{line}\n{merged}");
    }
    assert_eq!(merged.matches("IMAGE_SERVICE_STAGING__REPOSITORY: registry.example.com/staging").count(), 2);
}

#[test]
fn the_services_know_the_shim_and_an_operator() {
    let config = Sources::gather(Some(&file("compose/image-service/config.toml")), [], []).config().unwrap();
    assert_eq!(config.access.mistakes(config.tls.as_ref()), Vec::<String>::new());
    let roles: Vec<_> = config.access.identities.iter().map(|identity| identity.role).collect();
    assert_eq!(roles, [Role::Loader, Role::Operator]);
}

#[tokio::test]
async fn the_collectors_configuration_names_only_what_it_defines() {
    let check = r#"
import sys, yaml
config = yaml.safe_load(open(sys.argv[1]))
for name, pipeline in config["service"]["pipelines"].items():
    for kind in "receivers", "processors", "exporters":
        for part in pipeline[kind]:
            assert part in config[kind], (name, kind, part)
"#;
    let python = Tool::new(pinned("python/bin/python")).args(["-c", check]);
    python.arg(file("compose/collector.yaml")).run().await.ok();
}

#[tokio::test]
async fn the_secrets_are_made_once_and_are_those_that_are_wanted() {
    let folder = tempfile::tempdir().unwrap();
    let secrets = folder.path().join("secrets");
    // Only root may give files away; whoever else runs this sees what would have been given.
    fs::write(folder.path().join("chown"), "#!/bin/sh\n").unwrap();
    fs::set_permissions(folder.path().join("chown"), fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:{}", folder.path().display(), std::env::var("PATH").unwrap());
    let make = async || Tool::new(file("compose/secrets.sh")).arg(&secrets).env("PATH", &path).run().await;
    make().await.ok();
    for line in text("compose/docker-compose.yml").lines() {
        if let Some(name) = line.trim().strip_prefix("file: ./secrets/") {
            let mode = fs::metadata(secrets.join(name))
                .unwrap_or_else(|_| panic!("{name} is not made"))
                .permissions();
            assert_eq!(mode.mode() & 0o777, 0o600, "{name}");
        }
    }
    let verify = Tool::new("openssl").args([
        "verify",
        "-verify_hostname",
        "image-service",
        "-CAfile",
        "ca.crt",
        "tls.crt",
    ]);
    verify.dir(&secrets).run().await.ok();
    assert_eq!(fs::metadata(secrets.join("credentials.key")).unwrap().len(), 32);
    let shown =
        Tool::new("openssl").args(["verify", "-purpose", "sslclient", "-CAfile", "ca.crt", "shim.crt"]);
    shown.dir(&secrets).run().await.ok();
    let token = fs::read_to_string(secrets.join("operator.token")).unwrap();
    assert_eq!(
        fs::read_to_string(secrets.join("tokens")).unwrap(),
        format!("operations {}\n", TokenHash::of(&token))
    );
    let key = fs::read(secrets.join("tls.key")).unwrap();
    make().await.ok();
    assert_eq!(fs::read(secrets.join("tls.key")).unwrap(), key, "nothing is made twice");
}
