//! What a task definition must be beyond its shape.

use std::collections::HashSet;

use serde::Deserialize;

use super::fargate;
use crate::{
    control::errors::Error,
    model::{Digest, RegistryId},
};

const MOST_CONTAINERS: usize = 10;
/// Of a reference to an image, in characters.
const LONGEST_IMAGE: usize = 255;

/// As much of a definition as is looked at.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Definition {
    pub(super) family: String,
    pub(super) network_mode: Option<String>,
    container_definitions: Vec<Container>,
    #[serde(default)]
    volumes: Vec<Named>,
    #[serde(default)]
    requires_compatibilities: Vec<String>,
    pub(super) cpu: Option<String>,
    pub(super) memory: Option<String>,
    execution_role_arn: Option<String>,
    #[serde(default)]
    tags: Vec<Tag>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Container {
    name: Option<String>,
    image: Option<String>,
    essential: Option<bool>,
    memory: Option<i64>,
    memory_reservation: Option<i64>,
    #[serde(default)]
    port_mappings: Vec<Port>,
    #[serde(default)]
    mount_points: Vec<Mount>,
    #[serde(default)]
    depends_on: Vec<Dependency>,
    health_check: Option<HealthCheck>,
}

#[derive(Deserialize)]
struct Named {
    name: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Port {
    container_port: Option<i64>,
    host_port: Option<i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Mount {
    source_volume: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Dependency {
    container_name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct HealthCheck {
    interval: Option<i64>,
    timeout: Option<i64>,
    retries: Option<i64>,
    start_period: Option<i64>,
}

#[derive(Deserialize)]
struct Tag {
    #[serde(default)]
    key: String,
}

pub(super) fn refuse(why: impl Into<String>) -> Error {
    Error::Client(why.into())
}

/// Letters, digits, hyphens and underscores.
fn is_name(text: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    (1..=255).contains(&text.len()) && text.bytes().all(inner)
}

impl Definition {
    /// Whether it may be registered.
    pub(super) fn check(&self) -> Result<(), Error> {
        if !is_name(&self.family) {
            return Err(refuse("Family contains invalid characters."));
        }
        match self.container_definitions.len() {
            0 => return Err(refuse("Container list cannot be empty.")),
            count if count > MOST_CONTAINERS => {
                return Err(refuse("A task definition has at most 10 containers."));
            }
            _ => {}
        }
        let mut names = HashSet::new();
        for container in &self.container_definitions {
            container.check()?;
            if !names.insert(container.name.as_deref().unwrap_or_default()) {
                return Err(refuse("The names of the containers of a task definition must be unique."));
            }
        }
        self.check_references(&names)?;
        if !self.container_definitions.iter().any(|container| container.essential.unwrap_or(true)) {
            return Err(refuse("A task definition must have at least one essential container."));
        }
        if self.tags.iter().any(|tag| tag.key.is_empty() || tag.key.to_ascii_lowercase().starts_with("aws:"))
        {
            return Err(Error::InvalidParameter(
                "A key of a tag is not empty and does not begin with aws:".to_owned(),
            ));
        }
        self.check_network()?;
        if self.requires("FARGATE") { self.check_fargate() } else { self.check_memory() }
    }

    fn requires(&self, compatibility: &str) -> bool {
        self.requires_compatibilities.iter().any(|required| required == compatibility)
    }

    fn check_references(&self, names: &HashSet<&str>) -> Result<(), Error> {
        let volumes: HashSet<_> = self.volumes.iter().filter_map(|volume| volume.name.as_deref()).collect();
        for container in &self.container_definitions {
            let mut mounted =
                container.mount_points.iter().filter_map(|mount| mount.source_volume.as_deref());
            if let Some(volume) = mounted.find(|volume| !volumes.contains(volume)) {
                return Err(refuse(format!("Unknown volume '{volume}'.")));
            }
            let mut needed = container.depends_on.iter().map(|other| other.container_name.as_str());
            if let Some(other) = needed.find(|other| !names.contains(other)) {
                return Err(refuse(format!(
                    "Container '{other}' that another one depends on does not exist."
                )));
            }
        }
        Ok(())
    }

    fn check_network(&self) -> Result<(), Error> {
        let is_awsvpc = self.network_mode.as_deref() == Some("awsvpc");
        let mut ports = self.container_definitions.iter().flat_map(|container| &container.port_mappings);
        match ports
            .find(|port| is_awsvpc && port.host_port.is_some() && port.host_port != port.container_port)
        {
            None => Ok(()),
            Some(_) => Err(refuse(
                "When networkMode=awsvpc, the host ports and container ports in port mappings must match.",
            )),
        }
    }

    fn check_fargate(&self) -> Result<(), Error> {
        if self.network_mode.as_deref() != Some("awsvpc") {
            return Err(refuse("Fargate only supports network mode 'awsvpc'."));
        }
        let Some(cpu) = &self.cpu else {
            return Err(refuse("Fargate requires that 'cpu' be defined at the task level."));
        };
        let Some(memory) = &self.memory else {
            return Err(refuse("Fargate requires that 'memory' be defined at the task level."));
        };
        if !fargate::has(fargate::cpu(cpu)?, fargate::memory(memory)?) {
            return Err(refuse("No Fargate configuration exists for given values."));
        }
        let images = self.container_definitions.iter().filter_map(|container| container.image.as_deref());
        let host = |image: &str| image.split('/').next().unwrap_or_default().to_owned();
        let mut hosts = images.map(host);
        if self.execution_role_arn.is_none() && hosts.any(|host| RegistryId::of_host(&host).is_some()) {
            return Err(refuse(
                "Fargate requires task definition to have execution role ARN to support ECR images.",
            ));
        }
        Ok(())
    }

    /// A task without memory of its own has containers with some.
    fn check_memory(&self) -> Result<(), Error> {
        if let Some(memory) = &self.memory {
            fargate::memory(memory)?;
        }
        if let Some(cpu) = &self.cpu {
            fargate::cpu(cpu)?;
        }
        let bare =
            |container: &&Container| container.memory.is_none() && container.memory_reservation.is_none();
        match self.container_definitions.iter().find(bare).filter(|_| self.memory.is_none()) {
            None => Ok(()),
            Some(container) => Err(refuse(format!(
                "Invalid setting for container '{}'. At least one of 'memory' or 'memoryReservation' must be specified.",
                container.name.as_deref().unwrap_or_default()
            ))),
        }
    }

    /// What it could run on.
    pub(super) fn compatibilities(&self) -> Vec<&'static str> {
        let is_awsvpc = self.network_mode.as_deref() == Some("awsvpc");
        let mut found = vec!["EC2"];
        if is_awsvpc && self.check_fargate().is_ok() {
            found.push("FARGATE");
        }
        if !is_awsvpc {
            found.push("EXTERNAL");
        }
        found
    }
}

impl Container {
    fn check(&self) -> Result<(), Error> {
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
