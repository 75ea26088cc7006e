//! What keeps a registry from starting, and how it ends.

use std::process::Command;

use ecr_local::{EcrLocal, StartError};
use fixtures::{images::Image, process::Process, registry::ScriptedRegistry};
use serde_json::json;

use crate::{
    control::caller::SERVICE,
    stage::{Stage, read},
};

#[tokio::test]
async fn a_folder_belongs_to_one_registry() {
    let stage = Stage::start().await;
    let second = EcrLocal::builder(stage.data_dir()).start().await;
    assert!(matches!(second, Err(StartError::InUse { .. })), "{second:?}");
}

#[tokio::test]
async fn an_address_that_is_taken_and_a_folder_that_is_a_file_are_named() {
    let stage = Stage::start().await;
    let dir = tempfile::tempdir().unwrap();
    let taken = EcrLocal::builder(dir.path()).listen(stage.host()).start().await.unwrap_err();
    assert!(taken.to_string().contains(&stage.host()), "{taken}");
    let file = dir.path().join("file");
    std::fs::write(&file, "x").unwrap();
    let error = EcrLocal::builder(&file).start().await.unwrap_err();
    assert!(error.to_string().contains(&file.display().to_string()), "{error}");
}

#[tokio::test]
async fn where_other_machines_reach_it_it_wants_users_or_the_operators_word() {
    let dir = tempfile::tempdir().unwrap();
    let builder = |name: &str| EcrLocal::builder(dir.path().join(name)).listen("0.0.0.0:0");
    let open = builder("open").start().await;
    assert!(matches!(open, Err(StartError::Unprotected { .. })), "{open:?}");
    let unverified = |name: &str| {
        builder(name).access_key("AKID", "s3cret".into(), "111111111111").verify_signatures(false)
    };
    let open = unverified("unverified").start().await;
    assert!(matches!(open, Err(StartError::Unprotected { .. })), "{open:?}");
    unverified("keys").verify_signatures(true).start().await.unwrap().shutdown().await;
    builder("users").user("alice", "s3cret".into()).start().await.unwrap().shutdown().await;
    builder("anyone").allow_anyone(true).start().await.unwrap().shutdown().await;
}

#[tokio::test]
async fn an_upstream_endpoint_that_is_no_address_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let wrong = EcrLocal::builder(dir.path()).upstream_endpoint("quay.io", "127.0.0.1:5000").start().await;
    let error = wrong.unwrap_err();
    assert!(matches!(error, StartError::Endpoint { .. }) && error.to_string().contains("quay.io"), "{error}");
}

#[tokio::test]
async fn several_registries_run_in_one_process() {
    let (one, two) = (Stage::start().await, Stage::start().await);
    one.push("app", "v1", &Image::oci("one")).await;
    two.get("/v2/app/tags/list").await.refused(404, "NAME_UNKNOWN");
}

#[tokio::test]
async fn everything_is_there_after_a_restart_and_private_to_its_owner() {
    use std::os::unix::fs::PermissionsExt;
    let mut stage = Stage::start().await;
    let image = Image::oci("one");
    stage.push("app", "v1", &image).await;
    stage.restart(|builder| builder).await;
    assert_eq!(stage.get("/v2/app/manifests/v1").await.expect(200).body, image.manifest.bytes);
    let layer = format!("/v2/app/blobs/{}", image.layers[0].digest());
    assert_eq!(stage.get(&layer).await.expect(200).body, image.layers[0].bytes);
    for path in [stage.data_dir(), stage.data_dir().join("token-key"), stage.data_dir().join("state.sqlite")]
    {
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{}", path.display());
    }
}

#[tokio::test]
async fn the_program_refuses_a_file_of_users_that_names_none_or_cannot_be_read() {
    let dir = tempfile::tempdir().unwrap();
    for (text, why) in [("", "names no user"), ("alice:s3cret\nbob\n", "line 2: not NAME:PASSWORD")] {
        let users = dir.path().join("users");
        std::fs::write(&users, text).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_ecr-local"));
        command.args(["--listen", "127.0.0.1:0", "--data-dir"]).arg(dir.path().join("data"));
        let program = Process::start("ecr-local", "cargo build", command.arg("--users").arg(&users));
        let said = program.line(why).await;
        assert!(!said.contains("s3cret"), "{said}");
    }
}

#[tokio::test]
async fn the_program_refuses_settings_that_it_cannot_read() {
    let dir = tempfile::tempdir().unwrap();
    let (trusts, keys) = (dir.path().join("trusts"), dir.path().join("keys"));
    std::fs::write(&trusts, "arn:aws:iam::111111111111:role/ci 222222222222\n\nnobody\n").unwrap();
    std::fs::write(&keys, "{}").unwrap();
    let provider = format!("https://example.org={}", keys.display());
    for (flag, value, why) in [
        ("--trusts", &*trusts.display().to_string(), "line 3: not ROLE_ARN PRINCIPAL"),
        ("--identity-provider", &*provider, "cannot take the keys of https://example.org"),
        ("--identity-provider", "https://example.org", "is not ISSUER=FILE"),
        ("--identity-client", "https://example.org", "is not ISSUER=CLIENT_ID"),
        ("--identity-client", "https://example.org=ci", "https://example.org is no identity provider"),
        ("--public-alias", "tests", "is not ACCOUNT:ALIAS"),
        ("--public-alias", "111111111111:No", "cannot take the alias No"),
    ] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ecr-local"));
        command.args(["--listen", "127.0.0.1:0", "--data-dir"]).arg(dir.path().join("data"));
        Process::start("ecr-local", "cargo build", command.args([flag, value])).line(why).await;
    }
}

#[tokio::test]
async fn the_program_refuses_a_file_of_access_keys_that_names_none_or_cannot_be_read() {
    let dir = tempfile::tempdir().unwrap();
    for (text, why) in [("", "names no access key"), ("AKID:s3cret:12\n", "line 1: not ID:SECRET:ACCOUNT")] {
        let keys = dir.path().join("keys");
        std::fs::write(&keys, text).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_ecr-local"));
        command.args(["--listen", "127.0.0.1:0", "--data-dir"]).arg(dir.path().join("data"));
        let program = Process::start("ecr-local", "cargo build", command.arg("--access-keys").arg(&keys));
        let said = program.line(why).await;
        assert!(!said.contains("s3cret"), "{said}");
    }
}

#[tokio::test]
async fn the_program_refuses_upstreams_that_cannot_be_read() {
    let dir = tempfile::tempdir().unwrap();
    let secrets = dir.path().join("secrets");
    std::fs::write(&secrets, r#"{"ecr-pullthroughcache/hub": "s3cret"#).unwrap();
    let secrets = secrets.display().to_string();
    for (flag, value, why) in [
        ("--upstream-secrets", secrets.as_str(), "is no JSON object of secrets"),
        ("--upstream-endpoint", "quay.io", "is not HOST=URL"),
        ("--upstream-endpoint", "quay.io=nowhere", "the upstream endpoint of quay.io is not"),
    ] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ecr-local"));
        command.args(["--listen", "127.0.0.1:0", "--data-dir"]).arg(dir.path().join("data"));
        let program = Process::start("ecr-local", "cargo build", command.args([flag, value]));
        let said = program.line(why).await;
        assert!(!said.contains("s3cret"), "{said}");
    }
}

#[tokio::test]
async fn the_program_fetches_from_upstream_as_its_flags_say() {
    let dir = tempfile::tempdir().unwrap();
    let upstream = ScriptedRegistry::start().await;
    upstream.require_basic([("alice", "s3cret")]);
    let image = Image::oci("one");
    upstream.push("team/app", "v1", &image);
    let secrets = dir.path().join("secrets");
    let text = r#"{"ecr-pullthroughcache/hub": {"username": "alice", "accessToken": "s3cret"}}"#;
    std::fs::write(&secrets, text).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_ecr-local"));
    command.args(["--listen", "127.0.0.1:0", "--replication-delay", "0", "--data-dir"]);
    command.arg(dir.path().join("data")).arg("--upstream-secrets").arg(&secrets);
    command.arg(format!("--upstream-endpoint=ghcr.io={}", upstream.url(""))).env("RUST_LOG", "debug");
    let program = Process::start("ecr-local", "cargo build", &mut command);
    let line = program.line("listening on ").await;
    let base = format!("http://{}", line.rsplit(' ').next().unwrap());
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let arn = "arn:aws:secretsmanager:us-east-1:000000000000:secret:ecr-pullthroughcache/hub";
    let rule = json!({"ecrRepositoryPrefix": "up", "upstreamRegistryUrl": "ghcr.io", "credentialArn": arn});
    let call = http.post(&base).header("x-amz-target", format!("{SERVICE}.CreatePullThroughCacheRule"));
    read(call.body(rule.to_string())).await.expect(200);
    let pulled = read(http.get(format!("{base}/v2/up/team/app/manifests/v1"))).await.expect(200);
    assert_eq!(pulled.body, image.manifest.bytes);
    let layer = read(http.get(format!("{base}/v2/up/team/app/blobs/{}", image.layers[0].digest()))).await;
    assert_eq!(layer.expect(200).body, image.layers[0].bytes);
    let said = program.lines().join("\n");
    for hidden in ["s3cret", "YWxpY2U6czNjcmV0"] {
        assert!(!said.contains(hidden), "{said}");
    }
}

#[tokio::test]
async fn the_program_refuses_scan_scripts_that_it_cannot_read_or_tell() {
    let dir = tempfile::tempdir().unwrap();
    for (text, why) in [
        ("{}", "is no list of scan scripts"),
        (r#"[{"findings": []}]"#, "unknown field `findings`"),
        (r#"[{"outcome": {"findings": [{"severity": "TERRIBLE"}]}}]"#, "invalid scan script"),
    ] {
        let scripts = dir.path().join("scripts");
        std::fs::write(&scripts, text).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_ecr-local"));
        command.args(["--listen", "127.0.0.1:0", "--data-dir"]).arg(dir.path().join("data"));
        let program = Process::start("ecr-local", "cargo build", command.arg("--scan-scripts").arg(&scripts));
        program.line(why).await;
    }
}
