//! Repositories: made, described, set up anew, deleted.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{public::CatalogInput, tags::ResourceTag};
use crate::{
    control::{
        call::{Call, Found, Named},
        errors::{Error, Place},
        page::{self, PageInput},
    },
    model::{Mutability, RegistryId},
    state::{NewRepository, Repository},
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CreateInput {
    #[serde(flatten)]
    named: Named,
    #[serde(default)]
    tags: Vec<ResourceTag>,
    #[serde(flatten)]
    mutability: MutabilityInput,
    image_scanning_configuration: Option<Scanning>,
    encryption_configuration: Option<Encryption>,
    /// Of a public repository.
    catalog_data: Option<CatalogInput>,
}

#[derive(Deserialize, Serialize, Default)]
#[serde(rename_all = "camelCase")]
pub(super) struct MutabilityInput {
    #[serde(skip_serializing_if = "Option::is_none")]
    image_tag_mutability: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    image_tag_mutability_exclusion_filters: Vec<Filter>,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct Filter {
    filter_type: String,
    filter: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Scanning {
    #[serde(default)]
    scan_on_push: bool,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Encryption {
    encryption_type: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) kms_key: Option<String>,
}

/// CreateRepository
pub(super) async fn create(call: &Call<'_>, input: CreateInput) -> Result<Value, Error> {
    let registry = call.registry(input.named.registry_id.as_deref())?;
    let invalid = |_| Error::parameter("repositoryName", "must be the name of a repository");
    let name = input.named.repository_name.parse().map_err(invalid)?;
    let encryption = input.encryption_configuration.map(|wanted| wanted.completed(&registry)).transpose()?;
    let new = NewRepository {
        mutability: input.mutability.read()?,
        scan_on_push: input.image_scanning_configuration.is_some_and(|scanning| scanning.scan_on_push),
        encryption: encryption.unwrap_or_else(plain_encryption),
        tags: ResourceTag::read_all(input.tags)?,
        policy: None,
        lifecycle_policy: None,
        catalog: input.catalog_data.as_ref().map(CatalogInput::written),
    };
    let made = call.state().set_up_repository(&registry, &name, &new).await?;
    let place = Place { account: registry.account.to_string(), repository: name.to_string() };
    let repository = made.ok_or(Error::RepositoryExists(place))?;
    let uri = call.registry_uri(&registry).await?;
    let mut document = json!({ "repository": described(&registry, &uri, &repository) });
    if let Some(catalog) = input.catalog_data {
        document["catalogData"] = catalog.shown();
    }
    Ok(document)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DescribeInput {
    registry_id: Option<String>,
    repository_names: Option<Vec<String>>,
    #[serde(flatten)]
    page: PageInput,
}

/// DescribeRepositories
pub(super) async fn describe(call: &Call<'_>, input: DescribeInput) -> Result<Value, Error> {
    let registry = call.registry(input.registry_id.as_deref())?;
    if let Some(names) = input.repository_names {
        return describe_named(call, &registry, &input.page, names).await;
    }
    let about = format!("DescribeRepositories {}/{}", registry.account, registry.region);
    let last: String = input.page.position(call.signer(), &about)?.unwrap_or_default();
    let count = input.page.count();
    let mut found = call.state().describe_repositories(&registry, &last, count.saturating_add(1)).await?;
    let has_more = found.len() > count as usize;
    found.truncate(count as usize);
    let uri = call.registry_uri(&registry).await?;
    let shown: Vec<_> = found.iter().map(|one| described(&registry, &uri, one)).collect();
    let mut document = json!({ "repositories": shown });
    if let Some(last) = found.last().filter(|_| has_more) {
        document["nextToken"] = page::token(call.signer(), &about, &last.name).into();
    }
    Ok(document)
}

async fn describe_named(
    call: &Call<'_>,
    registry: &RegistryId,
    page: &PageInput,
    names: Vec<String>,
) -> Result<Value, Error> {
    if !page.is_absent() {
        return Err(Error::parameter("repositoryNames", "must not be given with nextToken or maxResults"));
    }
    let uri = call.registry_uri(registry).await?;
    let mut shown = Vec::new();
    for name in names {
        let named = Named { registry_id: Some(registry.account.to_string()), repository_name: name };
        shown.push(described(registry, &uri, &call.find(&named).await?.repository));
    }
    Ok(json!({ "repositories": shown }))
}

#[derive(Deserialize)]
pub(super) struct DeleteInput {
    #[serde(flatten)]
    named: Named,
    #[serde(default)]
    force: bool,
}

/// DeleteRepository
pub(super) async fn delete(call: &Call<'_>, input: DeleteInput) -> Result<Value, Error> {
    let found = call.find(&input.named).await?;
    if !call.state().delete_repository(found.repository.id, input.force).await? {
        return Err(Error::RepositoryNotEmpty(found.place));
    }
    let uri = call.registry_uri(&found.registry).await?;
    Ok(json!({ "repository": described(&found.registry, &uri, &found.repository) }))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ScanningInput {
    #[serde(flatten)]
    named: Named,
    image_scanning_configuration: Scanning,
}

/// PutImageScanningConfiguration
pub(super) async fn set_scanning(call: &Call<'_>, input: ScanningInput) -> Result<Value, Error> {
    let found = call.find(&input.named).await?;
    let scan = input.image_scanning_configuration.scan_on_push;
    call.state().set_scan_on_push(found.repository.id, scan).await?;
    let mut document = identified(&found);
    document["imageScanningConfiguration"] = json!({ "scanOnPush": scan });
    Ok(document)
}

#[derive(Deserialize)]
pub(super) struct SetMutabilityInput {
    #[serde(flatten)]
    named: Named,
    #[serde(flatten)]
    mutability: MutabilityInput,
}

/// PutImageTagMutability
pub(super) async fn set_mutability(call: &Call<'_>, input: SetMutabilityInput) -> Result<Value, Error> {
    let found = call.find(&input.named).await?;
    let mutability = input.mutability.read()?;
    call.state().set_mutability(found.repository.id, &mutability).await?;
    let mut document = identified(&found);
    show_mutability(&mut document, &mutability);
    Ok(document)
}

/// The members by which an answer names a repository.
pub(super) fn identified(found: &Found) -> Value {
    json!({ "registryId": found.registry.account, "repositoryName": found.repository.name })
}

/// A public one has fewer members.
fn described(registry: &RegistryId, uri: &str, repository: &Repository) -> Value {
    let name = &repository.name;
    let mut document = json!({
        "repositoryArn": registry.arn(name),
        "registryId": registry.account,
        "repositoryName": name,
        "repositoryUri": format!("{uri}/{name}"),
        "createdAt": repository.created,
    });
    if !registry.is_public() {
        document["imageScanningConfiguration"] = json!({ "scanOnPush": repository.scan_on_push });
        document["encryptionConfiguration"] =
            serde_json::from_str(&repository.encryption).unwrap_or_default();
        show_mutability(&mut document, &repository.mutability);
    }
    document
}

fn show_mutability(document: &mut Value, mutability: &Mutability) {
    document["imageTagMutability"] = mutability.name().into();
    if !mutability.exclusions.is_empty() {
        let filter = |pattern: &String| json!({ "filterType": "WILDCARD", "filter": pattern });
        let filters: Vec<_> = mutability.exclusions.iter().map(filter).collect();
        document["imageTagMutabilityExclusionFilters"] = filters.into();
    }
}

/// What is encrypted by nobody's choice.
pub(super) fn plain_encryption() -> String {
    json!({ "encryptionType": "AES256" }).to_string()
}

impl MutabilityInput {
    pub(super) fn is_absent(&self) -> bool {
        self.image_tag_mutability.is_none() && self.image_tag_mutability_exclusion_filters.is_empty()
    }

    pub(super) fn read(self) -> Result<Mutability, Error> {
        let member = "imageTagMutabilityExclusionFilters";
        let patterns: Vec<_> =
            self.image_tag_mutability_exclusion_filters.into_iter().map(|filter| filter.filter).collect();
        if patterns.iter().any(|pattern| pattern.matches('*').count() > 2) {
            return Err(Error::parameter(member, "a filter has at most two wildcards"));
        }
        let name = self.image_tag_mutability.as_deref().unwrap_or("MUTABLE");
        let why = "filters go with a mutability WITH_EXCLUSION, and only with one";
        Mutability::parse(name, patterns).ok_or_else(|| Error::parameter(member, why))
    }
}

impl Encryption {
    /// Without a key it is the one that AWS manages. Here nothing is encrypted.
    pub(super) fn completed(mut self, registry: &RegistryId) -> Result<String, Error> {
        let has_key = self.kms_key.is_some();
        match self.encryption_type.as_str() {
            "AES256" if has_key => {
                return Err(Error::parameter("encryptionConfiguration", "AES256 goes without a kmsKey"));
            }
            "AES256" => {}
            _ if has_key => {}
            _ => {
                let (account, region) = (&registry.account, &registry.region);
                self.kms_key =
                    Some(format!("arn:aws:kms:{region}:{account}:key/00000000-0000-4000-8000-{account}"));
            }
        }
        serde_json::to_string(&self).map_err(|error| Error::Internal(error.into()))
    }
}
