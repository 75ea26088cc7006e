//! Where ECR's data plane differs from the specification that it serves: each difference can be had here, to see what a client makes of it.

use std::{fmt, str::FromStr};

/// One difference. By its name it can be asked for at the command line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Quirk {
    /// `patch-created`: a chunk is answered with 201, not 202.
    PatchCreated,
    /// `stuck-range`: `Range` tells where the first chunk ended, however many follow.
    StuckRange,
    /// `empty-finish-fails`: a finishing PUT without content, behind several chunks, is answered with 500.
    EmptyFinishFails,
    /// `large-pages-refused`: a listing with `n` above 1000 is refused.
    LargePagesRefused,
    /// `no-mounts`: a mount is answered with 202, as if nothing was there to mount.
    NoMounts,
    /// `no-manifest-digest`: manifests come without `Docker-Content-Digest`.
    NoManifestDigest,
    /// `blob-redirect`: a GET of a blob is answered with 307, to an address that opens it by itself.
    BlobRedirect,
    /// `referrers-refused`: a manifest with a subject is answered with 405.
    ReferrersRefused,
    /// `expired-token-denied`: a password that is no longer good is answered with 403 `DENIED`, without a challenge.
    ExpiredTokenDenied,
    /// `invalid-tag-refused`: a manifest by what can be no tag is answered with 400, not 404.
    InvalidTagRefused,
    /// `missing-layer-code`: a manifest whose layers are missing is answered with the code `BLOB_UPLOAD_UNKNOWN`.
    MissingLayerCode,
    /// `ecr-challenge`: clients are challenged in ECR's name, with its address as the realm.
    EcrChallenge,
}

/// Some of them.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(crate) struct Quirks(u32);

/// A name that no difference has.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("there is no quirk {0:?}: there are {names}", names = Quirk::ALL.map(Quirk::name).join(", "))]
pub struct UnknownQuirk(String);

impl Quirk {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::PatchCreated,
        Self::StuckRange,
        Self::EmptyFinishFails,
        Self::LargePagesRefused,
        Self::NoMounts,
        Self::NoManifestDigest,
        Self::BlobRedirect,
        Self::ReferrersRefused,
        Self::ExpiredTokenDenied,
        Self::InvalidTagRefused,
        Self::MissingLayerCode,
        Self::EcrChallenge,
    ];

    /// As the command line has it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::PatchCreated => "patch-created",
            Self::StuckRange => "stuck-range",
            Self::EmptyFinishFails => "empty-finish-fails",
            Self::LargePagesRefused => "large-pages-refused",
            Self::NoMounts => "no-mounts",
            Self::NoManifestDigest => "no-manifest-digest",
            Self::BlobRedirect => "blob-redirect",
            Self::ReferrersRefused => "referrers-refused",
            Self::ExpiredTokenDenied => "expired-token-denied",
            Self::InvalidTagRefused => "invalid-tag-refused",
            Self::MissingLayerCode => "missing-layer-code",
            Self::EcrChallenge => "ecr-challenge",
        }
    }

    fn bit(self) -> u32 {
        1 << self as u32
    }
}

impl Quirks {
    pub(crate) fn add(&mut self, quirk: Quirk) {
        self.0 |= quirk.bit();
    }

    pub(crate) fn has(self, quirk: Quirk) -> bool {
        self.0 & quirk.bit() != 0
    }
}

impl fmt::Display for Quirk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Quirk {
    type Err = UnknownQuirk;

    fn from_str(name: &str) -> Result<Self, UnknownQuirk> {
        Self::ALL.into_iter().find(|quirk| quirk.name() == name).ok_or_else(|| UnknownQuirk(name.to_owned()))
    }
}
