//! Waiting for a scan: look, tell, wait a little longer each time.

use std::{sync::Arc, time::Duration};

use futures_util::{StreamExt, stream};
use imageservice_proto::ecr::v1::{self, scan_progress::Phase};
use tokio::time::{Instant, sleep_until};

use super::watch::{Seen, look};
use crate::{
    config::ScansConfig,
    ecr::{
        calls::Calls,
        convert::scans,
        place::Place,
        request::{image_id, place, refused, required},
    },
    error::{EcrReason, Error, Result},
    ports::EcrStream,
};

const OPERATION: &str = "DescribeImageScanFindings";

/// Somebody who waits.
struct Wait {
    calls: Arc<Calls>,
    place: Place,
    repository: String,
    image_id: v1::ImageIdentifier,
    until: Instant,
    /// The next one.
    pause: Duration,
    longest_pause: Duration,
    last_seen: v1::ScanStatus,
}

/// What is left to be done.
enum Next {
    Begin(v1::WaitForScanRequest),
    Look(Box<Wait>),
    Pause(Box<Wait>),
    Nothing,
}

/// Tells where the scan is until it has ended; whoever drops the stream waits no longer.
pub(super) fn wait(
    calls: Arc<Calls>,
    patience: ScansConfig,
    request: v1::WaitForScanRequest,
) -> EcrStream<v1::ScanProgress> {
    stream::try_unfold(Next::Begin(request), move |mut next| {
        let (calls, patience) = (Arc::clone(&calls), patience.clone());
        async move {
            loop {
                next = match next {
                    Next::Begin(request) => Next::Look(Box::new(begin(calls.clone(), &patience, request)?)),
                    Next::Pause(mut wait) => {
                        wait.pause().await?;
                        Next::Look(wait)
                    }
                    Next::Look(mut wait) => match wait.look().await? {
                        Some(progress) if progress.phase() == Phase::Waiting => {
                            return Ok(Some((progress, Next::Pause(wait))));
                        }
                        Some(progress) => return Ok(Some((progress, Next::Nothing))),
                        None => Next::Pause(wait),
                    },
                    Next::Nothing => return Ok(None),
                }
            }
        }
    })
    .boxed()
}

fn begin(calls: Arc<Calls>, patience: &ScansConfig, request: v1::WaitForScanRequest) -> Result<Wait> {
    let time = match request.timeout {
        None => patience.wait,
        Some(timeout) => Duration::try_from(timeout).map_err(|_| {
            let message = "timeout is no time that one could wait";
            refused(EcrReason::InvalidParameter, OPERATION, message)
        })?,
    };
    Ok(Wait {
        calls,
        place: place(request.registry)?,
        repository: required(OPERATION, "repository_name", request.repository_name)?,
        image_id: image_id(OPERATION, request.image_id)?,
        until: Instant::now() + time.min(patience.wait),
        pause: patience.first_poll,
        longest_pause: patience.longest_poll,
        last_seen: scans::not_scanned(),
    })
}

impl Wait {
    /// Nothing if AWS could not say, and may be able to later.
    async fn look(&mut self) -> Result<Option<v1::ScanProgress>> {
        let seen = match look(&self.calls, &self.place, &self.repository, self.image_id.clone()).await {
            Ok(seen) => seen,
            Err(Error::Ecr(error)) if error.retryable => {
                tracing::info!(
                    repository = self.repository,
                    "the scan cannot be looked at just now: {error}"
                );
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        self.last_seen = seen.status.clone();
        Ok(Some(progress(seen)))
    }

    /// Until it is time to look again; the last look is at the end of the time.
    async fn pause(&mut self) -> Result<()> {
        let now = Instant::now();
        if now >= self.until {
            let state = self.last_seen.status().as_str_name();
            let message = format!("the time is up, and the scan is {state}");
            return Err(refused(EcrReason::TimedOut, OPERATION, message));
        }
        sleep_until((now + self.pause).min(self.until)).await;
        self.pause = (self.pause * 3 / 2).min(self.longest_pause);
        Ok(())
    }
}

fn progress(seen: Seen) -> v1::ScanProgress {
    let phase = scans::phase(seen.status.status());
    v1::ScanProgress {
        phase: phase.into(),
        image_id: seen.image_id,
        scan_status: Some(seen.status),
        summary: seen.summary.filter(|_| phase == Phase::Done),
    }
}
