//! Compression of layers while they pass: blocks, a few threads, and the blob in the spool.

mod block;
mod codec;
mod feed;
mod lane;
mod noise;
mod pool;

pub(super) use codec::Codec;
pub(super) use feed::Feed;
pub(super) use lane::{Blob, Outcome};
pub(super) use pool::Pool;

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
