//! What the service reads from an image config (OCI image-spec, config.md). The bytes are the identity and are kept; this is a view of them.

mod labels;

use std::collections::BTreeMap;

use serde::Deserialize;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::{
    bounded::Bounded,
    digest::Digest,
    platform::{Platform, is_component},
};
use labels::Labels;
pub use labels::has_label;

/// Steps, and layers.
const MOST: usize = 10_000;

/// The members that the service itself needs; null and absent are one, unknown members are ignored.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ImageConfig {
    /// What the image runs on.
    pub platform: Platform,
    /// When it was made.
    pub created: Option<OffsetDateTime>,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// Digests of the uncompressed layers, lowest first.
    pub diff_ids: Vec<Digest>,
    /// Oldest step first.
    pub history: Vec<HistoryStep>,
}

/// One step of a build.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HistoryStep {
    /// When.
    pub created: Option<OffsetDateTime>,
    /// The instruction.
    pub created_by: String,
    /// A remark.
    pub comment: String,
    /// The step made no layer.
    pub empty_layer: bool,
}

impl ImageConfig {
    /// Reads a config; the error says in one clause what is wrong with it.
    pub fn parse(bytes: &[u8]) -> Result<Self, String> {
        let wire: Wire = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        let rootfs = wire.rootfs.ok_or("it has no rootfs")?;
        let diff_ids = rootfs.diff_ids.map(|Bounded(ids)| ids).unwrap_or_default();
        let diff_ids = diff_ids.iter().map(|id| id.parse::<Digest>());
        let history = wire.history.map(|Bounded(steps)| steps).unwrap_or_default();
        Ok(Self {
            platform: Platform::from_parts(
                operating_system(wire.os.as_deref())?,
                &without_controls(wire.architecture.as_deref()),
                &without_controls(wire.variant.as_deref()),
                &without_controls(wire.os_version.as_deref()),
            ),
            created: time_of(wire.created.as_deref()),
            labels: wire.config.and_then(|config| config.labels).unwrap_or_default().0,
            diff_ids: diff_ids.collect::<Result<_, _>>().map_err(|why| format!("a diff id is {why}"))?,
            history: history.into_iter().map(HistoryStep::from).collect(),
        })
    }
}

/// Docker, too, reads it as part of a platform, and takes no image where it is none.
fn operating_system(text: Option<&str>) -> Result<&str, String> {
    match text.unwrap_or_default() {
        "" => Ok(""),
        os if is_component(os) => Ok(os),
        os => Err(format!("its os {:.100} is no part of a platform", format!("{os:?}"))),
    }
}

/// Docker takes any text here, and shows it. Nothing runs on it; but it is compared, kept and told, where not every character can be.
fn without_controls(text: Option<&str>) -> String {
    text.unwrap_or_default().replace(char::is_control, "\u{fffd}")
}

/// A time that cannot be read counts as absent, as a damaged date does not make an image unusable.
fn time_of(text: Option<&str>) -> Option<OffsetDateTime> {
    OffsetDateTime::parse(text?, &Rfc3339).ok()
}

#[derive(Deserialize)]
struct Wire {
    os: Option<String>,
    architecture: Option<String>,
    variant: Option<String>,
    #[serde(rename = "os.version")]
    os_version: Option<String>,
    created: Option<String>,
    config: Option<WireConfig>,
    rootfs: Option<WireRootFs>,
    history: Option<Bounded<WireStep, MOST>>,
}

#[derive(Deserialize)]
struct WireConfig {
    #[serde(rename = "Labels")]
    labels: Option<Labels>,
}

#[derive(Deserialize)]
struct WireRootFs {
    diff_ids: Option<Bounded<String, MOST>>,
}

#[derive(Deserialize)]
struct WireStep {
    created: Option<String>,
    created_by: Option<String>,
    comment: Option<String>,
    empty_layer: Option<bool>,
}

impl From<WireStep> for HistoryStep {
    fn from(wire: WireStep) -> Self {
        Self {
            created: time_of(wire.created.as_deref()),
            created_by: wire.created_by.unwrap_or_default(),
            comment: wire.comment.unwrap_or_default(),
            empty_layer: wire.empty_layer.unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nulls_and_missing_members_are_one() {
        let config = ImageConfig::parse(
            br#"{"os":"linux","architecture":"amd64","created":null,"config":{"Labels":null},"rootfs":{"type":"layers","diff_ids":null},"history":null,"x":1}"#,
        );
        let config = config.unwrap();
        assert_eq!(config.platform.to_string(), "linux/amd64");
        assert!(config.created.is_none() && config.labels.is_empty() && config.history.is_empty());
    }

    #[test]
    fn what_costs_more_than_an_image_needs_is_refused_and_said_so() {
        let many = |text: &str, times: usize| vec![text; times].join(",");
        let labels = |times: usize, length: usize| {
            let labels = (0..times).map(|n| format!(r#""{n}":"{}""#, "x".repeat(length)));
            format!(r#"{{"rootfs":{{}},"config":{{"Labels":{{{}}}}}}}"#, labels.collect::<Vec<_>>().join(","))
        };
        let history = |times| format!(r#"{{"rootfs":{{}},"history":[{}]}}"#, many("{}", times));
        let id = format!(r#""{}""#, Digest::of(b""));
        let layers = |times| format!(r#"{{"rootfs":{{"diff_ids":[{}]}}}}"#, many(&id, times));
        for config in [history(10_000), layers(10_000), labels(10_000, 1), labels(2, 100_000)] {
            assert!(ImageConfig::parse(config.as_bytes()).is_ok());
        }
        for (config, why) in [
            (history(10_001), "an array has more than 10000 elements"),
            (layers(10_001), "an array has more than 10000 elements"),
            (labels(10_001, 1), "it has more than 10000 labels"),
            (labels(3, 400_000), "its labels have more than 1048576 bytes"),
        ] {
            let error = ImageConfig::parse(config.as_bytes()).unwrap_err();
            assert!(error.contains(why), "{error}");
        }
    }

    #[test]
    fn a_platform_has_no_control_characters() {
        let config = ImageConfig::parse(
            br#"{"rootfs":{},"os":"linux","architecture":"am\u0000d64","variant":"\u007f","os.version":"\u0085"}"#,
        );
        let platform = config.unwrap().platform;
        assert_eq!((platform.architecture(), platform.variant()), ("am\u{fffd}d64", "\u{fffd}"));
        assert_eq!(platform.os_version(), "\u{fffd}");
    }

    #[test]
    fn what_is_no_config_says_why() {
        for (bytes, why) in [
            (&b"[]"[..], "invalid length"),
            (b"{}", "it has no rootfs"),
            (br#"{"rootfs":{"diff_ids":["sha256:ab"]}}"#, "a diff id is invalid checksum digest length"),
            (br#"{"rootfs":{},"os":"lin\u0000ux"}"#, "its os \"lin\\0ux\" is no part of a platform"),
            (br#"{"rootfs":{},"os":"linux\n"}"#, "is no part of a platform"),
        ] {
            let error = ImageConfig::parse(bytes).unwrap_err();
            assert!(error.contains(why), "{error}");
        }
    }
}
