//! Staging: where layers that exist only in an archive are put.

use std::{num::NonZeroU64, time::Duration};

use serde::Deserialize;

use crate::model::Repository;

/// How to stage.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StagingConfig {
    /// `host/prefix`: one repository that holds everything. The embedded registry if not given.
    ///
    /// Several services, each with a store of its own, may share it with each other and with users: each keeps what it needs by tags that bear
    /// its store's ID, and deletes these tags alone. A manifest without a tag is left to the registry's own rules, as a registry does not say
    /// cheaply who else needs it; one that cannot delete tags keeps everything. In the embedded registry the repository `staging` is the
    /// service's alone: there it deletes manifests, whatever tags they have.
    #[serde(deserialize_with = "repository")]
    pub repository: Option<Repository>,
    /// How layers that come uncompressed are compressed.
    pub compression: LayerCompression,
    /// Bytes that all loads together may have waiting on the disk for their upload. A load that needs more waits.
    pub spool_bytes: NonZeroU64,
    /// Uploads of one image at once.
    pub uploads_per_image: u8,
    /// Uploads at once, of all images.
    pub uploads: u8,
    /// Seconds for which a load waits for others: for room and a place in the spool, and for its turn to be read. Then it is told to come again.
    #[serde(deserialize_with = "super::seconds", rename = "wait_seconds")]
    pub wait: Duration,
    /// Seconds of waiting in which a client must send 256 KiB of its archive, or the end of it. What it holds of the spool is wanted by others.
    #[serde(deserialize_with = "super::seconds", rename = "stall_seconds")]
    pub stall: Duration,
    /// Seconds for which what no image needs may stay in the registry. More than any load takes: it needs its layers only at its end.
    #[serde(deserialize_with = "super::seconds", rename = "sweep_grace_seconds")]
    pub sweep_grace: Duration,
}

/// How to compress a layer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LayerCompression {
    /// What every engine reads.
    #[default]
    Gzip,
    /// Smaller and faster; needs containerd 1.5, Docker 23 or Fargate 1.4.
    Zstd,
    /// Not at all.
    None,
}

impl Default for StagingConfig {
    fn default() -> Self {
        Self {
            repository: None,
            compression: LayerCompression::Gzip,
            spool_bytes: NonZeroU64::MIN.saturating_add(8 * 1024 * 1024 * 1024 - 1),
            uploads_per_image: 4,
            uploads: 8,
            wait: Duration::from_secs(10 * 60),
            stall: Duration::from_secs(5 * 60),
            sweep_grace: Duration::from_secs(60 * 60),
        }
    }
}

/// The registry inside this process.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EmbeddedRegistryConfig {
    /// Whether there is one. By default only if images are staged nowhere else.
    pub enabled: Option<bool>,
    /// Where it listens: 127.0.0.1:5100 if that is free at the first start, else any port, which is then kept. It asks nobody who they are, so it
    /// belongs on loopback.
    pub listen: Option<std::net::SocketAddr>,
}

fn repository<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Repository>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let reference: crate::model::Reference = text.parse().map_err(serde::de::Error::custom)?;
    if reference.tag.is_some() || reference.digest.is_some() {
        return Err(serde::de::Error::custom(format!("{text} names more than a repository")));
    }
    Ok(Some(reference.repository))
}
