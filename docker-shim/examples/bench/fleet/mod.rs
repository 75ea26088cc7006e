//! The same calls on each engine, by one service and by two that share a database, over a Unix socket and over TCP with mutual TLS.

mod certificates;
mod deployment;
mod numbered;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use certificates::Certificates;
use deployment::{Deployment, Engine, Place};
use fixtures::peers::Postgres;
use imageservice_proto::v1::{InspectRequest, PullRequest, TagRequest, images_client::ImagesClient};
use numbered::NumberedRegistry;
use tonic::transport::Channel;

use crate::{load::Sample, report};

/// Images that calls choose from.
const IMAGES: u64 = 100;
/// Calls under way at once.
const CALLERS: u64 = 16;

/// What is asked for.
#[derive(Clone, Copy, Debug)]
enum Call {
    Inspect,
    Tag,
    /// Of a tag that is known and has not moved: the registry is asked once, by HEAD.
    Pull,
}

/// Starts everything, then measures each call on each deployment beside the first, in turns.
pub(crate) async fn compare(turn: Duration, rounds: u32) {
    let registry = Arc::new(NumberedRegistry::start().await);
    let (postgres, certificates) = (Postgres::durable().await, Certificates::new());
    let mut deployments = Vec::new();
    for place in [Place::Unix, Place::MutualTls] {
        for (engine, services) in [(Engine::Sqlite, 1), (Engine::Postgres, 1), (Engine::Postgres, 2)] {
            let deployment = Deployment::start(engine, services, place, &postgres, &certificates).await;
            fill(&deployment, &registry).await;
            deployments.push(deployment);
        }
    }
    let (first, others) = deployments.split_first().expect("there are some");
    for call in [Call::Inspect, Call::Tag, Call::Pull] {
        report::heading(&format!("{call:?}, {CALLERS} at once, beside {first}"), "this", "first");
        for other in others {
            let (mut this, mut beside) = (Sample::default(), Sample::default());
            for _ in 0..rounds {
                this.add(measure(other, call, turn, &registry).await);
                beside.add(measure(first, call, turn, &registry).await);
            }
            report::row(&other.to_string(), &mut this, &mut beside);
        }
    }
}

async fn fill(deployment: &Deployment, registry: &NumberedRegistry) {
    let mut client = ImagesClient::new(deployment.channels[0].clone());
    for number in 0..IMAGES {
        ask(&mut client, Call::Pull, &registry.repository(number), 0).await;
    }
}

async fn measure(
    deployment: &Deployment,
    call: Call,
    turn: Duration,
    registry: &Arc<NumberedRegistry>,
) -> Sample {
    let end = Instant::now() + turn;
    let channels = deployment.channels.iter().cycle();
    let callers = (0..CALLERS)
        .zip(channels)
        .map(|(caller, channel)| keep_busy(channel.clone(), call, caller, end, Arc::clone(registry)));
    Sample::of(&deployment.pids(), callers).await
}

async fn keep_busy(
    channel: Channel,
    call: Call,
    caller: u64,
    end: Instant,
    registry: Arc<NumberedRegistry>,
) -> Vec<Duration> {
    let mut client = ImagesClient::new(channel);
    let mut latencies = Vec::new();
    for turn in 0.. {
        let sent = Instant::now();
        if sent >= end {
            break;
        }
        // Callers go through the images at different steps, so that they rarely meet.
        let number = (caller + turn * (2 * caller + 1)) % IMAGES;
        ask(&mut client, call, &registry.repository(number), caller).await;
        latencies.push(sent.elapsed());
    }
    latencies
}

async fn ask(client: &mut ImagesClient<Channel>, call: Call, repository: &str, caller: u64) {
    let name = format!("{repository}:v1");
    match call {
        Call::Inspect => {
            let request = InspectRequest { name, ..Default::default() };
            client.inspect(request).await.expect("the image is there");
        }
        Call::Tag => {
            let tag = format!("by-{caller}");
            let request = TagRequest { source: name, repository: repository.to_owned(), tag };
            client.tag(request).await.expect("the image is there");
        }
        Call::Pull => {
            let request = PullRequest { reference: name, ..Default::default() };
            let mut events = client.pull(request).await.expect("the registry has it").into_inner();
            while events.message().await.expect("the pull ends well").is_some() {}
        }
    }
}
