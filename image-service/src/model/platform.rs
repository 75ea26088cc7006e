//! Platforms: how they are written, normalised, and which of them can stand in for which (containerd's rules).
//!
//! Invariant: a `Platform` is normalised, so that equal platforms are equal values.

use std::{fmt, str::FromStr};

const OPERATING_SYSTEMS: [&str; 16] = [
    "aix",
    "android",
    "darwin",
    "dragonfly",
    "freebsd",
    "hurd",
    "illumos",
    "ios",
    "js",
    "linux",
    "nacl",
    "netbsd",
    "openbsd",
    "plan9",
    "solaris",
    "windows",
];
const ARCHITECTURES: [&str; 18] = [
    "386", "amd64", "arm", "armbe", "arm64", "arm64be", "ppc64", "ppc64le", "loong64", "mips", "mipsle",
    "mips64", "mips64le", "riscv", "riscv64", "s390x", "sparc64", "wasm",
];
/// What is meant where only half of a platform is written: what Fargate runs by default, whatever this host is.
const DEFAULT_OS: &str = "linux";
const DEFAULT_ARCHITECTURE: &str = "amd64";
/// v9.0 branched off v8.5, so v9.N runs what v8.(N+5) runs.
const V9_OVER_V8: u8 = 5;

/// A normalised platform: `linux/amd64`, `linux/arm/v7`, `windows(10.0.17763)/amd64`.
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
    /// From the members of a config or a descriptor, normalised. An architecture without an operating system is Linux, as its builders
    /// mean it.
    #[must_use]
    pub fn from_parts(os: &str, architecture: &str, variant: &str, os_version: &str) -> Self {
        let os = match os.to_ascii_lowercase().as_str() {
            "macos" => "darwin".to_owned(),
            "" if !architecture.is_empty() => DEFAULT_OS.to_owned(),
            os => os.to_owned(),
        };
        let (architecture, variant) =
            normal_architecture(architecture.to_ascii_lowercase(), variant.to_ascii_lowercase());
        Self { os, architecture, variant, os_version: os_version.to_owned() }
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

    /// What can run where this platform is wanted, best first: 386 for amd64 and 32-bit arm for arm64 only with `other_architectures`.
    /// Empty for a variant of arm64 that nobody knows.
    #[must_use]
    pub fn candidates(&self, other_architectures: bool) -> Vec<Self> {
        match self.architecture.as_str() {
            "amd64" => self.amd64_candidates(other_architectures),
            "arm" => self.arm_candidates(&self.variant),
            "arm64" => self.arm64_candidates(other_architectures),
            _ => vec![self.clone()],
        }
    }

    /// Whether something made for `offered` is made for this platform: on Windows, for the same build if one is wanted.
    #[must_use]
    pub fn matches(&self, offered: &Self) -> bool {
        let same = (&self.os, &self.architecture, &self.variant)
            == (&offered.os, &offered.architecture, &offered.variant);
        same && (self.os != "windows"
            || self.os_version.is_empty()
            || build(&self.os_version) == build(&offered.os_version))
    }

    fn amd64_candidates(&self, other_architectures: bool) -> Vec<Self> {
        let mut all = vec![self.clone()];
        let level = self.variant.strip_prefix('v').and_then(|level| level.parse::<u8>().ok());
        let below = (1..level.unwrap_or(1)).rev();
        all.extend(below.map(|level| self.beside("amd64", &format!("v{level}"))));
        if other_architectures {
            all.push(self.beside("386", ""));
        }
        all
    }

    fn arm_candidates(&self, variant: &str) -> Vec<Self> {
        let version = variant.strip_prefix('v').and_then(|version| version.parse::<u8>().ok());
        let below = (5..version.unwrap_or(5)).rev().map(|version| format!("v{version}"));
        std::iter::once(variant.to_owned()).chain(below).map(|v| self.beside("arm", &v)).collect()
    }

    fn arm64_candidates(&self, other_architectures: bool) -> Vec<Self> {
        let Some((major, minor)) = arm64_version(&self.variant) else { return Vec::new() };
        let mut all: Vec<_> = (0..=minor).rev().map(|minor| self.arm64(major, minor)).collect();
        if major == 9 {
            all.extend((0..=minor + V9_OVER_V8).rev().map(|minor| self.arm64(8, minor)));
        }
        if other_architectures {
            all.extend(self.arm_candidates("v8"));
        }
        all
    }

    fn arm64(&self, major: u8, minor: u8) -> Self {
        match minor {
            0 => self.beside("arm64", &format!("v{major}")),
            minor => self.beside("arm64", &format!("v{major}.{minor}")),
        }
    }

    fn beside(&self, architecture: &str, variant: &str) -> Self {
        Self::from_parts(&self.os, architecture, variant, &self.os_version)
    }
}

fn normal_architecture(architecture: String, variant: String) -> (String, String) {
    let (architecture, variant) = match (architecture.as_str(), variant.as_str()) {
        ("i386", _) => ("386", ""),
        ("x86_64" | "x86-64" | "amd64", "v1") => ("amd64", ""),
        ("x86_64" | "x86-64", variant) => ("amd64", variant),
        ("aarch64" | "arm64", "8" | "v8" | "v8.0") => ("arm64", ""),
        ("aarch64" | "arm64", "9" | "v9.0") => ("arm64", "v9"),
        ("aarch64", variant) => ("arm64", variant),
        ("armhf", _) | ("arm", "" | "7") => ("arm", "v7"),
        ("armel", _) | ("arm", "6") => ("arm", "v6"),
        ("arm", "5") => ("arm", "v5"),
        ("arm", "8") => ("arm", "v8"),
        _ => return (architecture, variant),
    };
    (architecture.to_owned(), variant.to_owned())
}

/// Major and minor version of the instruction set: v8 to v8.9, v9 to v9.9.
fn arm64_version(variant: &str) -> Option<(u8, u8)> {
    let (major, minor) = match variant {
        "" => return Some((8, 0)),
        variant => variant.split_once('.').unwrap_or((variant, "0")),
    };
    let minor = minor.parse().ok().filter(|_| minor.len() == 1)?;
    match major {
        "v8" => Some((8, minor)),
        "v9" => Some((9, minor)),
        _ => None,
    }
}

/// `10.0.17763` of `10.0.17763.1234`: containers share the kernel's build, not its revision.
fn build(os_version: &str) -> Vec<&str> {
    os_version.split('.').take(3).collect()
}

impl FromStr for Platform {
    type Err = PlatformError;

    /// `os[(version)]/architecture[/variant]`, or an operating system or an architecture alone.
    fn from_str(text: &str) -> Result<Self, PlatformError> {
        let refused = |why| Err(PlatformError(text.to_owned(), why));
        if text.contains('*') {
            return refused("wildcards are not supported");
        }
        let parts: Vec<_> = text.split('/').collect();
        let Some((os, os_version)) = parts.first().and_then(|os| split_version(os)) else {
            return refused("platform specifier component must match [A-Za-z0-9_.-]+");
        };
        if !parts.iter().skip(1).all(|part| is_component(part)) {
            return refused("platform specifier component must match [A-Za-z0-9_.-]+");
        }
        match parts[..] {
            [_] => match half(os, os_version) {
                Some(platform) => Ok(platform),
                None => refused("unknown operating system or architecture"),
            },
            [_, architecture] => Ok(Self::from_parts(os, architecture, "", os_version)),
            [_, architecture, variant] => Ok(Self::from_parts(os, architecture, variant, os_version)),
            _ => refused("cannot parse platform specifier"),
        }
    }
}

fn half(word: &str, os_version: &str) -> Option<Platform> {
    let as_os = Platform::from_parts(word, DEFAULT_ARCHITECTURE, "", os_version);
    if OPERATING_SYSTEMS.contains(&as_os.os()) {
        return Some(as_os);
    }
    let as_architecture = Platform::from_parts(DEFAULT_OS, word, "", "");
    ARCHITECTURES.contains(&as_architecture.architecture()).then_some(as_architecture)
}

fn split_version(os: &str) -> Option<(&str, &str)> {
    let (name, version) = match os.strip_suffix(')') {
        Some(rest) => rest.split_once('(')?,
        None => (os, ""),
    };
    (is_component(name) && (version.is_empty() || is_component(version))).then_some((name, version))
}

/// What the parts of a platform are made of.
pub(super) fn is_component(part: &str) -> bool {
    !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"_.-".contains(&b))
}

impl fmt::Display for Platform {
    /// As it is parsed: different platforms have different texts.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.os)?;
        if !self.os_version.is_empty() {
            write!(f, "({})", self.os_version)?;
        }
        write!(f, "/{}", self.architecture)?;
        if !self.variant.is_empty() {
            write!(f, "/{}", self.variant)?;
        }
        Ok(())
    }
}

#[cfg(test)]
#[path = "platform_tests.rs"]
mod tests;
