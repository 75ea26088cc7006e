//! Tags of resources. The only resources are repositories.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::control::{
    call::{Call, Found, Named},
    errors::Error,
};

/// A key with its value. Unlike all other members these begin with capitals.
#[derive(Deserialize, Serialize, Clone, Debug)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ResourceTag {
    #[serde(default)]
    key: String,
    #[serde(default)]
    value: String,
}

impl ResourceTag {
    /// Reads tags that a resource is to have.
    pub(super) fn read_all(tags: Vec<Self>) -> Result<Vec<(String, String)>, Error> {
        if tags.len() > 50 {
            return Err(Error::TooManyTags);
        }
        if tags.iter().any(|tag| tag.key.is_empty() || tag.key.to_ascii_lowercase().starts_with("aws:")) {
            return Err(Error::InvalidTag("A key of a tag is not empty and does not begin with aws:"));
        }
        Ok(tags.into_iter().map(|tag| (tag.key, tag.value)).collect())
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ListInput {
    resource_arn: String,
}

/// ListTagsForResource
pub(super) async fn list(call: &Call<'_>, input: ListInput) -> Result<Value, Error> {
    let found = find(call, &input.resource_arn).await?;
    let tags = call.state().resource_tags(found.repository.id).await?;
    let tags: Vec<_> = tags.into_iter().map(|(key, value)| ResourceTag { key, value }).collect();
    Ok(json!({ "tags": tags }))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TagInput {
    resource_arn: String,
    tags: Vec<ResourceTag>,
}

/// TagResource
pub(super) async fn tag(call: &Call<'_>, input: TagInput) -> Result<Value, Error> {
    let found = find(call, &input.resource_arn).await?;
    let tags = ResourceTag::read_all(input.tags)?;
    let are_set = call.state().set_resource_tags(found.repository.id, &tags).await?;
    if are_set { Ok(json!({})) } else { Err(Error::TooManyTags) }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct UntagInput {
    resource_arn: String,
    tag_keys: Vec<String>,
}

/// UntagResource
pub(super) async fn untag(call: &Call<'_>, input: UntagInput) -> Result<Value, Error> {
    let found = find(call, &input.resource_arn).await?;
    call.state().remove_resource_tags(found.repository.id, &input.tag_keys).await?;
    Ok(json!({}))
}

async fn find(call: &Call<'_>, resource: &str) -> Result<Found, Error> {
    let invalid = || Error::parameter("resourceArn", "Invalid ARN");
    let fields: Vec<_> = resource.splitn(6, ':').collect();
    let [_, _, _, _, account, path] = fields[..] else { return Err(invalid()) };
    let name = path.strip_prefix("repository/").ok_or_else(invalid)?;
    let registry = call.registry(Some(account))?;
    if registry.arn(name) != resource {
        return Err(invalid());
    }
    call.find(&Named { registry_id: Some(account.to_owned()), repository_name: name.to_owned() }).await
}
