//! Taking connections from a listener.

use std::{io, net::SocketAddr, time::Duration};

use tokio::net::{TcpListener, TcpStream};

/// A process out of file descriptors gets some back when connections end.
const PAUSE: Duration = Duration::from_millis(50);

/// The next connection. After an error it waits a moment and tries again.
pub(crate) async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    first(|| listener.accept()).await
}

async fn first<T, F>(mut next: impl FnMut() -> F) -> T
where
    F: Future<Output = io::Result<T>>,
{
    loop {
        match next().await {
            Ok(accepted) => return accepted,
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::ready;

    use futures_util::FutureExt;

    use super::*;

    #[tokio::test]
    async fn it_waits_after_an_error() {
        let mut results = vec![Ok(()), Err(io::ErrorKind::QuotaExceeded.into())];
        let mut waiting = Box::pin(first(|| ready(results.pop().unwrap())));
        assert_eq!(waiting.as_mut().now_or_never(), None);
        waiting.await;
    }
}
