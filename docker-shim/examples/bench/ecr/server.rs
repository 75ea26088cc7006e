//! What answers ECR's calls here, each as a process of its own.

use std::{
    env, fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use fixtures::{
    process::{DEADLINE, Process},
    system::binary,
    tool::pinned,
};
use tempfile::TempDir;
use tokio::{net::TcpListener, time::sleep};

use super::{
    Durability, calls,
    client::Connection,
    sign::{KEY, SECRET},
};
use crate::{load::Sample, process};

/// Who answers.
#[derive(Clone, Debug)]
pub(super) enum Program {
    Ours(Durability),
    /// Ours, which takes no call that is not signed.
    OursSigned(Durability),
    Moto,
    Fakecloud(PathBuf),
}

/// fakecloud, if somebody installed it.
pub(super) fn fakecloud() -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    // The tools beside the builds lie in `target/tools`, the benchmark in `target/<profile>/examples`.
    let tools = env::current_exe().ok().and_then(|own| Some(own.ancestors().nth(3)?.join("tools/bin")));
    let mut found = env::split_paths(&path).chain(tools).map(|folder| folder.join("fakecloud"));
    found.find(|path| path.is_file())
}

impl Durability {
    fn flag(self) -> &'static str {
        match self {
            Self::PowerCut => "power-cut",
            Self::Crash => "crash",
        }
    }
}

impl Program {
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Ours(_) => "ecr-local",
            Self::OursSigned(_) => "ecr-local with signatures",
            Self::Moto => "moto",
            Self::Fakecloud(_) => "fakecloud",
        }
    }

    /// The command, with all that it writes in a file: moto writes a line for each request, which nobody here shall have to read.
    fn command(&self, folder: &Path, address: SocketAddr) -> Command {
        let (host, port) = (address.ip().to_string(), address.port().to_string());
        let mut command = Command::new("sh");
        command.args(["-c", "exec \"$@\" >\"$0\" 2>&1"]).arg(log(folder));
        match self {
            Self::Ours(durability) | Self::OursSigned(durability) => {
                if let Self::OursSigned(_) = self {
                    let keys = folder.join("keys");
                    fs::write(&keys, format!("{KEY}:{SECRET}:000000000000\n")).unwrap();
                    command.arg(binary("ecr-local")).arg("--access-keys").arg(keys);
                } else {
                    command.arg(binary("ecr-local"));
                }
                let command = command.args(["--listen", &address.to_string()]);
                command.arg("--durability").arg(durability.flag()).arg("--data-dir").arg(folder.join("data"))
            }
            Self::Moto => {
                command.arg(pinned("python/bin/python")).args(["-m", "moto.server", "-H", &host, "-p", &port])
            }
            Self::Fakecloud(path) => command.arg(path).args(["--addr", &address.to_string()]),
        };
        command.current_dir(folder).env_remove("PYTHONPATH");
        command
    }
}

/// A running one.
pub(super) struct Server {
    program: Program,
    address: SocketAddr,
    // Ends before its folder goes.
    process: Process,
    _folder: TempDir,
}

impl Server {
    /// Starts it; the sample is the time until it answers.
    pub(super) async fn start(program: &Program) -> (Self, Sample) {
        let folder = tempfile::tempdir().unwrap();
        let address = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        let mut command = program.command(folder.path(), address);
        let start = Instant::now();
        let mut process = Process::start(program.name(), "make tools", &mut command);
        let signs = matches!(program, Program::OursSigned(_));
        while !answers(address, signs).await {
            let log = || fs::read_to_string(log(folder.path())).unwrap_or_default();
            let waits = process.is_running() && start.elapsed() < DEADLINE;
            assert!(waits, "{} does not answer:\n{}", program.name(), log());
            sleep(Duration::from_millis(1)).await;
        }
        let sample = Sample::one(start.elapsed(), process::cpu(&[process.pid()]));
        (Self { program: program.clone(), address, process, _folder: folder }, sample)
    }

    pub(super) fn name(&self) -> &'static str {
        self.program.name()
    }

    /// A connection by which calls are made as the server wants them.
    pub(super) async fn connect(&self) -> Connection {
        let signs = matches!(self.program, Program::OursSigned(_));
        Connection::open(self.address).await.expect("the server accepts").signing(signs)
    }

    pub(super) fn pid(&self) -> u32 {
        self.process.pid()
    }
}

async fn answers(address: SocketAddr, signs: bool) -> bool {
    let Ok(connection) = Connection::open(address).await else { return false };
    let mut connection = connection.signing(signs);
    connection.send(&calls::token()).await.is_ok_and(|answer| answer.status.is_success())
}

fn log(folder: &Path) -> PathBuf {
    folder.join("log")
}
