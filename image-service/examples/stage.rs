//! How fast layers are staged: `cargo run --release --example stage -- FILE [gzip|zstd|none]` stages a file as one plain layer, as an archive's
//! reader would, into a registry that only counts; and then once more, when it is known.

#![allow(clippy::print_stdout)]

use std::{
    collections::HashMap,
    fs::File,
    io::Read,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

use anyhow::Context;
use async_trait::async_trait;
use bytes::Bytes;
use futures_util::TryStreamExt;
use image_service::{
    config::{LayerCompression, StagingConfig},
    error::{Error, Result},
    model::{
        Descriptor, Digest, FingerprintKey, Manifest, Namespace, Platform, Reference, Repository, Target,
    },
    ports::{
        Access, ArchivedImage, BlobSource, BlobStream, Compression, LayerIntake, Loaded, Location,
        LocationStore, OfferedLayer, Placed, ReadLayer, RegistryWriter, Renamed, StagedLayer, Staging,
    },
    staging::{Stager, StagingPlace},
};
use time::OffsetDateTime;

/// A registry that takes everything and keeps only its digest, and a store in memory.
#[derive(Default, Debug)]
struct Null {
    taken: AtomicU64,
    layers: Mutex<HashMap<Digest, StagedLayer>>,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().context("which file?")?;
    let compression = match arguments.next().as_deref() {
        None | Some("gzip") => LayerCompression::Gzip,
        Some("zstd") => LayerCompression::Zstd,
        Some("none") => LayerCompression::None,
        Some(other) => anyhow::bail!("{other} is no compression"),
    };
    let null = Arc::new(Null::default());
    let repository = "r.test/staged".parse::<Reference>()?.repository;
    let place = StagingPlace { repository, store: "measured".into(), shared: false };
    let config = StagingConfig { compression, ..StagingConfig::default() };
    let folder = std::env::temp_dir().join(format!("stage-{}", std::process::id()));
    let stager = Stager::new(place, &config, folder.clone(), null.clone(), null.clone())?;
    let access = Access {
        credential: None,
        fingerprint: FingerprintKey::random()?.fingerprint(&Namespace::default(), None),
    };
    for what in ["unknown", "known"] {
        let (start, before, cpu) = (Instant::now(), null.taken.load(Ordering::Relaxed), cpu_seconds());
        let session = stager.begin(access.clone());
        let (mut intake, path) = (session.intake(), path.clone());
        let layer = tokio::task::spawn_blocking(move || hand(&mut *intake, &path)).await??;
        let size = layer.uncompressed_size as f64 / 1e6;
        session.stage(&image(layer)).await?;
        let (seconds, cpu) = (start.elapsed().as_secs_f64(), cpu_seconds() - cpu);
        let taken = (null.taken.load(Ordering::Relaxed) - before) as f64 / 1e6;
        println!(
            "{what}: {size:.0} MB in {seconds:.2} s, {:.0} MB/s, {:.2} ms of processor per MB; {taken:.1} MB sent; most memory {} kB",
            size / seconds,
            cpu * 1e3 / size,
            most_memory()
        );
    }
    std::fs::remove_dir_all(folder)?;
    Ok(())
}

/// Reads and hashes, as the reader of an archive does.
fn hand(intake: &mut dyn LayerIntake, path: &str) -> anyhow::Result<ReadLayer> {
    let mut file = File::open(path)?;
    let size = file.metadata()?.len();
    let mut sink =
        intake.begin(&OfferedLayer { promised: None, size: Some(size), compression: Compression::None })?;
    let mut hasher = Digest::of(b"").hasher();
    let mut buffer = vec![0; 256 * 1024];
    loop {
        let read = file.read(&mut buffer)?;
        let Some(piece) = buffer.get(..read).filter(|piece| !piece.is_empty()) else { break };
        hasher.update(piece);
        sink.write(Bytes::copy_from_slice(piece))?;
    }
    let diff_id = hasher.finish();
    let digest = diff_id.clone();
    let layer = ReadLayer { diff_id, uncompressed_size: size, digest, size, compression: Compression::None };
    sink.finish(&layer)?;
    Ok(layer)
}

fn image(layer: ReadLayer) -> ArchivedImage {
    let config = Bytes::from_static(b"{}");
    ArchivedImage {
        id: Digest::of(&config),
        config,
        platform: Platform::from_parts("linux", "amd64", "", ""),
        names: Vec::new(),
        layers: vec![layer],
        manifest: None,
    }
}

/// User and system time of this process (proc(5): fields 14 and 15, in hundredths).
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    fields.skip(11).take(2).filter_map(|field| field.parse::<f64>().ok()).sum::<f64>() / 100.0
}

fn most_memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    line.trim().trim_end_matches(" kB").to_owned()
}

impl Null {
    fn layers(&self) -> std::sync::MutexGuard<'_, HashMap<Digest, StagedLayer>> {
        self.layers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl RegistryWriter for Null {
    async fn has_blob(&self, _: &Repository, digest: &Digest, _: &Access) -> Result<bool> {
        Ok(self.layers().values().any(|layer| layer.blob.digest == *digest))
    }

    async fn put_blob(
        &self,
        _: &Repository,
        _: &Descriptor,
        source: &dyn BlobSource,
        _: Option<&Repository>,
        _: &Access,
    ) -> Result<Placed> {
        let mut stream = source.open().await?;
        while let Some(piece) = stream.try_next().await? {
            self.taken.fetch_add(piece.len() as u64, Ordering::Relaxed);
        }
        Ok(Placed::Uploaded)
    }

    async fn put_manifest(&self, _: &Repository, _: &Target, _: &Manifest, _: &Access) -> Result<()> {
        Ok(())
    }

    async fn blob(&self, _: &Repository, _: &Descriptor, _: &Access) -> Result<BlobStream> {
        Err(Error::internal("nothing is kept"))
    }

    async fn delete_manifest(&self, _: &Repository, _: &Target, _: &Access) -> Result<()> {
        Ok(())
    }
}

#[async_trait]
impl LocationStore for Null {
    async fn record_load(&self, _: &Namespace, _: Loaded<'_>) -> Result<Vec<Renamed>> {
        Ok(Vec::new())
    }

    async fn record_push(&self, _: &Namespace, _: &Digest, _: &Reference, _: &Manifest) -> Result<()> {
        Ok(())
    }

    async fn locations(&self, _: &Namespace, _: &Digest) -> Result<Vec<Location>> {
        Ok(Vec::new())
    }

    async fn staged_layer(&self, _: &Repository, digest: &Digest) -> Result<Option<StagedLayer>> {
        Ok(self.layers().get(digest).cloned())
    }

    async fn similar_layers(&self, _: &Repository, size: u64, head: &Digest) -> Result<Vec<StagedLayer>> {
        let layers = self.layers();
        let similar = layers.values().filter(|layer| layer.uncompressed_size == size && layer.head == *head);
        Ok(similar.cloned().collect())
    }

    async fn record_layer(&self, _: &Repository, layer: &StagedLayer) -> Result<()> {
        self.layers().insert(layer.diff_id.clone(), layer.clone());
        Ok(())
    }

    async fn forget_layer(&self, _: &Repository, diff_id: &Digest) -> Result<()> {
        self.layers().remove(diff_id);
        Ok(())
    }

    async fn note_manifest(&self, _: &Repository, _: &Digest) -> Result<()> {
        Ok(())
    }

    async fn unneeded_manifests(&self, _: &Repository, _: OffsetDateTime) -> Result<Vec<Digest>> {
        Ok(Vec::new())
    }

    async fn is_unneeded(&self, _: &Repository, _: &Digest, _: OffsetDateTime) -> Result<bool> {
        Ok(false)
    }

    async fn forget_manifest(&self, _: &Repository, _: &Digest) -> Result<()> {
        Ok(())
    }
}
