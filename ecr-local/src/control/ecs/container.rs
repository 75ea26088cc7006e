//! What a container of a task definition must be beyond its shape.

use serde::Deserialize;

use super::checks::refuse;
use crate::{control::errors::Error, model::Digest};

/// Of a reference to an image, in characters.
const LONGEST_IMAGE: usize = 255;

/// As much of a container as is looked at.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Container {
    pub(super) name: Option<String>,
    pub(super) image: Option<String>,
    pub(super) essential: Option<bool>,
    pub(super) memory: Option<i64>,
    pub(super) memory_reservation: Option<i64>,
    #[serde(default)]
    pub(super) port_mappings: Vec<Port>,
    #[serde(default)]
    pub(super) mount_points: Vec<Mount>,
    #[serde(default)]
    pub(super) depends_on: Vec<Dependency>,
    pub(super) health_check: Option<HealthCheck>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Port {
    pub(super) container_port: Option<i64>,
    pub(super) host_port: Option<i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Mount {
    pub(super) source_volume: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Dependency {
    pub(super) container_name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct HealthCheck {
    interval: Option<i64>,
    timeout: Option<i64>,
    retries: Option<i64>,
    start_period: Option<i64>,
}

/// Letters, digits, hyphens and underscores.
pub(super) fn is_name(text: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    (1..=255).contains(&text.len()) && text.bytes().all(inner)
}

impl Container {
    /// Whether it could be one, whatever is beside it.
    pub(super) fn check(&self) -> Result<(), Error> {
        if !self.name.as_deref().is_some_and(is_name) {
            return Err(refuse("Container.name contains invalid characters."));
        }
        match self.image.as_deref().unwrap_or_default() {
            "" => return Err(refuse("Container.image should not be null or empty.")),
            image if !is_image(image) => return Err(refuse("Container.image contains invalid characters.")),
            _ => {}
        }
        let is_port = |port: Option<i64>| port.is_none_or(|port| (0..=65535).contains(&port));
        if !self.port_mappings.iter().all(|port| is_port(port.container_port) && is_port(port.host_port)) {
            return Err(refuse("A port is a number between 0 and 65535."));
        }
        self.health_check.as_ref().map_or(Ok(()), HealthCheck::check)
    }
}

/// The limit is for references by tag. A digest comes on top of it.
fn is_image(image: &str) -> bool {
    let (name, digest) = match image.split_once('@') {
        Some((name, digest)) => (name, Some(digest)),
        None => (image, None),
    };
    let inner = |byte: u8| byte.is_ascii_alphanumeric() || b"_-:./#+".contains(&byte);
    let is_digest = |digest: &str| digest.parse::<Digest>().is_ok();
    (1..=LONGEST_IMAGE).contains(&name.len()) && name.bytes().all(inner) && digest.is_none_or(is_digest)
}

impl HealthCheck {
    fn check(&self) -> Result<(), Error> {
        for (name, value, range) in [
            ("interval", self.interval, 5..=300),
            ("timeout", self.timeout, 2..=60),
            ("retries", self.retries, 1..=10),
            ("startPeriod", self.start_period, 0..=300),
        ] {
            if value.is_some_and(|value| !range.contains(&value)) {
                let (least, most) = (range.start(), range.end());
                return Err(refuse(format!("The {name} of a health check is between {least} and {most}.")));
            }
        }
        Ok(())
    }
}
