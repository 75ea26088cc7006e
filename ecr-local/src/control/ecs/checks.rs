//! What a task definition must be beyond its shape.

use std::collections::HashSet;

use serde::Deserialize;

use super::{
    container::{Container, is_name},
    fargate,
    refusal::TaskRefusal,
};
use crate::{control::errors::Error, model::RegistryId};

const MOST_CONTAINERS: usize = 10;

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
struct Named {
    name: Option<String>,
}

#[derive(Deserialize)]
struct Tag {
    #[serde(default)]
    key: String,
}

pub(super) fn refuse(why: impl Into<String>) -> Error {
    TaskRefusal::Client(why.into()).into()
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
