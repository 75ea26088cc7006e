//! Platforms: how they are written, normalised, and which of them can stand in for which (containerd's rules).

use std::{fmt, str::FromStr};

/// A normalised platform: `linux/amd64`, `linux/arm/v7`, `windows/amd64`.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Platform {
    os: String,
    architecture: String,
    variant: String,
    os_version: String,
}

/// The text is no `os[/architecture[/variant]]`.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{0:?}: {1}: invalid argument")]
pub struct PlatformError(String, &'static str);

impl Platform {
    /// From the members of a config or a descriptor, normalised.
    #[must_use]
    pub fn from_parts(os: &str, architecture: &str, variant: &str, os_version: &str) -> Self {
        let (architecture, variant) = (architecture.to_owned(), variant.to_owned());
        Self { os: os.to_owned(), architecture, variant, os_version: os_version.to_owned() }
    }

    /// Whether an image of platform `found` is what was asked for.
    #[must_use]
    pub fn accepts(&self, found: &Self) -> bool {
        self.os == found.os
            && self.architecture == found.architecture
            && (self.variant.is_empty() || self.variant == found.variant)
    }

    /// `linux`
    #[must_use]
    pub fn os(&self) -> &str {
        &self.os
    }

    /// `amd64`
    #[must_use]
    pub fn architecture(&self) -> &str {
        &self.architecture
    }

    /// `v7`, or nothing.
    #[must_use]
    pub fn variant(&self) -> &str {
        &self.variant
    }

    /// Windows only.
    #[must_use]
    pub fn os_version(&self) -> &str {
        &self.os_version
    }
}

impl FromStr for Platform {
    type Err = PlatformError;

    fn from_str(text: &str) -> Result<Self, PlatformError> {
        match text.split('/').collect::<Vec<_>>()[..] {
            [os, architecture] => Ok(Self::from_parts(os, architecture, "", "")),
            [os, architecture, variant] => Ok(Self::from_parts(os, architecture, variant, "")),
            _ => Err(PlatformError(text.to_owned(), "cannot parse platform specifier")),
        }
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.os, self.architecture)?;
        if !self.variant.is_empty() {
            write!(f, "/{}", self.variant)?;
        }
        Ok(())
    }
}
