//! What is read from files, and read again when one of them changes.
//!
//! Invariant: what cannot be used never takes the place of what can; it is logged once.

use std::{
    fs, io,
    os::unix::fs::MetadataExt,
    path::PathBuf,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use tokio::time::MissedTickBehavior;
use tokio_util::task::AbortOnDropHandle;

/// How often the files are looked at.
const INTERVAL: Duration = Duration::from_secs(1);

/// The latest content that could be used.
#[derive(Debug)]
pub struct Fresh<T> {
    latest: Arc<RwLock<Arc<T>>>,
    /// None if there are no files.
    _watching: Option<AbortOnDropHandle<()>>,
}

/// What tells one state of a file from another; nothing if the file is not there. A link counts as what it leads to.
type Stamp = Option<(u64, u64, i64, i64)>;

impl<T: Send + Sync + 'static> Fresh<T> {
    /// Reads now, and again whenever one of the files is another. `what` is for the log. Wants a runtime around it.
    ///
    /// # Errors
    /// If what is there now cannot be used.
    pub fn open<R>(what: &'static str, files: Vec<PathBuf>, read: R) -> anyhow::Result<Self>
    where
        R: Fn() -> anyhow::Result<T> + Send + 'static,
    {
        // Before the content: whatever changes from now on is seen.
        let seen = stamps(&files);
        let latest = Arc::new(RwLock::new(Arc::new(read()?)));
        let watching = (!files.is_empty()).then(|| watch(what, files, seen, read, Arc::clone(&latest)));
        let watching = watching.map(|watching| AbortOnDropHandle::new(tokio::spawn(watching)));
        Ok(Self { latest, _watching: watching })
    }

    /// What is in use now.
    #[must_use]
    pub fn get(&self) -> Arc<T> {
        Arc::clone(&self.latest.read().unwrap_or_else(PoisonError::into_inner))
    }
}

async fn watch<T>(
    what: &'static str,
    files: Vec<PathBuf>,
    mut seen: Vec<Stamp>,
    read: impl Fn() -> anyhow::Result<T>,
    latest: Arc<RwLock<Arc<T>>>,
) {
    let mut ticks = tokio::time::interval(INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let now = stamps(&files);
        if now == seen {
            continue;
        }
        seen = now;
        match read() {
            Ok(content) => {
                *latest.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(content);
                tracing::info!("{what} have changed and are in use");
            }
            Err(why) => tracing::error!("{what} have changed and cannot be used, the old ones stay: {why:#}"),
        }
    }
}

fn stamps(files: &[PathBuf]) -> Vec<Stamp> {
    let stamp = |found: fs::Metadata| (found.ino(), found.len(), found.ctime(), found.ctime_nsec());
    let of = |file: &PathBuf| -> io::Result<_> { fs::metadata(file).map(stamp) };
    files.iter().map(|file| of(file).ok()).collect()
}

#[cfg(test)]
#[path = "fresh_tests.rs"]
mod tests;
