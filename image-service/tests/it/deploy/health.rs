//! `image-service health` and `docker-shim health`: how containers are asked whether they are well.

use std::{path::Path, process::Command};

use fixtures::{
    process::Process,
    system::{System, binary},
    tool::Tool,
};

fn asked(folder: &Path) -> Tool {
    Tool::new(binary("image-service")).args(["health", "--config"]).arg(folder.join("config.toml"))
}

#[tokio::test(flavor = "multi_thread")]
async fn both_programs_say_whether_they_are_ready() {
    let mut system = System::start().await;
    let listen = format!("unix://{}", system.grpc_socket().display());
    let service =
        async || Tool::new(binary("image-service")).args(["health", "--listen", &listen]).run().await;
    let socket = system.engine().socket().to_owned();
    let shim =
        async || Tool::new(binary("docker-shim")).args(["health", "--socket"]).arg(&socket).run().await;
    assert_eq!((service().await.ok().as_str(), shim().await.ok().as_str()), ("", ""));
    // What only a shim that serves needs may be wrong.
    let asked = Tool::new(binary("docker-shim")).arg("health").env("OTEL_EXPORTER_OTLP_ENDPOINT", "nowhere");
    asked.env("DOCKER_SHIM_SOCKET", &socket).run().await.ok();
    let refused = Tool::new(binary("docker-shim")).env("OTEL_EXPORTER_OTLP_ENDPOINT", "nowhere").run().await;
    assert!(refused.refused().contains("OTEL_EXPORTER_OTLP_ENDPOINT"));
    system.kill_service();
    let said = service().await.refused();
    assert!(said.contains("cannot reach unix:///"), "{said}");
    // A shim without its service still answers: its clients are told what is wrong.
    shim().await.ok();
    system.kill_shim();
    let said = shim().await.refused();
    assert!(said.contains("no answer on /"), "{said}");
}

/// Makes a certificate and its key, as PEM.
async fn certificate(folder: &Path, name: &str, more: &[&str]) {
    let (key, certificate, subject) =
        (format!("{name}.key"), format!("{name}.crt"), format!("/CN={name}.example"));
    let made = Tool::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-noenc",
            "-days",
            "1",
        ])
        .args(["-keyout", &key, "-out", &certificate, "-subj", &subject])
        .args(more);
    made.dir(folder).run().await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn over_tls_the_service_is_known_by_its_certificate_and_asked_with_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    certificate(folder.path(), "ca", &["-addext", "basicConstraints=critical,CA:TRUE"]).await;
    for name in ["own", "other"] {
        let by_ca = ["-CA", "ca.crt", "-CAkey", "ca.key", "-addext", "basicConstraints=critical,CA:FALSE"];
        certificate(folder.path(), name, &by_ca).await;
    }
    let config = |certificate: &str, listen: &str| {
        let path = |name: &str| path(name).display().to_string();
        let tls = format!(
            "[tls]\ncertificate = '{}'\nkey = '{}'\nclient_ca = '{}'\n",
            path(&format!("{certificate}.crt")),
            path(&format!("{certificate}.key")),
            path("ca.crt")
        );
        let dir = path("data");
        let text =
            format!("data_dir = '{dir}'\nlisten = '{listen}'\n{tls}[embedded_registry]\nenabled = false\n");
        std::fs::write(folder.path().join("config.toml"), text).unwrap();
    };
    config("own", "127.0.0.1:0");
    let mut command = Command::new(binary("image-service"));
    let service = Process::start(
        "image-service",
        "cargo build",
        command.args(["serve", "--config"]).arg(path("config.toml")),
    );
    let line = service.line("listening on ").await;
    let address = line.split([' ', '"']).find(|word| word.starts_with("127.0.0.1:")).unwrap().to_owned();
    config("own", &address);
    asked(folder.path()).run().await.ok();
    config("other", &address);
    let said = asked(folder.path()).run().await.refused();
    assert!(said.contains("another certificate than tls.certificate"), "{said}");
}
