//! The benchmark: our processes beside those that others run for the same, in the same minute, in turns. It prints; it judges nothing.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a report for people, made of fixtures"
)]

mod archives;
mod ecr;
mod fleet;
mod list;
mod load;
mod process;
mod report;
mod scale;
mod state;

use std::time::Duration;

use clap::{Parser, ValueEnum};
use fixtures::{
    peers::{DockerRegistry, Dockerd, Recipe},
    system::System,
};
use load::{Sample, Target};
use serde_json::json;

/// Measures inspect beside dockerd, idle memory, how look-ups grow with the store on SQLite and on Postgres, loads beside dockerd and skopeo,
/// ECR's calls beside moto, and the engines beside each other.
#[derive(Debug, Parser)]
struct Options {
    /// Length of one measurement.
    #[arg(long, default_value_t = 2)]
    seconds: u64,
    /// How often ours and theirs take turns.
    #[arg(long, default_value_t = 3)]
    rounds: u32,
    /// Images in the full store.
    #[arg(long, default_value_t = 100_000)]
    images: u32,
    /// How often each archive is loaded by each.
    #[arg(long, default_value_t = 2)]
    loads: u32,
    /// Only one part.
    #[arg(long)]
    only: Option<Part>,
    /// MiB of layers in the image that is loaded.
    #[arg(long, default_value_t = 1024)]
    image: u64,
    /// MiB in a layer that is streamed; 0 leaves it out.
    #[arg(long, default_value_t = 4200)]
    large: u64,
    /// Images in the repository that is listed.
    #[arg(long, default_value_t = 10_000)]
    listed: u64,
    /// MiB in a layer that comes in parts.
    #[arg(long, default_value_t = 256)]
    layer: u64,
    /// What changes outlive in ECR's part; others keep theirs in memory.
    #[arg(long, value_enum, default_value = "power-cut")]
    durability: ecr::Durability,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum Part {
    Inspect,
    Scale,
    Archives,
    Ecr,
    Fleet,
}

impl Options {
    fn wants(&self, part: Part) -> bool {
        self.only.is_none_or(|only| only == part)
    }
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let options = Options::parse();
    let turn = Duration::from_secs(options.seconds);
    if options.wants(Part::Inspect) {
        beside_dockerd(turn, options.rounds).await;
    }
    if options.wants(Part::Scale) {
        scale::compare(turn, options.rounds, options.images).await;
    }
    if options.wants(Part::Archives) {
        let Options { loads: rounds, image, large, .. } = options;
        archives::compare(archives::Extent { rounds, image, large }).await;
    }
    if options.wants(Part::Ecr) {
        let Options { rounds, listed, layer, durability, .. } = options;
        ecr::compare(ecr::Extent { turn, rounds, listed, layer, durability }).await;
    }
    if options.wants(Part::Fleet) {
        fleet::compare(turn, options.rounds).await;
    }
}

/// Inspect of one pulled image: `GET /v1.41/images/NAME/json`, keep-alive connections, each sending its next request when the last is answered.
async fn beside_dockerd(turn: Duration, rounds: u32) {
    let registry = DockerRegistry::open().await;
    registry.push("team/app", "v1", &typical()).await;
    let (mut system, dockerd) = (System::start().await, Dockerd::start().await);
    let name = registry.reference("team/app");
    for engine in [system.engine(), dockerd.engine()] {
        assert_eq!(engine.pull(&name, "v1").await.status, 200);
    }
    // Before any load: what an idle host pays.
    let ours = [system.service().pid(), system.shim().pid()];
    process::print_memory(&[
        ("image-service", ours[0]),
        ("docker-shim", ours[1]),
        ("dockerd (without containerd)", dockerd.pid()),
    ]);
    let path = format!("/v1.41/images/{name}:v1/json");
    let [us, them] = [(system.engine(), ours.to_vec()), (dockerd.engine(), vec![dockerd.pid()])]
        .map(|(engine, pids)| Target { socket: engine.socket().to_owned(), pids });
    report::heading("inspect, one image, whole path to the store", "ours", "dockerd");
    for connections in [1, 16, 64] {
        let (mut ours, mut theirs) = (Sample::default(), Sample::default());
        for _ in 0..rounds {
            ours.add(measure(&us, &path, connections, turn).await);
            theirs.add(measure(&them, &path, connections, turn).await);
        }
        report::row(&format!("{connections} connections"), &mut ours, &mut theirs);
    }
    process::print_memory(&[
        ("image-service after the load", ours[0]),
        ("docker-shim after the load", ours[1]),
    ]);
}

async fn measure(target: &Target, path: &str, connections: u32, turn: Duration) -> Sample {
    let path = path.to_owned();
    load::run(target, connections, turn, move |_| path.clone()).await
}

/// An image as CI jobs use them: some environment, labels, a dozen steps.
fn typical() -> Recipe {
    let mut recipe = Recipe::plain("typical");
    let steps = (0..12).map(|step| {
        json!({ "created": "2024-05-06T07:08:09Z", "created_by": format!("RUN step {step}"), "empty_layer": step != 0 })
    });
    recipe.config["history"] = steps.collect();
    recipe.config["config"]["Labels"] = json!({ "org.opencontainers.image.source": "https://example.com/app", "maintainer": "team@example.com" });
    recipe.config["config"]["ExposedPorts"] = json!({ "80/tcp": {} });
    recipe.config["config"]["Entrypoint"] = json!(["/docker-entrypoint.sh"]);
    recipe
}
