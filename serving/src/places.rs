//! Places for connections: at most so many. A client for whom there is none is told so, in the words of its protocol.

use std::{
    io,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

/// Clients that are told at once; others are only turned away.
const MOST_TOLD: usize = 64;
/// How long telling may take.
const TELLING: Duration = Duration::from_secs(1);
/// Between two lines in the log: one for each client would be longer than everything else.
const LOGGED: Duration = Duration::from_secs(60);

/// Who gives places away.
#[derive(Debug)]
pub struct Places {
    most: u32,
    free: Arc<Semaphore>,
    refusal: Arc<[u8]>,
    turns: Arc<Semaphore>,
    turned_away: Mutex<TurnedAway>,
}

/// A connection's place, which somebody else may have once this is dropped.
#[derive(Debug)]
pub struct Place {
    _permit: OwnedSemaphorePermit,
}

/// Since the log told of it last.
#[derive(Default, Debug)]
struct TurnedAway {
    count: u64,
    told: Option<Instant>,
}

impl Places {
    /// `refusal` is all that a client without a place reads; one that is empty is not said.
    pub fn new(most: u32, refusal: impl Into<Arc<[u8]>>) -> Self {
        let (free, turns) = (Semaphore::new(most as usize), Semaphore::new(MOST_TOLD));
        let (free, turns) = (Arc::new(free), Arc::new(turns));
        Self { most, free, refusal: refusal.into(), turns, turned_away: Mutex::default() }
    }

    /// The connection and its place; nothing if its client is turned away. Returns at once.
    pub fn seat<C>(&self, connection: C) -> Option<(C, Place)>
    where
        C: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        if let Ok(permit) = Arc::clone(&self.free).try_acquire_owned() {
            return Some((connection, Place { _permit: permit }));
        }
        self.log();
        if !self.refusal.is_empty()
            && let Ok(turn) = Arc::clone(&self.turns).try_acquire_owned()
        {
            tokio::spawn(refuse(connection, Arc::clone(&self.refusal), turn));
        }
        None
    }

    fn log(&self) {
        let mut turned_away = self.turned_away.lock().unwrap_or_else(PoisonError::into_inner);
        turned_away.count += 1;
        if turned_away.told.is_none_or(|told| told.elapsed() >= LOGGED) {
            let (connections, count) = (self.most, turned_away.count);
            tracing::warn!(connections, turned_away = count, "there are as many connections as may be");
            *turned_away = TurnedAway { count: 0, told: Some(Instant::now()) };
        }
    }
}

/// Once the client has begun to speak: clients of HTTP/1.1 take an answer that comes before their question for a fault. What it sends meanwhile
/// is read away: to close a socket with unread bytes takes back what was written to it.
async fn refuse<C>(mut connection: C, refusal: Arc<[u8]>, _turn: OwnedSemaphorePermit)
where
    C: AsyncRead + AsyncWrite + Unpin,
{
    let told = async {
        let mut unread = [0; 1024];
        if connection.read(&mut unread).await? > 0 {
            connection.write_all(&refusal).await?;
            connection.shutdown().await?;
            while connection.read(&mut unread).await? > 0 {}
        }
        io::Result::Ok(())
    };
    let _ = timeout(TELLING, told).await;
}

/// The refusal of a server that speaks HTTP/1.1: 503 with a body of JSON, after which clients that know it come again.
#[must_use]
pub fn unavailable(json: &str) -> Vec<u8> {
    let length = json.len();
    format!(
        "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nRetry-After: 1\r\n\
         Connection: close\r\nContent-Length: {length}\r\n\r\n{json}"
    )
    .into_bytes()
}

#[cfg(test)]
mod tests {
    use tokio::io::{DuplexStream, duplex};

    use super::*;

    /// What a client reads that comes to `places`, up to the end.
    async fn told(places: &Places) -> String {
        let (mut client, served) = duplex(1024);
        client.write_all(b"a question that nobody reads").await.unwrap();
        assert!(places.seat(served).is_none());
        let mut told = String::new();
        client.read_to_string(&mut told).await.unwrap();
        told
    }

    fn seat(places: &Places) -> Option<(DuplexStream, Place)> {
        places.seat(duplex(1).1)
    }

    #[tokio::test]
    async fn a_client_without_a_place_reads_why_and_the_next_one_has_the_place_of_who_left() {
        let places = Places::new(2, *b"full");
        let (first, _second) = (seat(&places).unwrap(), seat(&places).unwrap());
        assert_eq!(told(&places).await, "full");
        drop(first);
        assert!(seat(&places).is_some());
    }

    #[tokio::test]
    async fn where_nothing_can_be_said_a_client_without_a_place_reads_the_end() {
        assert_eq!(told(&Places::new(0, [])).await, "");
    }

    #[test]
    fn a_refusal_says_its_length() {
        let refusal = String::from_utf8(unavailable("{\"message\":\"f\u{fc}ll\"}")).unwrap();
        let (head, body) = refusal.split_once("\r\n\r\n").unwrap();
        assert!(head.ends_with(&format!("Content-Length: {}", body.len())), "{refusal}");
    }
}
