//! Taking connections from a listener.

use std::{io, time::Duration};

/// A process out of file descriptors gets some back when connections end.
const PAUSE: Duration = Duration::from_millis(50);

/// The next connection that `accept` has. After an error it waits a moment and tries again.
pub async fn accepted<T, F>(mut accept: impl FnMut() -> F) -> T
where
    F: Future<Output = io::Result<T>>,
{
    loop {
        match accept().await {
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
        let mut waiting = Box::pin(accepted(|| ready(results.pop().unwrap())));
        assert_eq!(waiting.as_mut().now_or_never(), None);
        waiting.await;
    }
}
