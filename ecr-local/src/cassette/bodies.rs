//! Bodies on their way through: in memory while they are small, otherwise in files by their digests.

use std::{
    io,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use tokio::{fs, io::AsyncWriteExt};

use super::{
    CassetteError,
    interaction::Body,
    redact::{self, Kind},
    secrets::Secrets,
};
use crate::{
    blobs::{FileContent, on_disk},
    folder::{make_folder, private_file},
    model::{Algorithm, Digest, Hasher},
    wire::Content,
};

/// What is larger goes into a file.
const SMALL: usize = 64 * 1024;
/// Documents are read whole, to leave secrets out: a part of a layer in base64, and what is around it.
const LARGEST_DOCUMENT: usize = 28 * 1024 * 1024;
/// ECR's largest layer.
const LARGEST: u64 = 52_000 * 1024 * 1024;

/// A body that has arrived.
#[derive(Clone, Debug)]
pub(super) enum Arrived {
    Whole(Bytes),
    File { digest: Digest, size: u64 },
}

/// The folder of the bodies of a cassette.
#[derive(Debug)]
pub(super) struct Bodies {
    folder: PathBuf,
    count: AtomicU64,
}

impl Bodies {
    /// Those beside a cassette.
    pub(super) fn beside(cassette: &Path) -> Self {
        let mut name = cassette.as_os_str().to_owned();
        name.push(".bodies");
        Self { folder: name.into(), count: AtomicU64::new(0) }
    }

    /// Makes the folder if it is missing.
    pub(super) fn make(&self) -> Result<(), CassetteError> {
        make_folder(&self.folder).map_err(|cause| CassetteError::File { path: self.folder.clone(), cause })
    }

    /// Takes a body. A document stays in memory. Larger ones than there are in ECR are an error.
    pub(super) async fn take(&self, mut body: impl Incoming, kind: Kind) -> io::Result<Arrived> {
        let most = if kind == Kind::Opaque { SMALL } else { LARGEST_DOCUMENT };
        let mut whole = BytesMut::new();
        while let Some(piece) = next(&mut body).await? {
            whole.extend_from_slice(&piece);
            if whole.len() > most {
                return match kind {
                    Kind::Opaque => self.spool(whole.freeze(), body).await,
                    Kind::Document | Kind::Form | Kind::Markup => Err(io::ErrorKind::FileTooLarge.into()),
                };
            }
        }
        Ok(Arrived::Whole(whole.freeze()))
    }

    /// Puts a body into a file, of which some has arrived.
    async fn spool(&self, begun: Bytes, body: impl Incoming) -> io::Result<Arrived> {
        let number = self.count.fetch_add(1, Ordering::Relaxed);
        let partial = self.folder.join(format!("partial-{}-{number}", std::process::id()));
        match write(&partial, begun, body).await {
            Ok((digest, size)) => {
                fs::rename(&partial, self.path(&digest)).await?;
                Ok(Arrived::File { digest, size })
            }
            Err(error) => {
                fs::remove_file(&partial).await?;
                Err(error)
            }
        }
    }

    /// What a cassette would say of a body, which goes nowhere.
    pub(super) async fn measure(mut body: impl Incoming, kind: Kind, secrets: &Secrets) -> io::Result<Body> {
        let (mut hasher, mut size) = (Hasher::new(Algorithm::Sha256), 0_u64);
        let mut whole = BytesMut::new();
        while let Some(piece) = next(&mut body).await? {
            size += piece.len() as u64;
            match kind {
                Kind::Opaque => hasher.update(&piece),
                _ if size > LARGEST_DOCUMENT as u64 => return Err(io::ErrorKind::FileTooLarge.into()),
                _ => whole.extend_from_slice(&piece),
            }
        }
        hasher.update(&redact::content(kind, whole.freeze(), secrets));
        Ok(if size == 0 { Body::Empty } else { Body::File { digest: hasher.finish().to_string(), size } })
    }

    /// What a cassette says of a body.
    pub(super) async fn keep(&self, arrived: Arrived, kind: Kind, secrets: &Secrets) -> io::Result<Body> {
        match arrived {
            Arrived::Whole(bytes) => self.keep_whole(redact::content(kind, bytes, secrets)).await,
            Arrived::File { digest, size } => Ok(Body::File { digest: digest.to_string(), size }),
        }
    }

    async fn keep_whole(&self, bytes: Bytes) -> io::Result<Body> {
        match std::str::from_utf8(&bytes) {
            Ok("") => return Ok(Body::Empty),
            Ok(text) if bytes.len() <= SMALL => return Ok(Body::Text(text.to_owned())),
            _ => {}
        }
        match self.spool(bytes, http_body_util::Empty::<Bytes>::new()).await? {
            Arrived::File { digest, size } => Ok(Body::File { digest: digest.to_string(), size }),
            Arrived::Whole(_) => Ok(Body::Empty),
        }
    }

    /// The content of a body that has arrived.
    pub(super) async fn content(&self, arrived: &Arrived) -> io::Result<Content> {
        match arrived {
            Arrived::Whole(bytes) if bytes.is_empty() => Ok(Content::Empty),
            Arrived::Whole(bytes) => Ok(Content::Whole(bytes.clone())),
            Arrived::File { digest, size } => self.open(digest, *size).await,
        }
    }

    /// The content of a body of a cassette.
    pub(super) async fn read(&self, body: &Body) -> io::Result<Content> {
        match body {
            Body::Empty => Ok(Content::Empty),
            Body::Text(text) => Ok(Content::Whole(text.clone().into())),
            Body::File { digest, size } => {
                let digest = digest.parse().map_err(|_| io::Error::other("this is no digest"))?;
                self.open(&digest, *size).await
            }
        }
    }

    async fn open(&self, digest: &Digest, size: u64) -> io::Result<Content> {
        let path = self.path(digest);
        on_disk(move || FileContent::new(std::fs::File::open(path)?, 0..size).map(Content::File)).await
    }

    fn path(&self, digest: &Digest) -> PathBuf {
        self.folder.join(digest.hex())
    }
}

/// A body that comes from somewhere.
pub(super) trait Incoming:
    http_body::Body<Data = Bytes, Error: Into<Box<dyn std::error::Error + Send + Sync>>> + Unpin
{
}

impl<B> Incoming for B where
    B: http_body::Body<Data = Bytes, Error: Into<Box<dyn std::error::Error + Send + Sync>>> + Unpin
{
}

/// The next piece, if there is one.
async fn next(body: &mut impl Incoming) -> io::Result<Option<Bytes>> {
    while let Some(frame) = body.frame().await {
        if let Ok(piece) = frame.map_err(|error| io::Error::other(error.into()))?.into_data() {
            return Ok(Some(piece));
        }
    }
    Ok(None)
}

/// Digest and size of what is in the file then.
async fn write(path: &Path, begun: Bytes, mut body: impl Incoming) -> io::Result<(Digest, u64)> {
    let mut file = fs::File::from_std(private_file(path)?);
    let (mut hasher, mut size) = (Hasher::new(Algorithm::Sha256), 0);
    let mut arrived = Some(begun);
    while let Some(piece) = arrived {
        size += piece.len() as u64;
        if size > LARGEST {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        hasher.update(&piece);
        file.write_all(&piece).await?;
        arrived = next(&mut body).await?;
    }
    file.flush().await?;
    Ok((hasher.finish(), size))
}
