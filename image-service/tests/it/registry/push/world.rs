//! What tests of pushing need: content of any size, and a hand that pushes it.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use fixtures::registry::ScriptedRegistry;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use http::Method;
use image_service::{
    error::{Error, Result},
    model::{Descriptor, Digest, Manifest, Repository, Target},
    ports::{Access, BlobSource, BlobStream, Placed, RegistryWriter as _},
};

use super::super::world::{World, named};

/// A blob in pieces, which counts how often it was opened.
#[derive(Debug)]
pub(super) struct Blob {
    pub(super) bytes: Bytes,
    piece: usize,
    /// Where reading fails.
    breaks_at: Option<usize>,
    /// Its digest and size, or those of another that it pretends to be.
    descriptor: Descriptor,
    /// What each piece takes.
    pause: Duration,
    pub(super) opened: AtomicUsize,
}

impl Blob {
    pub(super) fn of(bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        let descriptor = Descriptor {
            media_type: "application/vnd.oci.image.layer.v1.tar+gzip".into(),
            digest: Digest::of(&bytes),
            size: bytes.len() as u64,
        };
        let (piece, opened) = (60_000, AtomicUsize::new(0));
        Self { bytes, piece, breaks_at: None, descriptor, pause: Duration::ZERO, opened }
    }

    /// That many bytes, none like its neighbour.
    pub(super) fn sized(size: usize) -> Self {
        Self::of((0..size).map(|n| (n * 31 + n / 251) as u8).collect::<Vec<_>>())
    }

    pub(super) fn breaking_at(self, offset: usize) -> Self {
        Self { breaks_at: Some(offset), ..self }
    }

    pub(super) fn called(self, other: Self) -> Self {
        Self { descriptor: other.descriptor, ..self }
    }

    pub(super) fn slowly(self, pause: Duration) -> Self {
        Self { pause, ..self }
    }

    pub(super) fn digest(&self) -> &Digest {
        &self.descriptor.digest
    }

    pub(super) fn times_opened(&self) -> usize {
        self.opened.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl BlobSource for Blob {
    async fn open(&self) -> Result<BlobStream> {
        self.opened.fetch_add(1, Ordering::SeqCst);
        let (bytes, piece) = (self.bytes.clone(), self.piece);
        let end = self.breaks_at.unwrap_or(bytes.len());
        let pieces: Vec<_> =
            (0..end).step_by(piece).map(|at| Ok(bytes.slice(at..end.min(at + piece)))).collect();
        let fault = self.breaks_at.map(|_| Err(Error::Archive("the spool file is gone".into())));
        let pause = self.pause;
        let pieces = stream::iter(pieces.into_iter().chain(fault)).then(move |piece| async move {
            if !pause.is_zero() {
                tokio::time::sleep(pause).await;
            }
            piece
        });
        Ok(pieces.boxed())
    }
}

impl World {
    pub(super) async fn put(&self, repository: &str, blob: &Blob) -> Result<Placed> {
        self.put_as(repository, blob, None, &self.anonymous()).await
    }

    pub(super) async fn put_as(
        &self,
        repository: &str,
        blob: &Blob,
        mount_from: Option<&str>,
        access: &Access,
    ) -> Result<Placed> {
        let mount_from = mount_from.map(repo);
        self.client.put_blob(&repo(repository), &blob.descriptor, blob, mount_from.as_ref(), access).await
    }

    pub(super) async fn has(&self, repository: &str, blob: &Blob, access: &Access) -> Result<bool> {
        self.client.has_blob(&repo(repository), blob.digest(), access).await
    }

    pub(super) async fn read(&self, repository: &str, blob: &Blob, access: &Access) -> Result<Vec<u8>> {
        let stream = self.client.blob(&repo(repository), &blob.descriptor, access).await?;
        let pieces: Vec<Bytes> = stream.try_collect().await?;
        Ok(pieces.concat())
    }

    pub(super) async fn put_manifest(&self, name: &str, manifest: &Manifest, access: &Access) -> Result<()> {
        let (repository, target) = named(name);
        self.client.put_manifest(&repository, &target, manifest, access).await
    }

    pub(super) async fn delete(&self, repository: &str, target: &Target, access: &Access) -> Result<()> {
        self.client.delete_manifest(&repo(repository), target, access).await
    }
}

pub(super) fn repo(name: &str) -> Repository {
    named(name).0
}

/// A manifest as a registry would give it back.
pub(super) fn manifest(media_type: &str, bytes: &[u8]) -> Manifest {
    Manifest::parse(Digest::of(bytes), Some(media_type), Bytes::copy_from_slice(bytes)).unwrap()
}

/// `repository@digest`
pub(super) fn by_digest(repository: &str, manifest: &Manifest) -> String {
    format!("{repository}@{}", manifest.digest)
}

/// `127.0.0.1:PORT/team/app`
pub(super) fn app(registry: &ScriptedRegistry) -> String {
    format!("{}/team/app", registry.host())
}

/// Everything that goes to an upload session, and to its opening.
pub(super) const UPLOADS: &str = "/v2/team/app/blobs/uploads/*";

/// The requests so far as `PUT PATH`, where a session is `…`; HEADs left out.
pub(super) fn writes(registry: &ScriptedRegistry) -> Vec<String> {
    let lines = registry.requests().into_iter().filter(|request| request.method != Method::HEAD);
    lines.map(|request| format!("{} {}", request.method, shortened(&request.path))).collect()
}

fn shortened(path: &str) -> String {
    match path.split_once("/session-") {
        Some((_, number)) => format!("session {number}"),
        None => path.strip_prefix("/v2/team/app/").unwrap_or(path).to_owned(),
    }
}

/// What a registry has of a blob.
pub(super) fn kept(registry: &ScriptedRegistry, blob: &Blob) -> Option<Bytes> {
    registry.blob("team/app", &blob.digest().to_string())
}
