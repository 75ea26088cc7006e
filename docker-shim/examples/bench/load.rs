//! A closed-loop load generator on raw Unix sockets: as little work per request as possible, so that the server is what is measured.

use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::UnixStream,
    task::JoinSet,
};

use crate::process;

/// What one or several runs measured.
#[derive(Debug, Default)]
pub(crate) struct Sample {
    latencies: Vec<Duration>,
    elapsed: Duration,
    cpu: Duration,
    /// What this process computed meanwhile.
    client: Duration,
}

impl Sample {
    /// What some processes did meanwhile for workers that begin together; each gives the latencies of its requests.
    pub(crate) async fn of(
        pids: &[u32],
        workers: impl IntoIterator<Item = impl Future<Output = Vec<Duration>> + Send + 'static>,
    ) -> Self {
        let all = workers.into_iter().collect::<JoinSet<_>>().join_all();
        let mut measured = Vec::new();
        let sample = Self::timed(pids, async { measured = all.await.concat() }).await;
        Self { latencies: measured, ..sample }
    }

    /// What some processes did for one piece of work.
    pub(crate) async fn timed(pids: &[u32], work: impl Future<Output = ()>) -> Self {
        let own = [std::process::id()];
        let (start, cpu, client) = (Instant::now(), process::cpu(pids), process::cpu(&own));
        work.await;
        let elapsed = start.elapsed();
        let (cpu, client) = (process::cpu(pids) - cpu, process::cpu(&own) - client);
        Self { latencies: vec![elapsed], elapsed, cpu, client }
    }

    /// One event, such as the start of a process.
    pub(crate) fn one(elapsed: Duration, cpu: Duration) -> Self {
        Self { latencies: vec![elapsed], elapsed, cpu, client: Duration::ZERO }
    }

    pub(crate) fn add(&mut self, other: Self) {
        self.latencies.extend(other.latencies);
        self.elapsed += other.elapsed;
        self.cpu += other.cpu;
        self.client += other.client;
    }

    pub(crate) fn per_second(&self) -> f64 {
        self.latencies.len() as f64 / self.elapsed.as_secs_f64()
    }

    /// What the servers computed for each request: tells more than time on a machine that others use.
    pub(crate) fn cpu_each(&self) -> Duration {
        self.cpu.div_f64(self.latencies.len() as f64)
    }

    /// What this process computed for each request. Where that is more than the servers did, it is the client that is measured in time.
    pub(crate) fn client_each(&self) -> Duration {
        self.client.div_f64(self.latencies.len() as f64)
    }

    /// The latency that a share of the requests stayed within.
    pub(crate) fn percentile(&mut self, share: f64) -> Duration {
        let index = ((self.latencies.len() - 1) as f64 * share).round() as usize;
        *self.latencies.select_nth_unstable(index).1
    }
}

/// Who serves: the socket, and the processes behind it.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) socket: PathBuf,
    pub(crate) pids: Vec<u32>,
}

/// Keeps connections busy for a while; `path` gives the path of each request by a number that looks random.
pub(crate) async fn run(
    target: &Target,
    connections: u32,
    time: Duration,
    path: impl Fn(u64) -> String + Clone + Send + 'static,
) -> Sample {
    let mut streams = Vec::new();
    for worker in 0..connections {
        let stream = UnixStream::connect(&target.socket).await.expect("the server accepts");
        streams.push((stream, u64::from(worker)));
    }
    let end = Instant::now() + time;
    let workers = streams.into_iter().map(|(stream, worker)| keep_busy(stream, end, worker, path.clone()));
    Sample::of(&target.pids, workers).await
}

async fn keep_busy(
    mut stream: UnixStream,
    end: Instant,
    worker: u64,
    path: impl Fn(u64) -> String,
) -> Vec<Duration> {
    let mut latencies = Vec::new();
    let mut buffer = vec![0; 64 * 1024];
    let mut number = worker.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    loop {
        let sent = Instant::now();
        if sent >= end {
            return latencies;
        }
        // Knuth's linear congruential generator: the high bits are random enough to miss caches.
        number = number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let request = format!("GET {} HTTP/1.1\r\nHost: docker\r\n\r\n", path(number >> 24));
        stream.write_all(request.as_bytes()).await.expect("the server reads");
        read_answer(&mut stream, &mut buffer).await;
        latencies.push(sent.elapsed());
    }
}

/// Reads one answer with status 200 to its end, by length or in chunks.
async fn read_answer(stream: &mut UnixStream, buffer: &mut [u8]) {
    let mut filled = 0;
    loop {
        let read = stream.read(&mut buffer[filled..]).await.expect("the server answers");
        assert!(read > 0, "the server closed the connection");
        filled += read;
        if is_whole(&buffer[..filled]) {
            return;
        }
    }
}

fn is_whole(answer: &[u8]) -> bool {
    let Some(head) = answer.windows(4).position(|window| window == b"\r\n\r\n") else { return false };
    let text = std::str::from_utf8(&answer[..head]).expect("headers are ASCII");
    assert!(text.starts_with("HTTP/1.1 200"), "{}", String::from_utf8_lossy(answer));
    let length = text.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().expect("a length"))
    });
    match length {
        Some(length) => answer.len() - head - 4 >= length,
        None => answer.ends_with(b"\r\n0\r\n\r\n"),
    }
}
