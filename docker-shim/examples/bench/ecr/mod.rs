//! ECR's calls: `ecr-local` beside moto's server, and beside fakecloud where it is installed.
//!
//! Ours has on the disk what it says that it has, unless it is told that it need not; moto keeps everything in memory, and layers only as their sizes once they are complete.

mod calls;
mod client;
mod layers;
mod listing;
mod server;
mod sign;
mod summary;

use std::{sync::Arc, time::Duration};

use clap::ValueEnum;
use http::header;

use self::{
    client::Outgoing,
    layers::Layer,
    server::{Program, Server},
    summary::Summary,
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
    let summary = Summary::default();
    beside(Program::Moto, extent, &summary).await;
    match server::fakecloud() {
        Some(path) => beside(Program::Fakecloud(path), extent, &summary).await,
        None => println!("\nno fakecloud on the PATH or among the tools; nothing is measured beside it"),
    }
    summary.print();
}

async fn beside(peer: Program, extent: Extent, summary: &Summary) {
    let signed = Server::start(&Program::OursSigned(extent.durability)).await.0;
    let pair = Pair { servers: start(&peer, extent).await, signed, extent, summary };
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
struct Pair<'s> {
    servers: [Server; 2],
    /// Ours again; no peer verifies signatures.
    signed: Server,
    extent: Extent,
    summary: &'s Summary,
}

impl Pair<'_> {
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
        let title = "PutImage of an image that is not there yet, over one layer";
        self.table(title, &work).await;
        let signed = listing::new_images(&self.signed, "puts").await;
        for connections in CONNECTIONS {
            let (mut ours, mut theirs) = (Sample::default(), Sample::default());
            for _ in 0..self.extent.rounds {
                ours.add(client::run(&self.signed, connections, self.extent.turn, &signed).await);
                theirs.add(client::run(&self.servers[1], connections, self.extent.turn, &work[1]).await);
            }
            self.row(title, &format!("{connections}, ours signed"), &mut ours, &mut theirs);
        }
    }

    async fn listings(&self) {
        let Extent { listed, .. } = self.extent;
        let (mut ours, mut theirs) = (Sample::default(), Sample::default());
        for (server, sample) in self.servers.iter().zip([&mut ours, &mut theirs]) {
            sample.add(listing::fill(server, "listed", listed).await);
        }
        let title = format!("PutImage of the {listed} images that are listed next");
        self.heading(&title);
        self.row(&title, "16 connections", &mut ours, &mut theirs);
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
        let title = format!("a layer of {} MiB, one at a time", layer.mebibytes());
        self.heading(&title);
        let (mut ours, mut theirs, mut signed) = (Sample::default(), Sample::default(), Sample::default());
        for _ in 0..self.extent.rounds {
            let servers = self.servers.iter().chain([&self.signed]);
            for (server, sample) in servers.zip([&mut ours, &mut theirs, &mut signed]) {
                sample.add(layers::by_calls(server, layer.next()).await);
            }
        }
        self.row(&title, "in parts, by calls", &mut ours, &mut theirs);
        self.row(&title, "calls, ours signed", &mut signed, &mut theirs);
        let is_registry = layers::is_registry(&self.servers[1]).await;
        let (mut ours, mut theirs) = (Sample::default(), Sample::default());
        for _ in 0..self.extent.rounds {
            ours.add(layers::by_push(&self.servers[0], layer.next()).await);
            if is_registry {
                theirs.add(layers::by_push(&self.servers[1], layer.next()).await);
            }
        }
        match is_registry {
            true => self.row(&title, "by /v2", &mut ours, &mut theirs),
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
            self.row(title, &format!("{connections} connections"), &mut ours, &mut theirs);
        }
    }

    fn row(&self, title: &str, name: &str, ours: &mut Sample, theirs: &mut Sample) {
        report::row(name, ours, theirs);
        self.summary.note(&format!("{title}: {name}"), self.servers[1].name(), ours, theirs);
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
    server.connect().await.expect(request).await
}
