//! What comes with a call: its body, read once, whole or in pieces.
//!
//! Invariants: no more is held of a layer's part than a piece. Nothing is done with what came before its signature was verified.

use std::time::Duration;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::{Value, json};

use super::{blob_member::BlobMember, errors::Error};
use crate::{
    blobs::{Spool, Spooled},
    model::{Algorithm, Digest, Hasher},
    wire::{Broken, RequestBody},
};

/// The member of an input that may be larger than all others together.
pub(super) const BLOB: &str = "layerPartBlob";

/// A manifest, each of whose characters is written as two, and what is around it.
const LARGEST: usize = 9 * 1024 * 1024;
/// A part of a layer of 20 MiB in base64, and what is around it.
const LARGEST_WITH_BLOB: usize = 28 * 1024 * 1024;
/// What is around it.
const LARGEST_AROUND: usize = 64 * 1024;
/// So many digits of base64 are decoded at once.
const DECODED: usize = 256 * 1024;
/// For all of a body.
const DEADLINE: Duration = Duration::from_secs(60);

/// A body that has arrived.
pub(super) struct Given {
    /// Without what is in the blob.
    document: Vec<u8>,
    /// Of the body as it came, if it was not kept.
    digest: Option<Digest>,
    /// Decoded.
    blob: Option<Spooled>,
    /// What is wrong with it, of which only somebody who signed it is told.
    fault: Option<Error>,
}

impl Given {
    /// Reads a body whole.
    pub(super) async fn whole(body: &mut RequestBody) -> Result<Self, Error> {
        let document = body.read(LARGEST).await?.ok_or_else(too_large)?;
        Ok(Self { document, digest: None, blob: None, fault: None })
    }

    /// Reads a body, and puts its blob into a spool. `is_signed`: its digest will be asked for.
    pub(super) async fn with_blob(
        body: &mut RequestBody,
        spool: Spool,
        is_signed: bool,
    ) -> Result<Self, Error> {
        let arriving = Arriving::new(spool, is_signed);
        tokio::time::timeout(DEADLINE, arriving.read(body)).await.map_err(|_| Broken)?
    }

    /// The digest of the body as it came.
    pub(super) fn digest(&self) -> Digest {
        self.digest.clone().unwrap_or_else(|| Digest::of(&self.document))
    }

    /// The input, and its blob, whose place in the input is empty. No body is an empty input.
    pub(super) fn input(self) -> Result<(Value, Option<Spooled>), Error> {
        if let Some(fault) = self.fault {
            return Err(fault);
        }
        if self.document.is_empty() {
            return Ok((json!({}), None));
        }
        let malformed =
            |error: serde_json::Error| Error::Serialization(format!("the body is no JSON: {error}"));
        Ok((serde_json::from_slice(&self.document).map_err(malformed)?, self.blob))
    }
}

/// A body with a blob, on its way.
struct Arriving {
    member: BlobMember,
    document: Vec<u8>,
    hasher: Option<Hasher>,
    digits: Vec<u8>,
    spool: Spool,
    fault: Option<Error>,
}

impl Arriving {
    fn new(spool: Spool, is_signed: bool) -> Self {
        Self {
            member: BlobMember::named(BLOB),
            document: Vec::new(),
            hasher: is_signed.then(|| Hasher::new(Algorithm::Sha256)),
            digits: Vec::new(),
            spool,
            fault: None,
        }
    }

    async fn read(mut self, body: &mut RequestBody) -> Result<Given, Error> {
        let mut left = LARGEST_WITH_BLOB;
        while let Some(piece) = body.piece().await? {
            left = left.checked_sub(piece.len()).ok_or_else(too_large)?;
            if let Some(hasher) = &mut self.hasher {
                hasher.update(&piece);
            }
            // What is wrong is read to its end all the same: its signature may be, too.
            if self.fault.is_none() {
                self.fault = self.take(&piece).await.err();
            }
        }
        if self.fault.is_none() {
            self.fault = self.decode(self.digits.len()).await.err();
        }
        let has_blob = self.member.texts() > 0;
        let blob = self.spool.finish().await?;
        Ok(Given {
            document: self.document,
            digest: self.hasher.map(Hasher::finish),
            blob: has_blob.then_some(blob),
            fault: self.fault,
        })
    }

    async fn take(&mut self, piece: &[u8]) -> Result<(), Error> {
        self.member.take(piece, &mut self.document, &mut self.digits);
        if self.document.len() > LARGEST_AROUND {
            return Err(too_large());
        }
        if self.member.texts() > 1 {
            return Err(Error::Serialization(format!("'{BLOB}' is there twice")));
        }
        if self.digits.len() < DECODED { Ok(()) } else { self.decode_ahead().await }
    }

    /// Decodes all that cannot be the end, which alone may be padded.
    async fn decode_ahead(&mut self) -> Result<(), Error> {
        let count = self.digits.len().saturating_sub(1) / 4 * 4;
        match self.digits.get(..count) {
            Some([.., b'=']) => Err(not_base64()),
            _ => self.decode(count).await,
        }
    }

    async fn decode(&mut self, count: usize) -> Result<(), Error> {
        let digits = self.digits.get(..count).unwrap_or_default();
        let decoded = BASE64_STANDARD.decode(digits).map_err(|_| not_base64())?;
        self.digits.drain(..count);
        Ok(self.spool.push(&decoded).await?)
    }
}

fn not_base64() -> Error {
    Error::Serialization(format!("the value at '{BLOB}' is not base64"))
}

fn too_large() -> Error {
    Error::Serialization("the body is too large".to_owned())
}

impl From<Broken> for Error {
    fn from(_: Broken) -> Self {
        Self::Serialization("the body did not arrive".to_owned())
    }
}
