//! A registry and a store in memory, and a reader that hands layers on.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicU32, Ordering::SeqCst},
    },
};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, stream};
use time::OffsetDateTime;
use tokio::sync::watch;

use crate::{
    error::{Error, Result},
    model::{Descriptor, Digest, Manifest, ManifestBody, Namespace, Reference, Repository, Target},
    ports::{
        Access, BlobSource, BlobStream, Loaded, Location, LocationStore, Placed, RegistryWriter, Renamed,
        StagedLayer,
    },
};

#[derive(Debug)]
pub(super) struct FakeRegistry {
    pub(super) blobs: Mutex<BTreeMap<Digest, Bytes>>,
    pub(super) manifests: Mutex<BTreeMap<Target, Manifest>>,
    /// Blobs that were sent.
    pub(super) sent: AtomicU32,
    /// Uploads that have begun.
    pub(super) begun: watch::Sender<u32>,
    /// Uploads wait for this to be true.
    pub(super) open: watch::Sender<bool>,
    pub(super) gone: AtomicBool,
    pub(super) breaks: AtomicBool,
}

impl Default for FakeRegistry {
    fn default() -> Self {
        Self {
            blobs: Mutex::default(),
            manifests: Mutex::default(),
            sent: AtomicU32::default(),
            begun: watch::Sender::new(0),
            open: watch::Sender::new(true),
            gone: AtomicBool::default(),
            breaks: AtomicBool::default(),
        }
    }
}

impl FakeRegistry {
    pub(super) fn blob(&self, digest: &Digest) -> Bytes {
        self.blobs.lock().unwrap()[digest].clone()
    }

    fn answer(&self) -> Result<()> {
        if self.gone.load(SeqCst) { Err(unavailable()) } else { Ok(()) }
    }
}

fn unavailable() -> Error {
    Error::RegistryUnavailable {
        registry: "r.test".into(),
        operation: "Put".into(),
        phase: "gone".into(),
        cause: None,
    }
}

#[async_trait]
impl RegistryWriter for FakeRegistry {
    async fn has_blob(&self, _: &Repository, digest: &Digest, _: &Access) -> Result<bool> {
        self.answer()?;
        Ok(self.blobs.lock().unwrap().contains_key(digest))
    }

    async fn put_blob(
        &self,
        repository: &Repository,
        blob: &Descriptor,
        source: &dyn BlobSource,
        _: Option<&Repository>,
        access: &Access,
    ) -> Result<Placed> {
        if self.has_blob(repository, &blob.digest, access).await? {
            return Ok(Placed::Existed);
        }
        self.begun.send_modify(|begun| *begun += 1);
        self.open.subscribe().wait_for(|open| *open).await.unwrap();
        let mut stream = source.open().await?;
        if self.breaks.load(SeqCst) {
            stream.next().await;
            return Err(unavailable());
        }
        let bytes: Vec<Bytes> = stream.try_collect().await?;
        let bytes = Bytes::from(bytes.concat());
        assert!(blob.digest.matches(&bytes) && blob.size == bytes.len() as u64, "what is sent is described");
        self.blobs.lock().unwrap().insert(blob.digest.clone(), bytes);
        self.sent.fetch_add(1, SeqCst);
        Ok(Placed::Uploaded)
    }

    async fn put_manifest(
        &self,
        _: &Repository,
        target: &Target,
        manifest: &Manifest,
        _: &Access,
    ) -> Result<()> {
        self.answer()?;
        let ManifestBody::Image { config, layers } = &manifest.body else { panic!("an index") };
        let blobs = self.blobs.lock().unwrap();
        let is_there = |needed: &Descriptor| {
            blobs.contains_key(&needed.digest) || needed.media_type.contains("nondistributable")
        };
        if !layers.iter().chain([config]).all(is_there) {
            return Err(Error::ManifestInvalid { reference: "r.test/x".into(), why: "blob unknown".into() });
        }
        self.manifests.lock().unwrap().insert(target.clone(), manifest.clone());
        Ok(())
    }

    async fn blob(&self, _: &Repository, blob: &Descriptor, _: &Access) -> Result<BlobStream> {
        Ok(stream::iter([Ok(self.blob(&blob.digest))]).boxed())
    }

    async fn delete_manifest(&self, _: &Repository, target: &Target, _: &Access) -> Result<()> {
        self.answer()?;
        let mut manifests = self.manifests.lock().unwrap();
        match target {
            Target::Digest(digest) => manifests.retain(|_, manifest| manifest.digest != *digest),
            Target::Tag(_) => drop(manifests.remove(target)),
        }
        Ok(())
    }
}

#[derive(Default, Debug)]
pub(super) struct FakeLocations {
    pub(super) layers: Mutex<BTreeMap<Digest, StagedLayer>>,
    pub(super) noted: Mutex<BTreeMap<Digest, OffsetDateTime>>,
    pub(super) needed: Mutex<BTreeSet<Digest>>,
}

#[async_trait]
impl LocationStore for FakeLocations {
    async fn record_load(&self, _: &Namespace, _: Loaded<'_>) -> Result<Vec<Renamed>> {
        unreachable!()
    }

    async fn record_push(&self, _: &Namespace, _: &Digest, _: &Reference, _: &Manifest) -> Result<()> {
        unreachable!()
    }

    async fn locations(&self, _: &Namespace, _: &Digest) -> Result<Vec<Location>> {
        unreachable!()
    }

    async fn staged_layer(&self, _: &Repository, digest: &Digest) -> Result<Option<StagedLayer>> {
        let layers = self.layers.lock().unwrap();
        Ok(layers.values().find(|layer| layer.diff_id == *digest || layer.blob.digest == *digest).cloned())
    }

    async fn similar_layers(&self, _: &Repository, size: u64, head: &Digest) -> Result<Vec<StagedLayer>> {
        let layers = self.layers.lock().unwrap();
        let similar = layers.values().filter(|layer| layer.uncompressed_size == size && layer.head == *head);
        Ok(similar.cloned().collect())
    }

    async fn record_layer(&self, _: &Repository, layer: &StagedLayer) -> Result<()> {
        self.layers.lock().unwrap().insert(layer.diff_id.clone(), layer.clone());
        Ok(())
    }

    async fn forget_layer(&self, _: &Repository, diff_id: &Digest) -> Result<()> {
        self.layers.lock().unwrap().remove(diff_id);
        Ok(())
    }

    async fn note_manifest(&self, _: &Repository, manifest: &Digest) -> Result<()> {
        self.noted.lock().unwrap().insert(manifest.clone(), OffsetDateTime::now_utc());
        Ok(())
    }

    async fn unneeded_manifests(&self, _: &Repository, before: OffsetDateTime) -> Result<Vec<Digest>> {
        let (noted, needed) = (self.noted.lock().unwrap(), self.needed.lock().unwrap());
        let unneeded = noted.iter().filter(|(digest, at)| **at < before && !needed.contains(digest));
        Ok(unneeded.map(|(digest, _)| digest.clone()).collect())
    }

    async fn is_unneeded(
        &self,
        repository: &Repository,
        manifest: &Digest,
        before: OffsetDateTime,
    ) -> Result<bool> {
        Ok(self.unneeded_manifests(repository, before).await?.contains(manifest))
    }

    async fn forget_manifest(&self, _: &Repository, manifest: &Digest) -> Result<()> {
        self.noted.lock().unwrap().remove(manifest);
        Ok(())
    }
}
