//! Rules by which images are fetched from upstream registries.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    control::{
        call::Call,
        errors::Error,
        page::{self, PageInput},
        refusal::Refusal,
    },
    model::{RegistryId, UpstreamKind},
    pull_through::SecretError,
    state::{PullThroughRule, RuleOutcome},
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CreateInput {
    ecr_repository_prefix: String,
    upstream_registry_url: String,
    upstream_registry: Option<String>,
    upstream_repository_prefix: Option<String>,
    #[serde(flatten)]
    access: Access,
    registry_id: Option<String>,
}

/// How the registry is let in upstream.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Access {
    credential_arn: Option<String>,
    custom_role_arn: Option<String>,
}

/// CreatePullThroughCacheRule
pub(super) async fn create(call: &Call<'_>, input: CreateInput) -> Result<Value, Error> {
    let registry = call.registry(input.registry_id.as_deref())?;
    let kind = kind(&registry, &input)?;
    let now = call.state().now();
    let rule = PullThroughRule {
        prefix: normal(&input.ecr_repository_prefix).to_owned(),
        url: input.upstream_registry_url,
        kind,
        upstream_prefix: input.upstream_repository_prefix.map(|prefix| normal(&prefix).to_owned()),
        credential: input.access.credential_arn,
        role: input.access.custom_role_arn,
        created: now,
        updated: now,
        registry,
    };
    if rule.prefix == "ROOT" && rule.upstream_prefix.as_deref().is_some_and(|prefix| prefix != "ROOT") {
        return Err(Error::parameter("upstreamRepositoryPrefix", "ROOT goes with no other prefix than ROOT"));
    }
    check_secret(call, &rule)?;
    match call.state().create_pull_through_rule(&rule).await? {
        RuleOutcome::Created => {}
        RuleOutcome::Exists => return Err(Refusal::PullThroughRuleExists(account(&rule), rule.prefix).into()),
        RuleOutcome::TooMany => {
            return Err(Refusal::QuotaExceeded("A registry has at most 50 pull through cache rules").into());
        }
    }
    let mut document = described(&rule);
    document["upstreamRegistry"] = rule.kind.name().into();
    Ok(document)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct UpdateInput {
    ecr_repository_prefix: String,
    #[serde(flatten)]
    access: Access,
    registry_id: Option<String>,
}

/// UpdatePullThroughCacheRule
pub(super) async fn update(call: &Call<'_>, input: UpdateInput) -> Result<Value, Error> {
    let mut rule = find(call, input.registry_id.as_deref(), &input.ecr_repository_prefix).await?;
    if input.access.credential_arn.is_none() && input.access.custom_role_arn.is_none() {
        let why = "Invalid input: Please set either credential arn or role arn to update the credentials";
        return Err(Error::InvalidParameter(why.to_owned()));
    }
    rule.credential = input.access.credential_arn.or(rule.credential);
    rule.role = input.access.custom_role_arn.or(rule.role);
    rule.updated = call.state().now();
    check_secret(call, &rule)?;
    call.state().update_pull_through_rule(&rule).await?;
    let mut document = identified(&rule);
    document["updatedAt"] = rule.updated.into();
    Ok(document)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct OneInput {
    ecr_repository_prefix: String,
    registry_id: Option<String>,
}

/// DeletePullThroughCacheRule. What was fetched stays.
pub(super) async fn delete(call: &Call<'_>, input: OneInput) -> Result<Value, Error> {
    let rule = find(call, input.registry_id.as_deref(), &input.ecr_repository_prefix).await?;
    call.state().delete_pull_through_rule(&rule.registry, &rule.prefix).await?;
    Ok(described(&rule))
}

/// ValidatePullThroughCacheRule: asks upstream, with the credentials of the rule.
pub(super) async fn validate(call: &Call<'_>, input: OneInput) -> Result<Value, Error> {
    let rule = find(call, input.registry_id.as_deref(), &input.ecr_repository_prefix).await?;
    let mut document = identified(&rule);
    document["upstreamRegistryUrl"] = rule.url.as_str().into();
    let validated = call.plane.pull_through.validate(&rule).await;
    document["isValid"] = validated.is_ok().into();
    if let Err(error) = validated {
        document["failure"] = error.to_string().into();
    }
    Ok(document)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DescribeInput {
    registry_id: Option<String>,
    ecr_repository_prefixes: Option<Vec<String>>,
    #[serde(flatten)]
    page: PageInput,
}

/// DescribePullThroughCacheRules. One that is not there refuses them all.
pub(super) async fn describe(call: &Call<'_>, input: DescribeInput) -> Result<Value, Error> {
    let registry = call.registry(input.registry_id.as_deref())?;
    let mut found = Vec::new();
    let mut next = None;
    if let Some(prefixes) = input.ecr_repository_prefixes {
        if !input.page.is_absent() {
            let why = "must not be given with nextToken or maxResults";
            return Err(Error::parameter("ecrRepositoryPrefixes", why));
        }
        for prefix in prefixes {
            found.push(find(call, Some(&registry.account), &prefix).await?);
        }
    } else {
        let about = format!("DescribePullThroughCacheRules {}/{}", registry.account, registry.region);
        let last: String = input.page.position(call.signer(), &about)?.unwrap_or_default();
        let count = input.page.count();
        found = call.state().pull_through_rules(&registry, &last, count.saturating_add(1)).await?;
        let has_more = found.len() > count as usize;
        found.truncate(count as usize);
        next = found.last().filter(|_| has_more).map(|last| page::token(call.signer(), &about, &last.prefix));
    }
    let shown = found.iter().map(|rule| {
        let mut document = described(rule);
        document["upstreamRegistry"] = rule.kind.name().into();
        document["updatedAt"] = rule.updated.into();
        document
    });
    let mut document = json!({ "pullThroughCacheRules": shown.collect::<Vec<_>>() });
    if let Some(next) = next {
        document["nextToken"] = next.into();
    }
    Ok(document)
}

/// What kind of registry the URL names, if the input agrees with that.
fn kind(registry: &RegistryId, input: &CreateInput) -> Result<UpstreamKind, Error> {
    let url = &input.upstream_registry_url;
    let invalid = || {
        Refusal::UnsupportedUpstream(format!(
            "The upstream registry URL {url} is invalid. Specify a valid upstream registry URL and try again"
        ))
    };
    let kind = UpstreamKind::of_host(url).ok_or_else(invalid)?;
    let named = input.upstream_registry.as_deref().and_then(UpstreamKind::parse);
    if named.is_some_and(|named| named != kind) || RegistryId::of_host(url).as_ref() == Some(registry) {
        return Err(invalid().into());
    }
    if kind.needs_credential() && input.access.credential_arn.is_none() {
        let why = "The specified upstream registry requires authentication. Specify a valid Secrets Manager ARN and try again";
        return Err(Refusal::UnsupportedUpstream(why.to_owned()).into());
    }
    Ok(kind)
}

/// What is in the secret shows when the rule is validated, or used.
fn check_secret(call: &Call<'_>, rule: &PullThroughRule) -> Result<(), Error> {
    let Some(arn) = &rule.credential else { return Ok(()) };
    match call.plane.pull_through.check_secret(&rule.registry, arn) {
        Ok(()) | Err(SecretError::Malformed) => Ok(()),
        Err(SecretError::NotFound) => Err(Refusal::SecretNotFound(arn.clone()).into()),
        Err(SecretError::Inaccessible) => Err(Refusal::UnableToAccessSecret(arn.clone()).into()),
        Err(SecretError::Undecryptable) => Err(Refusal::UnableToDecryptSecret(arn.clone()).into()),
    }
}

async fn find(call: &Call<'_>, account: Option<&str>, prefix: &str) -> Result<PullThroughRule, Error> {
    let (registry, prefix) = (call.registry(account)?, normal(prefix));
    let found = call.state().pull_through_rule(&registry, prefix).await?;
    found.ok_or_else(|| {
        Refusal::PullThroughRuleNotFound(registry.account.to_string(), prefix.to_owned()).into()
    })
}

/// A slash at the end is assumed anyway.
fn normal(prefix: &str) -> &str {
    prefix.strip_suffix('/').unwrap_or(prefix)
}

fn account(rule: &PullThroughRule) -> String {
    rule.registry.account.to_string()
}

/// The members that every answer has.
fn identified(rule: &PullThroughRule) -> Value {
    let mut document = json!({ "ecrRepositoryPrefix": rule.prefix, "registryId": rule.registry.account });
    for (member, value) in [
        ("credentialArn", &rule.credential),
        ("customRoleArn", &rule.role),
        ("upstreamRepositoryPrefix", &rule.upstream_prefix),
    ] {
        if let Some(value) = value {
            document[member] = value.as_str().into();
        }
    }
    document
}

fn described(rule: &PullThroughRule) -> Value {
    let mut document = identified(rule);
    document["upstreamRegistryUrl"] = rule.url.as_str().into();
    document["createdAt"] = rule.created.into();
    document
}
