//! `ecr-local` beside Debian's docker-registry: the same images, with the same client, in turns.

use std::{path::Path, process::Command};

use fixtures::{peers::DockerRegistry, process::Process, system::binary};
use tempfile::TempDir;

use super::{
    command::{Cost, cost},
    layout,
    loader::skopeo,
};
use crate::process::peak;

/// A name, the number of layers, and the bytes of each.
const IMAGES: [(&str, u64, u64); 2] =
    [("4 layers of 128 MiB", 4, 128 << 20), ("100 layers of 16 KiB", 100, 16 << 10)];

/// Our registry as a process of its own.
struct EcrLocal {
    // Ends before its folder goes.
    process: Process,
    host: String,
    _dir: TempDir,
}

impl EcrLocal {
    async fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut command = Command::new(binary("ecr-local"));
        command.args(["--listen", "127.0.0.1:0", "--data-dir"]).arg(dir.path().join("data"));
        let process = Process::start("ecr-local", "cargo build --workspace", &mut command);
        let line = process.line("listening on ").await;
        let host = line.rsplit_once(' ').expect("the address comes last").1.to_owned();
        Self { process, host, _dir: dir }
    }
}

#[derive(Default)]
struct Row {
    push: Cost,
    pull: Cost,
}

/// Prints one table.
pub(crate) async fn compare(folder: &Path, rounds: u32) {
    println!("\nregistries, skopeo as the client; mean of {rounds}");
    println!("  {:<42} {:>22}   {:>22}", "", "push: time   cpu", "pull: time   cpu");
    for (number, (title, count, size)) in (1..).zip(IMAGES) {
        let image = folder.join(format!("layout-{number}"));
        layout::write(&image, count, size, number);
        let (mut ours, mut theirs, mut most) = (Row::default(), Row::default(), 0.0);
        for _ in 0..rounds {
            let registry = EcrLocal::start().await;
            ours.add(&image, &registry.host, registry.process.pid());
            most = peak(registry.process.pid()).max(most);
            let registry = DockerRegistry::open().await;
            theirs.add(&image, registry.host(), registry.pid());
        }
        for (name, row) in [("ecr-local", &ours), ("docker-registry", &theirs)] {
            let name = format!("{title}: {name}");
            println!("  {name:<42} {}   {}", seconds(row.push / rounds), seconds(row.pull / rounds));
        }
        println!(
            "  {:<42} {:>21.2}x   {:>21.2}x   VmHWM of ecr-local {most:.0} MiB",
            "",
            ratio(theirs.push, ours.push),
            ratio(theirs.pull, ours.pull)
        );
    }
}

impl Row {
    fn add(&mut self, image: &Path, host: &str, server: u32) {
        let (cache, pulled) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (layout, name) = (format!("oci:{}", image.display()), format!("docker://{host}/bench:1"));
        let mut push = skopeo(cache.path());
        push.args(["copy", "-q", "--preserve-digests", "--dest-tls-verify=false", &layout, &name]);
        self.push += cost(&mut push, &[server]);
        let mut pull = skopeo(cache.path());
        pull.args(["copy", "-q", "--preserve-digests", "--src-tls-verify=false", &name]);
        pull.arg(format!("dir:{}", pulled.path().display()));
        self.pull += cost(&mut pull, &[server]);
    }
}

fn seconds(cost: Cost) -> String {
    format!("{:>10.2} s {:>8.2} s", cost.wall.as_secs_f64(), cost.work.as_secs_f64())
}

fn ratio(theirs: Cost, ours: Cost) -> f64 {
    theirs.wall.as_secs_f64() / ours.wall.as_secs_f64()
}
