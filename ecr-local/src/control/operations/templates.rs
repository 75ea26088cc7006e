//! Creation templates: what the registry makes repositories of that a push, a pull through the cache or a replication needs.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    lifecycle::check_lifecycle,
    policies::check_policy,
    repositories::{Encryption, MutabilityInput, plain_encryption},
    tags::ResourceTag,
};
use crate::{
    control::{
        call::Call,
        errors::Error,
        page::{self, PageInput},
        refusal::Refusal,
    },
    model::RegistryId,
    state::{NewRepository, Template},
};

#[derive(Deserialize)]
pub(super) struct Input {
    prefix: String,
    #[serde(flatten)]
    settings: Settings,
}

/// What a template says, as clients give it and are told it.
#[derive(Deserialize, Serialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Settings {
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    encryption_configuration: Option<Encryption>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resource_tags: Option<Vec<ResourceTag>>,
    #[serde(flatten)]
    mutability: MutabilityInput,
    #[serde(skip_serializing_if = "Option::is_none")]
    repository_policy: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lifecycle_policy: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    applied_for: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    custom_role_arn: Option<String>,
}

/// CreateRepositoryCreationTemplate
pub(super) async fn create(call: &Call<'_>, input: Input) -> Result<Value, Error> {
    let prefix = normal(&input.prefix);
    let (document, repository) = read(&call.registry, input.settings)?;
    let made = call.state().create_template(&call.registry, prefix, &document, &repository).await?;
    let exists = || Refusal::TemplateExists(account(call), prefix.to_owned());
    one(call, &made.ok_or_else(exists)?)
}

/// UpdateRepositoryCreationTemplate: what is not named stays as it is.
pub(super) async fn update(call: &Call<'_>, input: Input) -> Result<Value, Error> {
    let prefix = normal(&input.prefix);
    let missing = || Refusal::TemplateNotFound(account(call), prefix.to_owned());
    let old = call.state().template(&call.registry, prefix).await?.ok_or_else(missing)?;
    let settings = parse(&old)?.changed(input.settings);
    let (document, repository) = read(&call.registry, settings)?;
    let updated = call.state().update_template(&call.registry, prefix, &document, &repository).await?;
    one(call, &updated.ok_or_else(missing)?)
}

#[derive(Deserialize)]
pub(super) struct DeleteInput {
    prefix: String,
}

/// DeleteRepositoryCreationTemplate
pub(super) async fn delete(call: &Call<'_>, input: DeleteInput) -> Result<Value, Error> {
    let prefix = normal(&input.prefix);
    let deleted = call.state().delete_template(&call.registry, prefix).await?;
    one(call, &deleted.ok_or_else(|| Refusal::TemplateNotFound(account(call), prefix.to_owned()))?)
}

#[derive(Deserialize)]
pub(super) struct DescribeInput {
    prefixes: Option<Vec<String>>,
    #[serde(flatten)]
    page: PageInput,
}

/// DescribeRepositoryCreationTemplates. A prefix without a template is passed over: the model has no error for it.
pub(super) async fn describe(call: &Call<'_>, input: DescribeInput) -> Result<Value, Error> {
    let registry = &call.registry;
    let mut document = json!({ "registryId": registry.account });
    let mut found = Vec::new();
    if let Some(prefixes) = input.prefixes.filter(|prefixes| !prefixes.is_empty()) {
        if !input.page.is_absent() {
            return Err(Error::parameter("prefixes", "must not be given with nextToken or maxResults"));
        }
        for prefix in prefixes {
            found.extend(call.state().template(registry, normal(&prefix)).await?);
        }
    } else {
        let about = format!("DescribeRepositoryCreationTemplates {}/{}", registry.account, registry.region);
        let last: String = input.page.position(call.signer(), &about)?.unwrap_or_default();
        let count = input.page.count();
        found = call.state().templates(registry, &last, count.saturating_add(1)).await?;
        let has_more = found.len() > count as usize;
        found.truncate(count as usize);
        if let Some(last) = found.last().filter(|_| has_more) {
            document["nextToken"] = page::token(call.signer(), &about, &last.prefix).into();
        }
    }
    let shown = found.iter().map(shown).collect::<Result<Vec<_>, Error>>()?;
    document["repositoryCreationTemplates"] = shown.into();
    Ok(document)
}

impl Settings {
    /// With what others name in place of its own.
    fn changed(self, by: Self) -> Self {
        Self {
            description: by.description.or(self.description),
            encryption_configuration: by.encryption_configuration.or(self.encryption_configuration),
            resource_tags: by.resource_tags.or(self.resource_tags),
            mutability: if by.mutability.is_absent() { self.mutability } else { by.mutability },
            repository_policy: by.repository_policy.or(self.repository_policy),
            lifecycle_policy: by.lifecycle_policy.or(self.lifecycle_policy),
            applied_for: by.applied_for.or(self.applied_for),
            custom_role_arn: by.custom_role_arn.or(self.custom_role_arn),
        }
    }
}

/// The document of a template, and what repositories are made of. An empty policy is none, and so is an empty key.
fn read(registry: &RegistryId, mut settings: Settings) -> Result<(String, NewRepository), Error> {
    settings.repository_policy = settings.repository_policy.filter(|policy| !policy.is_empty());
    settings.lifecycle_policy = settings.lifecycle_policy.filter(|policy| !policy.is_empty());
    if let Some(encryption) = &mut settings.encryption_configuration {
        encryption.kms_key = encryption.kms_key.take().filter(|key| !key.is_empty());
    }
    if settings.applied_for.as_ref().is_none_or(Vec::is_empty) {
        return Err(Error::parameter("appliedFor", "a template is applied for something"));
    }
    settings.repository_policy.as_deref().map_or(Ok(()), check_policy)?;
    settings.lifecycle_policy.as_deref().map_or(Ok(()), check_lifecycle)?;
    let document = serde_json::to_string(&settings).map_err(|error| Error::Internal(error.into()))?;
    let encryption =
        settings.encryption_configuration.map(|wanted| wanted.completed(registry)).transpose()?;
    let repository = NewRepository {
        mutability: settings.mutability.read()?,
        scan_on_push: false,
        encryption: encryption.unwrap_or_else(plain_encryption),
        tags: tags(settings.resource_tags.unwrap_or_default())?,
        policy: settings.repository_policy,
        lifecycle_policy: settings.lifecycle_policy,
        catalog: None,
    };
    Ok((document, repository))
}

/// The model has no errors of their own for them here.
fn tags(tags: Vec<ResourceTag>) -> Result<Vec<(String, String)>, Error> {
    let why = "there are at most 50 tags, and a key is not empty and does not begin with aws:";
    ResourceTag::read_all(tags).map_err(|_| Error::parameter("resourceTags", why))
}

/// A slash at the end is assumed anyway.
fn normal(prefix: &str) -> &str {
    prefix.strip_suffix('/').unwrap_or(prefix)
}

fn account(call: &Call<'_>) -> String {
    call.registry.account.to_string()
}

fn parse(template: &Template) -> Result<Settings, Error> {
    serde_json::from_str(&template.document).map_err(|error| Error::Internal(error.into()))
}

fn one(call: &Call<'_>, template: &Template) -> Result<Value, Error> {
    Ok(json!({ "registryId": call.registry.account, "repositoryCreationTemplate": shown(template)? }))
}

fn shown(template: &Template) -> Result<Value, Error> {
    let mut document =
        serde_json::to_value(parse(template)?).map_err(|error| Error::Internal(error.into()))?;
    document["prefix"] = template.prefix.as_str().into();
    document["createdAt"] = template.created.into();
    document["updatedAt"] = template.updated.into();
    Ok(document)
}
