//! Blobs as files: `blobs/<algorithm>/<first two digits>/<digits>`, made in `uploads/` and moved.
//!
//! Invariants: a file under `blobs/` is whole, has the digest that its name says, and is on disk before anything refers to it.
//! Memory is a few buffers for each transfer, whatever the size.

mod append;
mod content;
mod place;
mod session;
mod spool;
mod upload_key;
mod uploads;

pub(crate) use content::FileContent;
pub(crate) use place::BlobFolder;
pub(crate) use session::{CompleteError, Placed, ReceiveError, Session};
pub(crate) use spool::{Spool, Spooled, SpooledContent};
pub(crate) use upload_key::UploadKey;
pub(crate) use uploads::Uploads;

use std::io;

/// Runs what waits for a disk on a thread that may wait.
pub(crate) async fn on_disk<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(io::Error::other)?
}
