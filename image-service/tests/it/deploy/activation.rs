//! Under systemd: sockets that it opens, and what it is told.

use std::{net::TcpListener, os::unix::net::UnixDatagram, path::Path, process::Command, time::Duration};

use fixtures::{
    engine::Engine,
    process::{Process, until},
    system::binary,
    tool::Tool,
};

/// As systemd does it: listens first, and starts the program at the first connection.
fn activated(listen: &str, program: &str, args: &[&str], folder: &Path) -> Process {
    let mut command = Command::new("systemd-socket-activate");
    command.args(["--listen", listen, "--setenv", "IMAGE_SERVICE_EMBEDDED_REGISTRY__ENABLED=false"]);
    command.arg("--setenv").arg(format!("IMAGE_SERVICE_DATA_DIR={}", folder.join("data").display()));
    command.arg(binary(program)).args(args);
    Process::start("systemd-socket-activate", "apt-get install systemd", &mut command)
}

/// The first connection starts the service, which may take longer than health is waited for.
async fn ask(listen: &str) {
    until("the service is ready", async || {
        let asked = Tool::new(binary("image-service")).args(["health", "--listen", listen]).run().await;
        (asked.status == Some(0)).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_service_serves_a_unix_socket_that_was_handed_over_and_leaves_it_where_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("grpc.sock");
    let mut service = activated(socket.to_str().unwrap(), "image-service", &["serve"], folder.path());
    service.line("Listening on").await;
    ask(&format!("unix://{}", socket.display())).await;
    service.line(&format!("listening on unix://{}", socket.display())).await;
    assert!(service.stop());
    assert!(socket.exists(), "systemd's socket stays for the next start");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_service_serves_a_tcp_socket_that_was_handed_over() {
    let folder = tempfile::tempdir().unwrap();
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let mut service = activated(&address, "image-service", &["serve"], folder.path());
    service.line("Listening on").await;
    ask(&address).await;
    assert!(service.stop());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tcp_socket_that_other_machines_reach_needs_tls_when_it_is_handed_over_too() {
    let folder = tempfile::tempdir().unwrap();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let service = activated(&format!("0.0.0.0:{port}"), "image-service", &["serve"], folder.path());
    service.line("Listening on").await;
    let _client = std::net::TcpStream::connect(("127.0.0.1", port)).unwrap();
    service.line("so it needs a [tls] table").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn more_sockets_than_one_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let mut command = Command::new("systemd-socket-activate");
    command.args(["--listen", &path("a.sock"), "--listen", &path("b.sock")]).arg(binary("docker-shim"));
    command.arg("--socket").arg(path("c.sock"));
    let shim = Process::start("systemd-socket-activate", "apt-get install systemd", &mut command);
    shim.line("b.sock").await;
    let _client = std::os::unix::net::UnixStream::connect(path("a.sock")).unwrap();
    shim.line("2 sockets were handed over, and one can be served").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_shim_serves_a_socket_that_was_handed_over_and_no_tcp() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("docker.sock");
    let elsewhere = format!("--socket={}", folder.path().join("unused.sock").display());
    let mut shim = activated(socket.to_str().unwrap(), "docker-shim", &[&elsewhere], folder.path());
    shim.line("Listening on").await;
    let answer = Engine::at(&socket).get("/_ping").await;
    assert_eq!((answer.status.as_u16(), answer.text().as_str()), (200, "OK"));
    assert!(shim.stop() && socket.exists() && !folder.path().join("unused.sock").exists());

    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let shim = activated(&address, "docker-shim", &[&elsewhere], folder.path());
    shim.line("Listening on").await;
    let _client = std::net::TcpStream::connect(&address).unwrap();
    shim.line("only a Unix socket can be served").await;
}

/// What programs say to systemd.
struct Manager(UnixDatagram);

impl Manager {
    fn at(path: &Path) -> Self {
        let socket = UnixDatagram::bind(path).unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        Self(socket)
    }

    /// Waits until something is said.
    fn hears(&self, wanted: &str) {
        let mut buffer = [0; 512];
        loop {
            let length =
                self.0.recv(&mut buffer).unwrap_or_else(|error| panic!("{wanted} was not said: {error}"));
            if String::from_utf8_lossy(&buffer[..length]).lines().any(|line| line == wanted) {
                return;
            }
        }
    }
}

fn notifying(program: &str, args: &[&str], folder: &Path) -> (Manager, Process) {
    let path = folder.join("notify.sock");
    let manager = Manager::at(&path);
    let mut command = Command::new(binary(program));
    command.args(args).env("NOTIFY_SOCKET", path).env("WATCHDOG_USEC", "300000").env_remove("WATCHDOG_PID");
    command.env("IMAGE_SERVICE_EMBEDDED_REGISTRY__ENABLED", "false");
    (manager, Process::start(program, "cargo build", &mut command))
}

#[tokio::test(flavor = "multi_thread")]
async fn systemd_is_told_that_the_service_is_ready_turns_and_stops() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data").display().to_string();
    let (manager, mut service) = notifying("image-service", &["serve", "--data-dir", &data], folder.path());
    manager.hears("READY=1");
    ask(&format!("unix://{data}/image-service.sock")).await;
    manager.hears("WATCHDOG=1");
    manager.hears("WATCHDOG=1");
    assert!(service.stop());
    manager.hears("STOPPING=1");
}

#[tokio::test(flavor = "multi_thread")]
async fn systemd_is_told_that_the_shim_is_ready_turns_and_stops() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("docker.sock");
    let (manager, mut shim) = notifying(
        "docker-shim",
        &["--socket", socket.to_str().unwrap(), "--image-service", "unix:///none"],
        folder.path(),
    );
    manager.hears("READY=1");
    assert_eq!(Engine::at(&socket).get("/_ping").await.status.as_u16(), 200);
    manager.hears("WATCHDOG=1");
    manager.hears("WATCHDOG=1");
    assert!(shim.stop());
    manager.hears("STOPPING=1");
}
