//! What was loaded goes out again: `docker save` and `docker push`, beside dockerd.

use std::path::Path;

use fixtures::peers::DockerRegistry;

use super::{
    command::{Cost, beside, cost, discarding},
    image::NAME,
    loader::{Kind, Loader},
};

/// Prints one table.
pub(crate) async fn compare(archive: &Path, rounds: u32) {
    println!("\nan image that was loaded before; mean of {rounds}; ratios to ours");
    println!("  {:<26} {:>30}   {:>30}", "", "save: time   cpu   ratio", "push: time   cpu   ratio");
    let mut ours = None;
    for (kind, name) in [(Kind::OursEmbedded, "ours, embedded registry"), (Kind::Docker, "dockerd")] {
        let (mut saved, mut pushed) = (Cost::default(), Cost::default());
        for _ in 0..rounds {
            let mut loader = kind.start().await;
            cost(loader.docker().args(["load", "-q", "-i"]).arg(archive), &[]);
            let servers = loader.servers();
            saved += discarding(loader.docker().args(["save", NAME]), &servers);
            pushed += push(&loader, servers).await;
        }
        let (saved, pushed) = (saved / rounds, pushed / rounds);
        let (ours_saved, ours_pushed) = *ours.get_or_insert((saved, pushed));
        println!("  {name:<26} {}   {}", beside(saved, ours_saved), beside(pushed, ours_pushed));
    }
}

/// To a registry that is empty.
async fn push(loader: &Loader, mut servers: Vec<u32>) -> Cost {
    let registry = DockerRegistry::open().await;
    servers.push(registry.pid());
    let target = registry.reference("pushed:1");
    cost(loader.docker().args(["tag", NAME, &target]), &[]);
    cost(loader.docker().args(["push", "-q", &target]), &servers)
}
