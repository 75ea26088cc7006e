//! How look-ups grow with the store: the same requests on a store with 100 images and on a full one, in turns.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use fixtures::system::System;
use tokio::task::JoinSet;

use crate::{
    load::{self, Sample, Target},
    numbered::NumberedRegistry,
    process, report,
};

/// Images in the small store.
const FEW: u32 = 100;

/// Pulls under way at once while a store is filled.
const PULLERS: u32 = 32;

/// Connections during a measurement: one shows how long a look-up takes, many how much work it is.
const CONNECTIONS: [u32; 2] = [1, 16];

/// Fills two stores, then measures both.
pub(crate) async fn compare(turn: Duration, rounds: u32, many: u32) {
    let registry = Arc::new(NumberedRegistry::start().await);
    let (mut small, mut full) = (System::start().await, System::start().await);
    fill(&small, &registry, FEW).await;
    let start = Instant::now();
    fill(&full, &registry, many).await;
    let took = start.elapsed();
    println!(
        "\n{many} images pulled through the socket in {took:.1?}: {:.0}/s",
        f64::from(many) / took.as_secs_f64()
    );
    process::print_memory(&[
        ("image-service, full store", full.service().pid()),
        ("docker-shim, full store", full.shim().pid()),
    ]);

    report::heading(&format!("look-ups at random, {many} images beside {FEW}"), "many", "few");
    let (few_ids, many_ids) = (short_ids(&registry, FEW), short_ids(&registry, many));
    let by_name = |count: u32| {
        let registry = Arc::clone(&registry);
        move |number: u64| format!("/v1.41/images/{}:v1/json", registry.repository(number % u64::from(count)))
    };
    let by_id = |ids: Arc<Vec<String>>| {
        move |number: u64| format!("/v1.41/images/{}/json", ids[(number % ids.len() as u64) as usize])
    };
    let (full, small) = (target(&mut full), target(&mut small));
    for connections in CONNECTIONS {
        let (mut left, mut right) = (Sample::default(), Sample::default());
        let (mut left_id, mut right_id) = (Sample::default(), Sample::default());
        for _ in 0..rounds {
            left.add(load::run(&full, connections, turn, by_name(many)).await);
            right.add(load::run(&small, connections, turn, by_name(FEW)).await);
            left_id.add(load::run(&full, connections, turn, by_id(Arc::clone(&many_ids))).await);
            right_id.add(load::run(&small, connections, turn, by_id(Arc::clone(&few_ids))).await);
        }
        report::row(&format!("by name, {connections}"), &mut left, &mut right);
        report::row(&format!("by short ID, {connections}"), &mut left_id, &mut right_id);
    }
    process::print_memory(&[
        ("image-service after the load", full.pids[0]),
        ("docker-shim after the load", full.pids[1]),
    ]);
}

fn target(system: &mut System) -> Target {
    let pids = vec![system.service().pid(), system.shim().pid()];
    Target { socket: system.engine().socket().to_owned(), pids }
}

/// 12 hex digits of every image's ID, as clients print and type them.
fn short_ids(registry: &NumberedRegistry, count: u32) -> Arc<Vec<String>> {
    let short = |number| registry.image_id(number)["sha256:".len()..][..12].to_owned();
    Arc::new((0..u64::from(count)).map(short).collect())
}

async fn fill(system: &System, registry: &Arc<NumberedRegistry>, count: u32) {
    let next = Arc::new(AtomicU64::new(0));
    let mut pullers = JoinSet::new();
    for _ in 0..PULLERS {
        let (engine, registry, next) = (system.engine().clone(), Arc::clone(registry), Arc::clone(&next));
        pullers.spawn(async move {
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= u64::from(count) {
                    return;
                }
                let answer = engine.pull(&registry.repository(number), "v1").await;
                assert_eq!(answer.status, 200, "{}", answer.text());
            }
        });
    }
    pullers.join_all().await;
}
