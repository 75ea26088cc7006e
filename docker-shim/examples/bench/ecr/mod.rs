//! ECR's calls: `ecr-local` beside moto's server, and beside fakecloud where it is installed.
//!
//! Ours has on the disk what it says that it has, unless it is told that it need not; moto keeps everything in memory, and layers only as their sizes once they are complete.

mod calls;
mod client;
mod layers;
mod listing;
mod server;

use std::{sync::Arc, time::Duration};

use clap::ValueEnum;
use http::header;

use self::{
    client::{Connection, Outgoing},
    layers::Layer,
    server::{Program, Server},
};
use crate::{load::Sample, process, report};

/// One shows how long a call takes, many how much work it is.
const CONNECTIONS: [u32; 2] = [1, 16];

/// The most images that one answer may tell, in the listings that are compared.
const PAGES: [u32; 2] = [100, 1000];

/// What happens again and again: some requests, one after the other.
type Work = Arc<dyn Fn() -> Arc<[Outgoing]> + Send + Sync>;

/// What a change outlives in ours.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Durability {
    PowerCut,
    Crash,
}

/// How much is measured, and how often.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Extent {
    /// Length of one measurement.
    pub(crate) turn: Duration,
    pub(crate) rounds: u32,
    /// Images in the repository that is listed.
    pub(crate) listed: u64,
    /// MiB in a layer.
    pub(crate) layer: u64,
    pub(crate) durability: Durability,
}

/// Measures all of it.
pub(crate) async fn compare(extent: Extent) {
    beside(Program::Moto, extent).await;
    match server::fakecloud() {
        Some(path) => beside(Program::Fakecloud(path), extent).await,
        None => println!("\nno fakecloud on the PATH or among the tools; nothing is measured beside it"),
    }
}

async fn beside(peer: Program, extent: Extent) {
    let pair = Pair { servers: start(&peer, extent).await, extent };
    pair.print_connections().await;
    pair.print_memory("started");
    pair.tokens().await;
    pair.puts().await;
    pair.listings().await;
    pair.layers().await;
    pair.print_memory("after the load");
}

/// Both, several times in turns; the last of each stay.
async fn start(peer: &Program, extent: Extent) -> [Server; 2] {
    let own = Program::Ours(extent.durability);
    let (mut ours, mut theirs) = (Sample::default(), Sample::default());
    for _ in 1..extent.rounds {
        ours.add(Server::start(&own).await.1);
        theirs.add(Server::start(peer).await.1);
    }
    let (us, first) = Server::start(&own).await;
    ours.add(first);
    let (them, first) = Server::start(peer).await;
    theirs.add(first);
    report::heading("starts, until the first call is answered", "ours", peer.name());
    report::row("on an empty folder", &mut ours, &mut theirs);
    [us, them]
}

/// Ours and a peer.
struct Pair {
    servers: [Server; 2],
    extent: Extent,
}

impl Pair {
    async fn tokens(&self) {
        let work: [Work; 2] = [(); 2].map(|()| {
            let request: Arc<[_]> = Arc::new([calls::token()]);
            Arc::new(move || Arc::clone(&request)) as Work
        });
        self.table("GetAuthorizationToken", &work).await;
    }

    async fn puts(&self) {
        let mut work = Vec::new();
        for server in &self.servers {
            work.push(listing::new_images(server, "puts").await);
        }
        self.table("PutImage of an image that is not there yet, over one layer", &work).await;
    }

    async fn listings(&self) {
        let Extent { listed, .. } = self.extent;
        let (mut ours, mut theirs) = (Sample::default(), Sample::default());
        for (server, sample) in self.servers.iter().zip([&mut ours, &mut theirs]) {
            sample.add(listing::fill(server, "listed", listed).await);
        }
        self.heading(&format!("PutImage of the {listed} images that are listed next"));
        report::row("16 connections", &mut ours, &mut theirs);
        for page in PAGES {
            let mut work = Vec::new();
            let mut answers = Vec::new();
            for server in &self.servers {
                let requests = listing::requests(server, "listed", page, listed).await;
                answers.push(requests.len());
                work.push(Arc::new(move || Arc::clone(&requests)) as Work);
            }
            let title = format!(
                "DescribeImages of all {listed} images, {page} on a page; answers that takes: {} of ours, {} of {}",
                answers[0],
                answers[1],
                self.servers[1].name()
            );
            self.table(&title, &work).await;
        }
    }

    async fn layers(&self) {
        let mut layer = Layer::new(self.extent.layer);
        self.heading(&format!("a layer of {} MiB, one at a time", layer.mebibytes()));
        let (mut ours, mut theirs) = (Sample::default(), Sample::default());
        for _ in 0..self.extent.rounds {
            for (server, sample) in self.servers.iter().zip([&mut ours, &mut theirs]) {
                sample.add(layers::by_calls(server, layer.next()).await);
            }
        }
        report::row("in parts, by calls", &mut ours, &mut theirs);
        let is_registry = layers::is_registry(&self.servers[1]).await;
        let (mut ours, mut theirs) = (Sample::default(), Sample::default());
        for _ in 0..self.extent.rounds {
            ours.add(layers::by_push(&self.servers[0], layer.next()).await);
            if is_registry {
                theirs.add(layers::by_push(&self.servers[1], layer.next()).await);
            }
        }
        match is_registry {
            true => report::row("by /v2", &mut ours, &mut theirs),
            false => report::alone("by /v2", &mut ours),
        }
    }

    async fn table(&self, title: &str, work: &[Work]) {
        self.heading(title);
        let Extent { turn, rounds, .. } = self.extent;
        for connections in CONNECTIONS {
            let (mut ours, mut theirs) = (Sample::default(), Sample::default());
            for _ in 0..rounds {
                ours.add(client::run(&self.servers[0], connections, turn, &work[0]).await);
                theirs.add(client::run(&self.servers[1], connections, turn, &work[1]).await);
            }
            report::row(&format!("{connections} connections"), &mut ours, &mut theirs);
        }
    }

    fn heading(&self, title: &str) {
        report::heading(title, "ours", self.servers[1].name());
    }

    /// Whose connections do not last.
    async fn print_connections(&self) {
        for server in &self.servers {
            let answer = ask(server, &calls::token()).await;
            if answer.headers.get(header::CONNECTION).is_some_and(|value| value == "close") {
                println!(
                    "\n{} closes a connection after each answer; its latencies include the next",
                    server.name()
                );
            }
        }
    }

    fn print_memory(&self, when: &str) {
        let rows = self.servers.each_ref().map(|server| (format!("{}, {when}", server.name()), server.pid()));
        process::print_memory(&rows.each_ref().map(|(name, pid)| (name.as_str(), *pid)));
    }
}

/// Sends a request that must succeed over a connection of its own.
async fn ask(server: &Server, request: &Outgoing) -> client::Answer {
    Connection::open(server.address()).await.expect("the server accepts").expect(request).await
}
