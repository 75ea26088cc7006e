//! Takes one layer.
//!
//! A plain layer whose head says that the registry may have it goes into the spool as it is: if its end shows that the registry does
//! have it, nothing was compressed for nothing, and if not, nothing is lost.

use std::sync::Arc;

use bytes::Bytes;

use super::{
    compress::{Blob, Codec, Feed, Outcome},
    session::Job,
};
use crate::{
    error::{Error, Result},
    model::{Digest, Hasher},
    ports::{Compression, LayerSink, OfferedLayer, ReadLayer},
};

/// A plain layer is recognised by so many of its first bytes. What is not longer has come before there is anything to gain.
const HEAD: usize = 256 * 1024;

pub(super) struct Sink {
    job: Arc<Job>,
    compression: Compression,
    size: Option<u64>,
    head: Head,
    /// What has come before it is decided what to do with it.
    held: Vec<Bytes>,
    passing: Option<(Feed, Outcome)>,
}

/// The digest of the first bytes of a plain layer.
struct Head {
    hasher: Hasher,
    missing: usize,
}

impl Sink {
    pub(super) fn new(job: Arc<Job>, offered: &OfferedLayer) -> Result<Self> {
        let head = Head::of(offered.compression);
        let (compression, size) = (offered.compression, offered.size);
        let as_it_is = compression != Compression::None;
        let passing = as_it_is.then(|| job.feed(Codec::Stored)).transpose()?;
        Ok(Self { job, compression, size, head, held: Vec::new(), passing })
    }

    /// What to do with a plain layer that begins like this one.
    fn choose(&self) -> Result<Codec> {
        let (Some(size), known) = (self.size, &self.job.yard.known) else { return Ok(self.job.yard.codec) };
        let head = self.head.digest();
        let resembles = self.job.wait(known.resembles(size, &head, &self.job.access))?;
        Ok(if resembles { Codec::Stored } else { self.job.yard.codec })
    }

    fn pass(&mut self, codec: Codec) -> Result<()> {
        let (mut feed, outcome) = self.job.feed(codec)?;
        std::mem::take(&mut self.held).into_iter().try_for_each(|piece| feed.write(piece))?;
        self.passing = Some((feed, outcome));
        Ok(())
    }

    /// The blob is on its way when this returns.
    fn upload(mut self, layer: &ReadLayer) -> Result<()> {
        if self.passing.is_none() {
            self.pass(self.job.yard.codec)?;
        }
        let Some((feed, mut outcome)) = self.passing.take() else { return Ok(()) };
        let codec = feed.codec();
        feed.finish()?;
        let mut compression = self.compression;
        if compression == Compression::None {
            compression = self.job.yard.codec.compression();
            if codec != self.job.yard.codec {
                outcome = self.compress(outcome)?;
            }
        }
        self.job.upload(layer, self.head.digest(), compression, outcome)
    }

    /// For a layer that looked like a known one.
    fn compress(&self, stored: Outcome) -> Result<Outcome> {
        let blob = stored.blocking_recv().map_err(Error::internal)?.map_err(Error::internal)?;
        let (mut feed, outcome) = self.job.feed_again(&blob.file, self.job.yard.codec)?;
        each(&blob, |piece| feed.write(piece))?;
        feed.finish()?;
        Ok(outcome)
    }
}

impl LayerSink for Sink {
    fn write(&mut self, piece: Bytes) -> Result<()> {
        self.job.check()?;
        self.head.update(&piece);
        match &mut self.passing {
            Some((feed, _)) => return feed.write(piece),
            None => self.held.push(piece),
        }
        if self.head.missing == 0 { self.pass(self.choose()?) } else { Ok(()) }
    }

    fn finish(self: Box<Self>, layer: &ReadLayer) -> Result<bool> {
        self.job.check()?;
        if self.job.has(&layer.digest) {
            return Ok(true);
        }
        match self.job.wait(self.job.yard.known.same(layer, &self.job.access))? {
            Some(staged) => self.job.take_known(layer, staged).map(|()| true),
            None => self.upload(layer).map(|()| false),
        }
    }
}

impl Head {
    /// What comes compressed has none: only its end tells whether it is known.
    fn of(compression: Compression) -> Self {
        let missing = if compression == Compression::None { HEAD } else { 0 };
        Self { hasher: Hasher::sha256(), missing }
    }

    fn update(&mut self, bytes: &[u8]) {
        let (head, _) = bytes.split_at(bytes.len().min(self.missing));
        self.hasher.update(head);
        self.missing -= head.len();
    }

    fn digest(&self) -> Digest {
        self.hasher.clone().finish()
    }
}

fn each(blob: &Blob, mut take: impl FnMut(Bytes) -> Result<()>) -> Result<()> {
    let mut offset = 0;
    loop {
        let mut piece = vec![0; HEAD];
        let read = blob.file.read_at(&mut piece, offset).map_err(Error::internal)?;
        if read == 0 {
            return Ok(());
        }
        piece.truncate(read);
        take(piece.into())?;
        offset += read as u64;
    }
}
