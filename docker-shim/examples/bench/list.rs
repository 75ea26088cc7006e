//! How long a listing takes: a page is 100 images, asked for by one statement. What is the database's part of that, the service says itself.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use fixtures::{scraped::Scraped, system::System};
use imageservice_proto::v1::ListRequest;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::UnixStream,
};

const PAGE: usize = 100;
/// Pages of one listing that are read.
const PAGES: usize = 50;

/// The first page, and each further one, with everything that is on its way: more than the database's part.
pub(crate) async fn pages(system: &System, rounds: u32) -> (Duration, Duration) {
    let (mut first, mut further) = (Duration::MAX, Duration::MAX);
    for _ in 0..rounds.max(1) {
        let (start, mut images) = (Instant::now(), system.images().await);
        let mut list = images.list(ListRequest::default()).await.expect("a listing").into_inner();
        let (mut listed, mut after_first) = (0, None);
        while listed < PAGES * PAGE && list.message().await.expect("a listing").is_some() {
            listed += 1;
            if listed == PAGE {
                after_first = Some(start.elapsed());
            }
        }
        let after_first = after_first.unwrap_or_else(|| start.elapsed());
        first = first.min(after_first);
        let pages = u32::try_from(listed.saturating_sub(1) / PAGE).unwrap_or(1).max(1);
        further = further.min((start.elapsed() - after_first) / pages);
    }
    (first, further)
}

/// A whole listing as Docker's clients ask for it, and how many bytes it has.
pub(crate) async fn whole(socket: &Path, filters: &str) -> (Duration, usize) {
    let start = Instant::now();
    let mut stream = UnixStream::connect(socket).await.expect("the shim accepts");
    let request = format!(
        "GET /v1.41/images/json?filters={filters} HTTP/1.1\r\nHost: docker\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await.expect("the shim reads");
    let (mut buffer, mut bytes) = (vec![0; 64 * 1024], 0);
    let mut end = Vec::new();
    loop {
        let read = stream.read(&mut buffer).await.expect("the shim answers");
        if read == 0 {
            break;
        }
        bytes += read;
        end.extend_from_slice(&buffer[..read]);
        end.drain(..end.len().saturating_sub(16));
    }
    assert!(String::from_utf8_lossy(&end).contains("]\n"), "the listing is whole");
    (start.elapsed(), bytes)
}

/// A page as the store gives it: the wait for a connection, the statement, and its rows.
pub(crate) async fn database_time(system: &mut System) -> Duration {
    let before = pages_read(system).await;
    pages(system, 1).await;
    let after = pages_read(system).await;
    Duration::from_secs_f64((after.0 - before.0) / (after.1 - before.1))
}

/// The seconds that pages have taken, and how many there were.
async fn pages_read(system: &mut System) -> (f64, f64) {
    let page = Scraped::of(system.service()).await;
    let told = |part: &str| {
        let name = format!("db_client_operation_duration_seconds_{part}");
        page.sum(&name, &["db_operation_name=\"list\""])
    };
    (told("sum"), told("count"))
}
