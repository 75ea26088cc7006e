//! Lifecycle policies: set, told, deleted, and tried out.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{image_id::ImageId, repositories::identified};
use crate::{
    control::{
        call::{Call, Found, Named},
        errors::Error,
        page::{self, PageInput},
    },
    lifecycle::{Action, Due, Policy, evaluate},
    model::ImageStatus,
    state::Lifecycle,
};

/// So long a preview is under way, in seconds.
const PREVIEW: i64 = 5;
const ARCHIVE: &str = "ARCHIVE";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PutInput {
    #[serde(flatten)]
    named: Named,
    lifecycle_policy_text: String,
}

/// PutLifecyclePolicy. Images expire when garbage is collected.
pub(super) async fn put(call: &Call<'_>, input: PutInput) -> Result<Value, Error> {
    let found = call.find(&input.named).await?;
    parse(&input.lifecycle_policy_text)?;
    call.state().set_lifecycle_policy(found.repository.id, Some(&input.lifecycle_policy_text)).await?;
    Ok(shown(&found, &input.lifecycle_policy_text))
}

/// GetLifecyclePolicy
pub(super) async fn get(call: &Call<'_>, named: Named) -> Result<Value, Error> {
    let found = call.find(&named).await?;
    let lifecycle = call.state().lifecycle(found.repository.id).await?;
    evaluated(&found, &lifecycle)
}

/// DeleteLifecyclePolicy
pub(super) async fn delete(call: &Call<'_>, named: Named) -> Result<Value, Error> {
    let found = call.find(&named).await?;
    let lifecycle = call.state().lifecycle(found.repository.id).await?;
    let document = evaluated(&found, &lifecycle)?;
    call.state().set_lifecycle_policy(found.repository.id, None).await?;
    Ok(document)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct StartInput {
    #[serde(flatten)]
    named: Named,
    lifecycle_policy_text: Option<String>,
}

/// StartLifecyclePolicyPreview
pub(super) async fn start_preview(call: &Call<'_>, input: StartInput) -> Result<Value, Error> {
    let found = call.find(&input.named).await?;
    let lifecycle = call.state().lifecycle(found.repository.id).await?;
    if is_under_way(call, &lifecycle) {
        return Err(Error::PreviewInProgress(found.place));
    }
    let policy = input.lifecycle_policy_text.or(lifecycle.policy);
    let policy = policy.ok_or_else(|| Error::LifecyclePolicyNotFound(found.place.clone()))?;
    parse(&policy)?;
    call.state().start_preview(found.repository.id, &policy).await?;
    let mut document = shown(&found, &policy);
    document["status"] = "IN_PROGRESS".into();
    Ok(document)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PreviewInput {
    #[serde(flatten)]
    named: Named,
    image_ids: Option<Vec<ImageId>>,
    #[serde(flatten)]
    page: PageInput,
    #[serde(default)]
    filter: Filter,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct Filter {
    tag_status: Option<String>,
}

/// GetLifecyclePolicyPreview: what would expire or move to the archive now.
pub(super) async fn preview(call: &Call<'_>, input: PreviewInput) -> Result<Value, Error> {
    let found = call.find(&input.named).await?;
    let lifecycle = call.state().lifecycle(found.repository.id).await?;
    let Some(policy) = &lifecycle.preview_policy else { return Err(Error::PreviewNotFound(found.place)) };
    if input.image_ids.is_some() && !input.page.is_absent() {
        return Err(Error::parameter("imageIds", "must not be given with nextToken or maxResults"));
    }
    let mut document = shown(&found, policy);
    if is_under_way(call, &lifecycle) {
        document["status"] = "IN_PROGRESS".into();
        return Ok(document);
    }
    let images = call.state().expirable_images(found.repository.id).await?;
    let now = call.plane.clock.now().as_secs().cast_signed();
    let mut due = evaluate(&parse(policy)?, images, now);
    document["status"] = "COMPLETE".into();
    document["summary"] = summary(&due);
    due.retain(|one| input.wants(one));
    let about = format!("GetLifecyclePolicyPreview {}", found.repository.id);
    let start: usize = input.page.position(call.signer(), &about)?.unwrap_or_default();
    let end = start.saturating_add(input.page.count() as usize);
    if due.len() > end {
        document["nextToken"] = page::token(call.signer(), &about, end).into();
    }
    let results: Vec<_> = due.iter().take(end).skip(start).map(result).collect();
    document["previewResults"] = results.into();
    Ok(document)
}

impl PreviewInput {
    fn wants(&self, one: &Due) -> bool {
        let by_status = match self.filter.tag_status.as_deref() {
            Some("TAGGED") => !one.image.tags.is_empty(),
            Some("UNTAGGED") => one.image.tags.is_empty(),
            _ => true,
        };
        let is_named = |id: &ImageId| {
            id.image_digest.as_ref().is_none_or(|digest| *digest == one.image.digest)
                && id.image_tag.as_ref().is_none_or(|tag| one.image.tags.contains(tag))
        };
        by_status && self.image_ids.as_ref().is_none_or(|ids| ids.iter().any(is_named))
    }
}

fn is_under_way(call: &Call<'_>, lifecycle: &Lifecycle) -> bool {
    let now = call.plane.clock.now().as_secs().cast_signed();
    lifecycle.preview_started.is_some_and(|started| now < started.saturating_add(PREVIEW))
}

/// Images that move are told of only if there are any.
fn summary(due: &[Due]) -> Value {
    let moving = due.iter().filter(|one| one.action == Action::Transition).count();
    let mut summary = json!({ "expiringImageTotalCount": due.len() - moving });
    if moving > 0 {
        summary["transitioningImageTotalCounts"] =
            json!([{ "targetStorageClass": ARCHIVE, "imageTotalCount": moving }]);
    }
    summary
}

fn result(one: &Due) -> Value {
    let mut result = json!({
        "imageDigest": one.image.digest,
        "imagePushedAt": one.image.pushed,
        "action": match one.action {
            Action::Expire => json!({ "type": "EXPIRE" }),
            Action::Transition => json!({ "type": "TRANSITION", "targetStorageClass": ARCHIVE }),
        },
        "appliedRulePriority": one.priority,
        "storageClass": match one.image.status {
            ImageStatus::Archived => ARCHIVE,
            ImageStatus::Active | ImageStatus::Activating => "STANDARD",
        },
    });
    if !one.image.tags.is_empty() {
        result["imageTags"] = json!(one.image.tags);
    }
    result
}

/// Whether a text is a policy.
pub(super) fn check_lifecycle(text: &str) -> Result<(), Error> {
    parse(text).map(drop)
}

fn parse(text: &str) -> Result<Policy, Error> {
    Policy::parse(text).map_err(|why| {
        Error::parameter("LifecyclePolicyText", &format!("Lifecycle policy validation failure: {why}"))
    })
}

fn shown(found: &Found, policy: &str) -> Value {
    let mut document = identified(found);
    document["lifecyclePolicyText"] = policy.into();
    document
}

fn evaluated(found: &Found, lifecycle: &Lifecycle) -> Result<Value, Error> {
    let missing = || Error::LifecyclePolicyNotFound(found.place.clone());
    let mut document = shown(found, lifecycle.policy.as_ref().ok_or_else(missing)?);
    document["lastEvaluatedAt"] = lifecycle.evaluated.into();
    Ok(document)
}
