//! RunTask: what the call must be, and the tasks that come of it. Whatever a task pulls is looked for at once.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    definitions, fargate,
    names::{check_cluster, task_arn},
    refusal::TaskRefusal,
    status::provisional,
    task::Plan,
};
use crate::{
    control::{
        call::{Call, input},
        errors::Error,
    },
    model::Digest,
    state::TaskDefinition,
};

/// Of one call.
const MOST: i64 = 10;
const LONGEST_TOKEN: usize = 64;
const LONGEST_STARTED_BY: usize = 128;

/// As much of a call as is looked at.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Input {
    pub(super) task_definition: String,
    cluster: Option<String>,
    count: Option<i64>,
    launch_type: Option<String>,
    #[serde(default)]
    capacity_provider_strategy: Vec<Strategy>,
    pub(super) platform_version: Option<String>,
    network_configuration: Option<Value>,
    #[serde(default)]
    pub(super) overrides: Overrides,
    #[serde(default)]
    placement_constraints: Vec<Value>,
    #[serde(default)]
    placement_strategy: Vec<Value>,
    #[serde(default)]
    volume_configurations: Vec<Value>,
    pub(super) group: Option<String>,
    pub(super) started_by: Option<String>,
    client_token: Option<String>,
    #[serde(default)]
    pub(super) enable_execute_command: bool,
    #[serde(default, rename = "enableECSManagedTags")]
    pub(super) enable_ecs_managed_tags: bool,
    propagate_tags: Option<String>,
    #[serde(default)]
    tags: Vec<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Strategy {
    capacity_provider: String,
}

/// What a task has other than its definition.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
pub(super) struct Overrides {
    #[serde(default)]
    pub(super) container_overrides: Vec<Value>,
    pub(super) cpu: Option<String>,
    pub(super) memory: Option<String>,
    pub(super) ephemeral_storage: Option<Value>,
    pub(super) execution_role_arn: Option<String>,
    pub(super) task_role_arn: Option<String>,
}

/// RunTask
pub(super) async fn run(call: &Call<'_>, value: Value) -> Result<Value, Error> {
    let request = Digest::of(value.to_string().as_bytes()).to_string();
    let asked: Input = input(value)?;
    check_cluster(call, asked.cluster.as_deref())?;
    let provider = asked.check()?;
    let definition = definitions::find(call, &asked.task_definition).await?;
    let definition = definition.ok_or_else(|| TaskRefusal::Client("TaskDefinition not found.".to_owned()))?;
    if definition.status != "ACTIVE" {
        return Err(TaskRefusal::Client("TaskDefinition is inactive".to_owned()).into());
    }
    let document = definitions::shown(&call.registry, &definition);
    asked.check_with(&document)?;
    let tags = asked.all_tags(&definition)?;
    let plan = Plan { asked: &asked, definition: &document, provider, tags };
    let images = plan.pull(call).await?;
    let count = asked.count.unwrap_or(1);
    let tasks =
        (0..count).map(|_| plan.task(call, &definition.family, &images)).collect::<Result<Vec<_>, _>>()?;
    let known =
        call.state().add_tasks(&call.registry, asked.client_token.as_deref(), &request, &tasks).await?;
    if known.iter().any(|task| task.request != request) {
        return Err(TaskRefusal::Conflict(
            known.iter().map(|task| task_arn(&call.registry, &task.id)).collect(),
        )
        .into());
    }
    let run: Vec<_> = match known.is_empty() {
        true => tasks.iter().map(|task| provisional(&task.document)).collect(),
        false => known.iter().map(|task| provisional(&task.document)).collect(),
    };
    Ok(json!({ "tasks": run, "failures": [] }))
}

fn invalid(why: impl Into<String>) -> Error {
    Error::InvalidParameter(why.into())
}

impl Input {
    /// What can be said without the definition. The capacity provider, which is one of Fargate's: there are no instances here.
    fn check(&self) -> Result<Option<&str>, Error> {
        if self.count.is_some_and(|count| !(1..=MOST).contains(&count)) {
            return Err(invalid("count must be between 1 and 10"));
        }
        let is_token = |byte: u8| (33..=126).contains(&byte);
        if self
            .client_token
            .as_deref()
            .is_some_and(|token| token.len() > LONGEST_TOKEN || !token.bytes().all(is_token))
        {
            return Err(invalid("clientToken has at most 64 printable ASCII characters"));
        }
        if self.started_by.as_deref().is_some_and(|text| text.len() > LONGEST_STARTED_BY) {
            return Err(invalid("startedBy has at most 128 characters"));
        }
        if !self.volume_configurations.is_empty() {
            return Err(
                TaskRefusal::UnsupportedFeature("Volumes cannot be configured at launch here.").into()
            );
        }
        let provider = self.capacity_provider_strategy.first().map(|one| one.capacity_provider.as_str());
        match (self.launch_type.as_deref(), provider) {
            (Some(_), Some(_)) => Err(invalid(
                "Specifying both a launch type and capacity provider strategy is not supported. Remove one and try again.",
            )),
            (Some("FARGATE"), None) => Ok(None),
            (None, Some("FARGATE" | "FARGATE_SPOT")) => Ok(provider),
            (None, Some(_)) => Err(invalid("The specified capacity provider was not found.")),
            _ => Err(invalid("No Container Instances were found in your cluster.")),
        }
    }

    /// What depends on the definition.
    fn check_with(&self, definition: &Value) -> Result<(), Error> {
        let has = |list: &Value, entry: &str| {
            list.as_array().is_some_and(|list| list.iter().any(|one| one == entry))
        };
        if !has(&definition["compatibilities"], "FARGATE") {
            return Err(invalid("Task definition does not support launch_type FARGATE."));
        }
        if self.network_configuration.is_none() {
            return Err(invalid(
                "Network Configuration must be provided when networkMode 'awsvpc' is specified.",
            ));
        }
        if !self.placement_constraints.is_empty() || !self.placement_strategy.is_empty() {
            return Err(invalid(
                "Placement constraints and strategies are not supported with launch_type FARGATE.",
            ));
        }
        let containers = definition["containerDefinitions"].as_array().into_iter().flatten();
        let names: Vec<_> = containers.map(|container| &container["name"]).collect();
        if let Some(name) = self
            .overrides
            .container_overrides
            .iter()
            .map(|one| &one["name"])
            .find(|name| !names.contains(name))
        {
            let name = name.as_str().unwrap_or_default();
            return Err(invalid(format!(
                "Override for container named {name} is not a container in the TaskDefinition."
            )));
        }
        let size = |own: &Option<String>, name: &str| {
            own.as_deref().or(definition[name].as_str()).unwrap_or_default().to_owned()
        };
        let (cpu, memory) = (size(&self.overrides.cpu, "cpu"), size(&self.overrides.memory, "memory"));
        if !fargate::has(fargate::cpu(&cpu)?, fargate::memory(&memory)?) {
            return Err(
                TaskRefusal::Client("No Fargate configuration exists for given values.".to_owned()).into()
            );
        }
        Ok(())
    }

    /// The tags that the tasks are to have: their own before those of the definition.
    fn all_tags(&self, definition: &TaskDefinition) -> Result<Vec<Value>, Error> {
        if self.propagate_tags.as_deref() == Some("SERVICE") {
            return Err(invalid("Tags cannot be propagated from a service by RunTask."));
        }
        let mut tags = self.tags.clone();
        if self.propagate_tags.as_deref() == Some("TASK_DEFINITION") {
            let more = definitions::parsed(&definition.tags);
            let more = more.as_array().cloned().unwrap_or_default();
            tags.extend(more.into_iter().filter(|tag| !self.tags.iter().any(|own| own["key"] == tag["key"])));
        }
        if self.enable_ecs_managed_tags {
            tags.push(json!({ "key": "aws:ecs:clusterName", "value": super::names::CLUSTER }));
        }
        Ok(tags)
    }
}
