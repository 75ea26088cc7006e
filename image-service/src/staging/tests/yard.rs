//! A stager on fakes, and what hands it layers.

use std::{
    io::{Read, Write},
    num::NonZeroU64,
    sync::{Arc, atomic::Ordering::SeqCst},
};

use bytes::Bytes;
use flate2::{Compression as Level, read::GzDecoder, write::GzEncoder};
use tempfile::TempDir;

use super::fakes::{FakeLocations, FakeRegistry};
use crate::{
    config::StagingConfig,
    error::Result,
    model::{Digest, FingerprintKey, Manifest, Namespace, Platform, Reference},
    ports::{
        Access, ArchivedImage, Compression, LayerIntake, LocationStore, OfferedLayer, ReadLayer,
        RegistryWriter, StagedImage, Staging, StagingSession,
    },
    staging::{Stager, StagingPlace},
};

const STORE: &str = "0123456789abcdef";

pub(super) struct TestYard {
    pub(super) stager: Arc<Stager>,
    pub(super) registry: Arc<FakeRegistry>,
    pub(super) locations: Arc<FakeLocations>,
    pub(super) access: Access,
    pub(super) folder: TempDir,
}

impl TestYard {
    pub(super) fn new() -> Self {
        Self::with(StagingConfig::default())
    }

    pub(super) fn with_spool(bytes: u64) -> Self {
        Self::with(StagingConfig { spool_bytes: NonZeroU64::new(bytes).unwrap(), ..StagingConfig::default() })
    }

    pub(super) fn with(config: StagingConfig) -> Self {
        Self::place(config, false)
    }

    /// In a repository that others use, too.
    pub(super) fn shared() -> Self {
        Self::place(StagingConfig::default(), true)
    }

    fn place(config: StagingConfig, shared: bool) -> Self {
        let (registry, locations) = (Arc::new(FakeRegistry::default()), Arc::new(FakeLocations::default()));
        let folder = tempfile::tempdir().unwrap();
        let reference: Reference = "r.test/staged/all".parse().unwrap();
        let writer: Arc<dyn RegistryWriter> = registry.clone();
        let store: Arc<dyn LocationStore> = locations.clone();
        let spool = folder.path().join("spool");
        let place = StagingPlace { repository: reference.repository, store: STORE.into(), shared };
        let stager = Stager::with_threads(2, place, &config, spool, writer, store).unwrap();
        let access = Access {
            credential: None,
            fingerprint: FingerprintKey::random().unwrap().fingerprint(&Namespace::default(), None),
        };
        Self { stager: Arc::new(stager), registry, locations, access, folder }
    }

    pub(super) fn begin(&self) -> Box<dyn StagingSession> {
        self.stager.begin(self.access.clone())
    }

    /// Loads one image; the layers, and whether each was there before.
    pub(super) async fn load(&self, layers: &[Layer]) -> Result<(StagedImage, Vec<bool>)> {
        let session = self.begin();
        let read = hand(session.intake(), layers.to_vec()).await?;
        let known = read.iter().map(|(_, known)| *known).collect();
        let read = read.into_iter().map(|(layer, _)| layer).collect();
        Ok((session.stage(&image(read)).await?, known))
    }

    pub(super) fn sent(&self) -> u32 {
        self.registry.sent.load(SeqCst)
    }

    /// The layers of an image as the registry serves them.
    pub(super) fn blobs(&self, staged: &StagedImage) -> Vec<Bytes> {
        staged.layers.iter().map(|layer| self.registry.blob(&layer.digest)).collect()
    }

    /// Comes when the last thread has let go of the last file.
    pub(super) async fn spool_is_empty(&self) {
        while self.stager.0.spool.budget.bytes() > 0 {
            tokio::task::yield_now().await;
        }
    }
}

/// A layer as an archive has it.
#[derive(Clone)]
pub(super) struct Layer {
    pub(super) plain: Vec<u8>,
    pub(super) written: Vec<u8>,
    pub(super) compression: Compression,
    pub(super) is_promised: bool,
}

impl Layer {
    pub(super) fn plain(bytes: Vec<u8>) -> Self {
        Self { written: bytes.clone(), plain: bytes, compression: Compression::None, is_promised: false }
    }

    pub(super) fn promised(bytes: Vec<u8>) -> Self {
        Self { is_promised: true, ..Self::plain(bytes) }
    }

    pub(super) fn gzip(bytes: Vec<u8>) -> Self {
        let mut encoder = GzEncoder::new(Vec::new(), Level::best());
        encoder.write_all(&bytes).unwrap();
        let written = encoder.finish().unwrap();
        Self { written, plain: bytes, compression: Compression::Gzip, is_promised: false }
    }

    pub(super) fn zstd(bytes: Vec<u8>) -> Self {
        let written = zstd::encode_all(bytes.as_slice(), 1).unwrap();
        Self { written, plain: bytes, compression: Compression::Zstd, is_promised: false }
    }

    pub(super) fn offered(&self) -> OfferedLayer {
        let promised = self.is_promised.then(|| Digest::of(&self.written));
        OfferedLayer { promised, size: Some(self.written.len() as u64), compression: self.compression }
    }

    pub(super) fn read(&self) -> ReadLayer {
        ReadLayer {
            diff_id: Digest::of(&self.plain),
            uncompressed_size: self.plain.len() as u64,
            digest: Digest::of(&self.written),
            size: self.written.len() as u64,
            compression: self.compression,
        }
    }

    pub(super) fn hand(&self, intake: &mut dyn LayerIntake) -> Result<bool> {
        if self.compression == Compression::None && intake.recognise(&self.offered())?.is_some() {
            return Ok(true);
        }
        let mut sink = intake.begin(&self.offered())?;
        for piece in self.written.chunks(100_000) {
            sink.write(Bytes::copy_from_slice(piece))?;
        }
        sink.finish(&self.read())
    }
}

/// Reads an archive of these layers, on a thread that may block.
pub(super) async fn hand(
    mut intake: Box<dyn LayerIntake>,
    layers: Vec<Layer>,
) -> Result<Vec<(ReadLayer, bool)>> {
    let work = move || {
        let hand = |layer: &Layer| Ok((layer.read(), layer.hand(&mut *intake)?));
        layers.iter().map(hand).collect()
    };
    tokio::task::spawn_blocking(work).await.unwrap()
}

pub(super) fn image(layers: Vec<ReadLayer>) -> ArchivedImage {
    let config = Bytes::from_static(br#"{"architecture":"amd64","os":"linux"}"#);
    ArchivedImage {
        id: Digest::of(&config),
        config,
        platform: Platform::from_parts("linux", "amd64", "", ""),
        names: Vec::new(),
        layers,
        manifest: None,
    }
}

pub(super) fn manifest(media_type: &str, layers: &str) -> Manifest {
    let id = image(Vec::new()).id;
    let config =
        format!(r#"{{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"{id}","size":37}}"#);
    let text = format!(
        r#"{{"schemaVersion":2,"mediaType":"{media_type}","config":{config},"layers":[{layers}],"annotations":{{"a":"b"}}}}"#
    );
    let bytes = Bytes::from(text);
    Manifest::parse(Digest::of(&bytes), None, bytes).unwrap()
}

/// Bytes that compress about as well as programs do, the same for the same seed.
pub(super) fn content(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut bytes = Vec::with_capacity(length + 8);
    while bytes.len() < length {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes()[..2]);
        bytes.extend_from_slice(b"lib/x.so");
    }
    bytes.truncate(length);
    bytes
}

pub(super) fn gunzip(bytes: &[u8]) -> Vec<u8> {
    let mut plain = Vec::new();
    GzDecoder::new(bytes).read_to_end(&mut plain).unwrap();
    plain
}
