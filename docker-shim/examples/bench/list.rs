//! How long a listing takes: a page is 100 images, asked for by one statement.

use std::time::{Duration, Instant};

use fixtures::system::System;
use imageservice_proto::v1::ListRequest;

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
