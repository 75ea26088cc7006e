//! Clients for whom there is no place: told so, in words that Docker's clients show.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::UnixStream,
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

const ANSWER: &[u8] =
    b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nRetry-After: 1\r\n\
    Connection: close\r\nContent-Length: 68\r\n\r\n\
    {\"message\":\"too many connections to this server: try again later\"}\r\n";
/// Clients that are told at once; others are only turned away.
const MOST: usize = 64;
/// How long telling may take.
const TELLING: Duration = Duration::from_secs(1);
/// A log of each would be longer than everything else.
const LOGGED: u64 = 1000;

/// Turns clients away.
#[derive(Debug)]
pub(crate) struct FullHouse {
    places: u32,
    turns: Arc<Semaphore>,
    turned_away: AtomicU64,
}

impl FullHouse {
    pub(crate) fn new(places: u32) -> Self {
        Self { places, turns: Arc::new(Semaphore::new(MOST)), turned_away: AtomicU64::new(0) }
    }

    /// Returns at once.
    pub(crate) fn turn_away(&self, stream: UnixStream) {
        let count = self.turned_away.fetch_add(1, Relaxed);
        if count.is_multiple_of(LOGGED) {
            let (connections, turned_away) = (self.places, count + 1);
            tracing::warn!(connections, turned_away, "there are as many connections as may be");
        }
        if let Ok(turn) = Arc::clone(&self.turns).try_acquire_owned() {
            tokio::spawn(tell(stream, turn));
        }
    }
}

/// What the client sends meanwhile is read away: to close a socket with unread bytes takes back what was written to it.
async fn tell(mut stream: UnixStream, _turn: OwnedSemaphorePermit) {
    let told = async {
        stream.write_all(ANSWER).await?;
        stream.shutdown().await?;
        while stream.read(&mut [0; 1024]).await? > 0 {}
        io::Result::Ok(())
    };
    let _ = timeout(TELLING, told).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_says_its_length() {
        let answer = std::str::from_utf8(ANSWER).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.ends_with(&format!("Content-Length: {}", body.len())), "{head} {}", body.len());
    }
}
