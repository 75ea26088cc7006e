//! Task definitions that are there: DescribeTaskDefinition, DeregisterTaskDefinition, ListTaskDefinitions.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    names::{definition, definition_arn},
    page::AskedPage,
    refusal::TaskRefusal,
};
use crate::{
    control::{call::Call, errors::Error, page},
    model::RegistryId,
    state::TaskDefinition,
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DescribeInput {
    task_definition: String,
    #[serde(default)]
    include: Vec<String>,
}

/// DescribeTaskDefinition: a revision, active or not, or the latest active one of a family.
pub(super) async fn describe(call: &Call<'_>, input: DescribeInput) -> Result<Value, Error> {
    let found = find(call, &input.task_definition).await?;
    let found = found.ok_or_else(|| unknown("Unable to describe task definition."))?;
    let mut document = json!({ "taskDefinition": shown(&call.registry, &found) });
    if input.include.iter().any(|what| what == "TAGS") {
        document["tags"] = parsed(&found.tags);
    }
    Ok(document)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DeregisterInput {
    task_definition: String,
}

/// DeregisterTaskDefinition. What is inactive already stays so.
pub(super) async fn deregister(call: &Call<'_>, input: DeregisterInput) -> Result<Value, Error> {
    let named = definition(call, &input.task_definition);
    let (family, revision) = match named {
        Some((family, Some(revision))) => (family, revision),
        Some((_, None)) => return Err(Error::InvalidParameter("You must specify a revision.".to_owned())),
        None => return Err(unknown("The specified task definition does not exist.")),
    };
    call.state().deregister_task_definition(&call.registry, family, revision).await?;
    let found = call.state().task_definition(&call.registry, family, Some(revision)).await?;
    let found = found.ok_or_else(|| unknown("The specified task definition does not exist."))?;
    Ok(json!({ "taskDefinition": shown(&call.registry, &found) }))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ListInput {
    family_prefix: Option<String>,
    status: Option<String>,
    sort: Option<String>,
    #[serde(flatten)]
    page: AskedPage,
}

/// ListTaskDefinitions: by family and then by revision. Unlike what the name of the member says, a family is meant as a whole.
pub(super) async fn list(call: &Call<'_>, input: ListInput) -> Result<Value, Error> {
    let page = input.page.read()?;
    let status = input.status.as_deref().unwrap_or("ACTIVE");
    let is_descending = input.sort.as_deref() == Some("DESC");
    let family = input.family_prefix.as_deref();
    let registry = &call.registry;
    let (account, region) = (&registry.account, &registry.region);
    let about = format!("ListTaskDefinitions {account}/{region} {status} {is_descending} {family:?}");
    let last: Option<(String, i64)> = page.position(call.signer(), &about)?;
    let sought = page.count().saturating_add(1);
    let mut found =
        call.state().task_definitions(registry, family, status, last.as_ref(), is_descending, sought).await?;
    let has_more = found.len() > page.count() as usize;
    found.truncate(page.count() as usize);
    let arns: Vec<_> =
        found.iter().map(|(family, revision)| definition_arn(registry, family, *revision)).collect();
    let mut document = json!({ "taskDefinitionArns": arns });
    if let Some(last) = found.last().filter(|_| has_more) {
        document["nextToken"] = page::token(call.signer(), &about, last).into();
    }
    Ok(document)
}

fn unknown(why: &str) -> Error {
    TaskRefusal::Client(why.to_owned()).into()
}

/// A task definition by any of its names. Without a revision the latest active one.
pub(super) async fn find(call: &Call<'_>, name: &str) -> Result<Option<TaskDefinition>, Error> {
    match definition(call, name) {
        Some((family, revision)) => {
            Ok(call.state().task_definition(&call.registry, family, revision).await?)
        }
        None => Ok(None),
    }
}

/// A task definition as it is described.
pub(super) fn shown(registry: &RegistryId, definition: &TaskDefinition) -> Value {
    let mut document = parsed(&definition.document);
    document["taskDefinitionArn"] = definition_arn(registry, &definition.family, definition.revision).into();
    document["family"] = definition.family.as_str().into();
    document["revision"] = definition.revision.into();
    document["status"] = definition.status.as_str().into();
    document
}

/// A document that was written here.
pub(super) fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_default()
}
