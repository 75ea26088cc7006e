//! RegisterTaskDefinition: the definition, and what it has unless it says otherwise.

use serde_json::{Value, json};

use super::{
    checks::{Definition, refuse},
    definitions::shown,
    fargate,
};
use crate::control::{
    call::{Call, input},
    errors::Error,
};

/// Of a definition, in bytes.
const LARGEST: usize = 64 * 1024;

/// Registers the next revision of a family.
pub(super) async fn run(call: &Call<'_>, value: Value) -> Result<Value, Error> {
    let definition: Definition = input(value.clone())?;
    if value.to_string().len() > LARGEST {
        return Err(refuse("The task definition is larger than 64 KiB."));
    }
    definition.check()?;
    let (document, tags) = completed(value, &definition, call)?;
    let state = call.state();
    let revision = state
        .register_task_definition(
            &call.registry,
            &definition.family,
            &document.to_string(),
            &tags.to_string(),
        )
        .await?;
    let registered = state.task_definition(&call.registry, &definition.family, Some(revision)).await?;
    let registered = registered.map(|found| shown(&call.registry, &found)).unwrap_or_default();
    Ok(json!({ "taskDefinition": registered, "tags": tags }))
}

/// The document with what it left out, and its tags.
fn completed(mut value: Value, definition: &Definition, call: &Call<'_>) -> Result<(Value, Value), Error> {
    let mut tags = json!([]);
    if let Some(members) = value.as_object_mut() {
        members.remove("family");
        tags = members.remove("tags").unwrap_or(tags);
        members.entry("volumes").or_insert_with(|| json!([]));
        members.entry("placementConstraints").or_insert_with(|| json!([]));
    }
    for (name, given) in [
        ("cpu", definition.cpu.as_deref().map(fargate::cpu).transpose()?),
        ("memory", definition.memory.as_deref().map(fargate::memory).transpose()?),
    ] {
        if let Some(units) = given {
            value[name] = units.to_string().into();
        }
    }
    value["compatibilities"] = json!(definition.compatibilities());
    value["registeredAt"] = call.state().now().into();
    value["registeredBy"] = call.caller.as_str().into();
    let is_awsvpc = definition.network_mode.as_deref() == Some("awsvpc");
    for container in value["containerDefinitions"].as_array_mut().into_iter().flatten() {
        complete_container(container, is_awsvpc);
    }
    Ok((value, tags))
}

fn complete_container(container: &mut Value, is_awsvpc: bool) {
    let Some(members) = container.as_object_mut() else { return };
    for name in ["portMappings", "environment", "mountPoints", "volumesFrom", "systemControls"] {
        members.entry(name).or_insert_with(|| json!([]));
    }
    members.entry("cpu").or_insert_with(|| json!(0));
    members.entry("essential").or_insert_with(|| json!(true));
    if let Some(check) = members.get_mut("healthCheck").and_then(Value::as_object_mut) {
        for (name, usual) in [("interval", 30), ("timeout", 5), ("retries", 3)] {
            check.entry(name).or_insert_with(|| json!(usual));
        }
    }
    for port in members.get_mut("portMappings").and_then(Value::as_array_mut).into_iter().flatten() {
        let own = port.get("containerPort").cloned();
        let Some(port) = port.as_object_mut() else { continue };
        port.entry("protocol").or_insert_with(|| json!("tcp"));
        if let Some(own) = own.filter(|_| is_awsvpc) {
            port.entry("hostPort").or_insert(own);
        }
    }
}
