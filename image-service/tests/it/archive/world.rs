//! Archives made by hand, and someone who takes their layers and checks every word that is said about them.

use std::{
    io::{self, Read, Write},
    sync::{Arc, Mutex},
};

use bytes::Bytes;
use fixtures::images::sha256;
use image_service::{
    archive::{ArchiveReader, Limits},
    error::{Error, Result},
    model::{Digest, Platform},
    ports::{ArchivedImage, Archives, Compression, LayerIntake, LayerSink, OfferedLayer, ReadLayer},
};
use serde_json::{Value, json};

/// A tar being written.
pub(super) struct Tar(tar::Builder<Vec<u8>>);

impl Tar {
    pub(super) fn new() -> Self {
        Self(tar::Builder::new(Vec::new()))
    }

    /// A file; the name is written as it is, however wicked.
    pub(super) fn file(mut self, name: &str, content: impl AsRef<[u8]>) -> Self {
        let content = content.as_ref();
        let mut header = header(name, tar::EntryType::Regular, content.len() as u64);
        header.set_cksum();
        self.0.append(&header, content).unwrap();
        self
    }

    pub(super) fn symlink(self, name: &str, target: &str) -> Self {
        self.link(name, target, tar::EntryType::Symlink)
    }

    pub(super) fn hardlink(self, name: &str, target: &str) -> Self {
        self.link(name, target, tar::EntryType::Link)
    }

    /// Any member.
    pub(super) fn raw(mut self, header: &tar::Header, content: &[u8]) -> Self {
        self.0.append(header, content).unwrap();
        self
    }

    pub(super) fn json(self, name: &str, content: &Value) -> Self {
        self.file(name, content.to_string())
    }

    pub(super) fn bytes(self) -> Vec<u8> {
        self.0.into_inner().unwrap()
    }

    fn link(mut self, name: &str, target: &str, kind: tar::EntryType) -> Self {
        let mut header = header(name, kind, 0);
        header.as_old_mut().linkname[..target.len()].copy_from_slice(target.as_bytes());
        header.set_cksum();
        self.0.append(&header, io::empty()).unwrap();
        self
    }
}

/// A header without its checksum.
pub(super) fn header(name: &str, kind: tar::EntryType, size: u64) -> tar::Header {
    let mut header = tar::Header::new_gnu();
    header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
    header.set_entry_type(kind);
    header.set_size(size);
    header.set_mode(0o644);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    header
}

/// The tar of a layer with one file.
pub(super) fn layer(content: &str) -> Vec<u8> {
    Tar::new().file("etc/motd", content).bytes()
}

/// An image: its config, and its layers as plain tars.
#[derive(Clone)]
pub(super) struct Sample {
    pub(super) config: Vec<u8>,
    pub(super) layers: Vec<Vec<u8>>,
}

impl Sample {
    /// For linux/amd64, with a layer for each text.
    pub(super) fn new(layers: &[&str]) -> Self {
        Self::for_platform("linux", "amd64", layers)
    }

    pub(super) fn for_platform(os: &str, architecture: &str, layers: &[&str]) -> Self {
        let layers: Vec<_> = layers.iter().map(|text| layer(text)).collect();
        let diff_ids: Vec<_> = layers.iter().map(|layer| sha256(layer)).collect();
        let config = json!({"os": os, "architecture": architecture, "config": {"Cmd": ["/x"]},
            "rootfs": {"type": "layers", "diff_ids": diff_ids}});
        Self { config: config.to_string().into_bytes(), layers }
    }

    pub(super) fn id(&self) -> String {
        sha256(&self.config)
    }

    pub(super) fn diff_ids(&self) -> Vec<String> {
        self.layers.iter().map(|layer| sha256(layer)).collect()
    }

    pub(super) fn config_name(&self) -> String {
        format!("{}.json", hex(&self.config))
    }

    /// Its entry of a `manifest.json`, with skopeo's names.
    pub(super) fn entry(&self, names: &Value) -> Value {
        let layers: Vec<_> = self.layers.iter().map(|layer| layer_name(layer)).collect();
        json!({"Config": self.config_name(), "RepoTags": names, "Layers": layers})
    }

    /// The members that its entry names.
    pub(super) fn members(&self, mut tar: Tar) -> Tar {
        for layer in &self.layers {
            tar = tar.file(&layer_name(layer), layer);
        }
        tar.file(&self.config_name(), &self.config)
    }

    /// An archive of this image alone.
    pub(super) fn archive(&self, names: &[&str]) -> Vec<u8> {
        self.members(Tar::new()).json("manifest.json", &json!([self.entry(&json!(names))])).bytes()
    }
}

pub(super) fn layer_name(layer: &[u8]) -> String {
    format!("{}.tar", hex(layer))
}

/// The digits of a digest.
pub(super) fn hex(content: &[u8]) -> String {
    sha256(content).split_off("sha256:".len())
}

pub(super) fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

pub(super) fn zstd(content: &[u8]) -> Vec<u8> {
    zstd::encode_all(content, 1).unwrap()
}

pub(super) fn bzip2(content: &[u8]) -> Vec<u8> {
    let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

pub(super) fn xz(content: &[u8]) -> Vec<u8> {
    let mut encoder = liblzma::write::XzEncoder::new(Vec::new(), 1);
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

/// A layer that somebody took to its end.
#[derive(Clone, Debug)]
pub(super) struct Taken {
    pub(super) offered: OfferedLayer,
    pub(super) layer: ReadLayer,
    pub(super) bytes: Vec<u8>,
}

/// Takes layers, and believes nothing.
#[derive(Clone, Default)]
pub(super) struct Recorder {
    begun: Arc<Mutex<Vec<OfferedLayer>>>,
    taken: Arc<Mutex<Vec<Taken>>>,
    has: Vec<ReadLayer>,
    refuses: bool,
}

impl Recorder {
    /// Refuses the first bytes of every layer.
    pub(super) fn refusing() -> Self {
        Self { refuses: true, ..Self::default() }
    }

    /// Has a plain layer already.
    pub(super) fn having(layer: &[u8]) -> Self {
        let (diff_id, size): (Digest, _) = (sha256(layer).parse().unwrap(), layer.len() as u64);
        let digest = diff_id.clone();
        let layer =
            ReadLayer { diff_id, uncompressed_size: size, digest, size, compression: Compression::None };
        Self { has: vec![layer], ..Self::default() }
    }

    pub(super) fn taken(&self) -> Vec<Taken> {
        self.taken.lock().unwrap().clone()
    }

    /// Layers that were begun, whether or not they came to their end.
    pub(super) fn begun(&self) -> Vec<OfferedLayer> {
        self.begun.lock().unwrap().clone()
    }
}

struct Sink {
    recorder: Recorder,
    offered: OfferedLayer,
    bytes: Vec<u8>,
}

impl LayerIntake for Recorder {
    fn recognise(&mut self, offered: &OfferedLayer) -> Result<Option<ReadLayer>> {
        assert_eq!(offered.compression, Compression::None);
        let promised = |layer: &&ReadLayer| offered.promised.as_ref() == Some(&layer.digest);
        Ok(self.has.iter().find(promised).cloned())
    }

    fn begin(&mut self, offered: &OfferedLayer) -> Result<Box<dyn LayerSink>> {
        self.begun.lock().unwrap().push(offered.clone());
        Ok(Box::new(Sink { recorder: self.clone(), offered: offered.clone(), bytes: Vec::new() }))
    }
}

impl LayerSink for Sink {
    fn write(&mut self, bytes: Bytes) -> Result<()> {
        if self.recorder.refuses {
            return Err(Error::ReservedName("staging".to_owned()));
        }
        assert!(!bytes.is_empty(), "nothing is not worth a word");
        self.bytes.extend_from_slice(&bytes);
        Ok(())
    }

    fn finish(self: Box<Self>, layer: &ReadLayer) -> Result<bool> {
        let plain = match layer.compression {
            Compression::None => self.bytes.clone(),
            Compression::Gzip => {
                let mut plain = Vec::new();
                flate2::read::MultiGzDecoder::new(&self.bytes[..]).read_to_end(&mut plain).unwrap();
                plain
            }
            Compression::Zstd => zstd::decode_all(&self.bytes[..]).unwrap(),
        };
        assert_eq!(layer.digest.to_string(), sha256(&self.bytes));
        assert_eq!(layer.size, self.bytes.len() as u64);
        assert_eq!(layer.diff_id.to_string(), sha256(&plain));
        assert_eq!(layer.uncompressed_size, plain.len() as u64);
        assert_eq!(layer.compression, self.offered.compression);
        assert!(self.offered.size.is_none_or(|size| size == layer.size));
        let taken = Taken { offered: self.offered, layer: layer.clone(), bytes: self.bytes };
        self.recorder.taken.lock().unwrap().push(taken);
        Ok(false)
    }
}

pub(super) fn amd64() -> Platform {
    "linux/amd64".parse().unwrap()
}

pub(super) fn reader(limits: Limits) -> ArchiveReader {
    ArchiveReader::new(limits, false)
}

/// Reads an archive with the default limits.
pub(super) fn read(archive: impl AsRef<[u8]>) -> Result<Vec<ArchivedImage>> {
    read_into(archive, &mut Recorder::default())
}

pub(super) fn read_into(archive: impl AsRef<[u8]>, recorder: &mut Recorder) -> Result<Vec<ArchivedImage>> {
    reader(Limits::default()).read(&mut archive.as_ref(), &amd64(), recorder)
}

pub(super) fn read_within(limits: Limits, archive: impl AsRef<[u8]>) -> Result<Vec<ArchivedImage>> {
    reader(limits).read(&mut archive.as_ref(), &amd64(), &mut Recorder::default())
}

/// The one image of an archive.
#[track_caller]
pub(super) fn read_one(archive: impl AsRef<[u8]>) -> ArchivedImage {
    let [image] = read(archive).unwrap().try_into().unwrap();
    image
}

/// What is wrong with an archive, which must be the archive's fault.
#[track_caller]
pub(super) fn refusal(archive: impl AsRef<[u8]>) -> String {
    fault(read(archive))
}

#[track_caller]
pub(super) fn fault<T: std::fmt::Debug>(outcome: Result<T>) -> String {
    match outcome {
        Err(Error::Archive(text)) => text,
        other => panic!("not refused as an archive: {other:?}"),
    }
}

pub(super) fn names(image: &ArchivedImage) -> Vec<String> {
    image.names.iter().map(ToString::to_string).collect()
}

pub(super) fn diff_ids(image: &ArchivedImage) -> Vec<String> {
    image.layers.iter().map(|layer| layer.diff_id.to_string()).collect()
}
