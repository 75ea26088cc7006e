//! One task as a document: as it is when it runs, or when an image of it was not to be had.

use serde_json::{Value, json};

use super::{
    images::{self, Pulled, pull},
    names::{arn, cluster_arn, task_arn},
    refusal::TaskRefusal,
    run::Input,
    status::{remove, stop},
};
use crate::{
    blobs::UploadKey,
    control::{call::Call, errors::Error},
    model::RegistryId,
    state::NewTask,
};

/// What every task of a call is made of.
pub(super) struct Plan<'p> {
    pub(super) asked: &'p Input,
    /// As it is described.
    pub(super) definition: &'p Value,
    pub(super) provider: Option<&'p str>,
    pub(super) tags: Vec<Value>,
}

impl Plan<'_> {
    /// Pulls the image of each container, once for all tasks.
    pub(super) async fn pull(&self, call: &Call<'_>) -> Result<Vec<Pulled>, Error> {
        let mut pulled = Vec::new();
        for container in self.containers() {
            let image = container["image"].as_str().unwrap_or_default();
            pulled.push(pull(call, image, self.runs_on(), self.role()).await?);
        }
        Ok(pulled)
    }

    /// A task with an id of its own.
    pub(super) fn task(&self, call: &Call<'_>, family: &str, images: &[Pulled]) -> Result<NewTask, Error> {
        let id = fresh_id()?.replace('-', "");
        let failure = images.iter().find_map(|image| match image {
            Pulled::Not(why) => Some(why.as_str()),
            Pulled::Elsewhere | Pulled::Here(_) => None,
        });
        let now = call.state().now();
        let mut document = self.running(call, &id, images)?;
        if let Some(why) = failure {
            stop(&mut document, "TaskFailedToStart", why, now);
            remove(&mut document, &["startedAt", "pullStoppedAt"]);
        }
        Ok(NewTask {
            family: family.to_owned(),
            launch_type: "FARGATE".to_owned(),
            started_by: self.asked.started_by.clone(),
            stopped: failure.map(|_| now),
            document: document.to_string(),
            id,
        })
    }

    fn containers(&self) -> impl Iterator<Item = &Value> {
        self.definition["containerDefinitions"].as_array().into_iter().flatten()
    }

    fn running(&self, call: &Call<'_>, id: &str, images: &[Pulled]) -> Result<Value, Error> {
        let (registry, now, overrides) = (&call.registry, call.state().now(), &self.asked.overrides);
        let or_own =
            |own: &Option<String>, name: &str| own.clone().map_or(self.definition[name].clone(), Value::from);
        let family = self.definition["family"].as_str().unwrap_or_default();
        let (platform, version) = self.platform()?;
        let storage = overrides.ephemeral_storage.clone();
        let storage = storage.or_else(|| self.definition.get("ephemeralStorage").cloned());
        let storage = storage.unwrap_or_else(|| json!({ "sizeInGiB": 20 }));
        let containers = self.containers().zip(images);
        let containers =
            containers.map(|(container, image)| running_container(registry, id, container, image));
        let mut document = json!({
            "attachments": [],
            "attributes": [{ "name": "ecs.cpu-architecture", "value": if self.is_arm() { "arm64" } else { "x86_64" } }],
            "availabilityZone": format!("{}a", registry.region),
            "clusterArn": cluster_arn(registry),
            "connectivity": "CONNECTED",
            "connectivityAt": now,
            "containers": containers.collect::<Result<Vec<_>, _>>()?,
            "cpu": or_own(&overrides.cpu, "cpu"),
            "createdAt": now,
            "desiredStatus": "RUNNING",
            "enableExecuteCommand": self.asked.enable_execute_command,
            "ephemeralStorage": storage,
            "fargateEphemeralStorage": storage,
            "group": self.asked.group.clone().unwrap_or_else(|| format!("family:{family}")),
            "healthStatus": "UNKNOWN",
            "inferenceAccelerators": [],
            "lastStatus": "RUNNING",
            "launchType": "FARGATE",
            "memory": or_own(&overrides.memory, "memory"),
            "overrides": self.overrides(),
            "platformFamily": platform,
            "platformVersion": version,
            "pullStartedAt": now,
            "pullStoppedAt": now,
            "startedAt": now,
            "tags": self.tags,
            "taskArn": task_arn(registry, id),
            "taskDefinitionArn": self.definition["taskDefinitionArn"],
            "version": 2,
        });
        for (name, value) in
            [("startedBy", self.asked.started_by.as_deref()), ("capacityProviderName", self.provider)]
        {
            if let Some(value) = value {
                document[name] = value.into();
            }
        }
        Ok(document)
    }

    /// As ECS tells them: an entry for each container.
    fn overrides(&self) -> Value {
        let overrides = &self.asked.overrides;
        let of =
            |name: &Value| overrides.container_overrides.iter().find(|one| one["name"] == *name).cloned();
        let each =
            self.containers().map(|one| of(&one["name"]).unwrap_or_else(|| json!({ "name": one["name"] })));
        let mut document = json!({
            "containerOverrides": each.collect::<Vec<_>>(),
            "inferenceAcceleratorOverrides": [],
        });
        for (name, value) in [
            ("cpu", &overrides.cpu),
            ("memory", &overrides.memory),
            ("executionRoleArn", &overrides.execution_role_arn),
            ("taskRoleArn", &overrides.task_role_arn),
        ] {
            if let Some(value) = value {
                document[name] = value.as_str().into();
            }
        }
        document
    }

    /// In which ECS pulls.
    fn role(&self) -> Option<&str> {
        let own = self.asked.overrides.execution_role_arn.as_deref();
        own.or_else(|| self.definition["executionRoleArn"].as_str())
    }

    fn is_arm(&self) -> bool {
        self.definition["runtimePlatform"]["cpuArchitecture"] == "ARM64"
    }

    /// Linux on X86 unless the definition says otherwise.
    fn system(&self) -> &str {
        self.definition["runtimePlatform"]["operatingSystemFamily"].as_str().unwrap_or("LINUX")
    }

    fn runs_on(&self) -> images::Platform {
        images::Platform {
            os: if self.system() == "LINUX" { "linux" } else { "windows" },
            architecture: if self.is_arm() { "arm64" } else { "amd64" },
        }
    }

    /// The family of the system and the version of the platform under it.
    fn platform(&self) -> Result<(String, String), Error> {
        let system = self.system();
        let capital = |word: &str| {
            let (first, rest) = word.split_at_checked(1).unwrap_or((word, ""));
            first.to_owned() + &rest.to_ascii_lowercase()
        };
        let family = system.split('_').map(capital).collect::<Vec<_>>().join("_");
        let known: &[&str] = if system == "LINUX" { &["1.4.0", "1.3.0"] } else { &["1.0.0"] };
        let latest = known.first().copied().unwrap_or_default();
        match self.asked.platform_version.as_deref() {
            None | Some("LATEST") => Ok((family, latest.to_owned())),
            Some(version) if known.contains(&version) => Ok((family, version.to_owned())),
            Some(version) => Err(TaskRefusal::PlatformUnknown(version.to_owned()).into()),
        }
    }
}

fn running_container(
    registry: &RegistryId,
    task: &str,
    container: &Value,
    image: &Pulled,
) -> Result<Value, Error> {
    let number = |name: &str| container[name].as_i64().map(|number| number.to_string());
    let own = fresh_id()?;
    let mut document = json!({
        "containerArn": arn(registry, &format!("container/{}/{task}/{own}", super::names::CLUSTER)),
        "taskArn": task_arn(registry, task),
        "name": container["name"],
        "image": container["image"],
        "lastStatus": "RUNNING",
        "networkInterfaces": [],
        "healthStatus": "UNKNOWN",
        "cpu": number("cpu").unwrap_or_else(|| "0".to_owned()),
    });
    for name in ["memory", "memoryReservation"] {
        if let Some(number) = number(name) {
            document[name] = number.into();
        }
    }
    match image {
        Pulled::Elsewhere => {}
        Pulled::Here(digest) => document["imageDigest"] = digest.to_string().into(),
        Pulled::Not(why) => document["reason"] = why.as_str().into(),
    }
    Ok(document)
}

fn fresh_id() -> Result<String, Error> {
    Ok(UploadKey::fresh(0)?.id.to_string())
}
