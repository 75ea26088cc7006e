//! Backfills: copying to another registry what was pushed before there was a rule for it.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    blobs::UploadKey,
    control::{
        call::Call,
        errors::Error,
        page::{self, PageInput},
        refusal::Refusal,
    },
    model::{Destination, RegistryId},
    state::{Backfill, BackfillImage, BackfillProgress, StartOutcome},
};

/// Fewer than of anything else, which is what the model says.
const USUAL: u32 = 25;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct StartInput {
    registry_id: Option<String>,
    destination: Destination,
}

/// StartReplicationBackfill
pub(super) async fn start(call: &Call<'_>, input: StartInput) -> Result<Value, Error> {
    let source = call.registry(input.registry_id.as_deref())?;
    let to = RegistryId::from(&input.destination);
    if !call.state().replication(&source).await?.destinations().contains(&to) {
        let why = "The destination must be one of the registry's replication configuration";
        return Err(Error::parameter("destination", why));
    }
    call.plane.replicator.settle().await?;
    let id = UploadKey::fresh(0)?.id;
    match call.state().start_backfill(&source, &to, &id).await? {
        StartOutcome::Started(backfill) => Ok(identified(&backfill)),
        StartOutcome::InProgress => Err(Refusal::BackfillInProgress(to.region.to_string()).into()),
        StartOutcome::TooMany => {
            Err(Refusal::QuotaExceeded("A registry has at most 10 replication backfills in progress").into())
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct StopInput {
    registry_id: Option<String>,
    replication_backfill_id: String,
}

/// StopReplicationBackfill
pub(super) async fn stop(call: &Call<'_>, input: StopInput) -> Result<Value, Error> {
    let backfill = find(call, input.registry_id.as_deref(), &input.replication_backfill_id).await?;
    let stopped = call.plane.replicator.stop(&backfill).await?;
    stopped
        .map(|stopped| identified(&stopped))
        .ok_or_else(|| Refusal::BackfillInvalidStatus(backfill.id).into())
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ListInput {
    registry_id: Option<String>,
    #[serde(flatten)]
    page: PageInput,
}

/// ListReplicationBackfills: the last one first.
pub(super) async fn list(call: &Call<'_>, input: ListInput) -> Result<Value, Error> {
    let source = call.registry(input.registry_id.as_deref())?;
    call.plane.replicator.settle().await?;
    let about = format!("ListReplicationBackfills {}/{}", source.account, source.region);
    let before: i64 = input.page.position(call.signer(), &about)?.unwrap_or(i64::MAX);
    let count = input.page.max_results.unwrap_or(USUAL);
    let mut found = call.state().backfills(&source, before, count.saturating_add(1)).await?;
    let has_more = found.len() > count as usize;
    found.truncate(count as usize);
    let mut shown = Vec::new();
    for backfill in &found {
        let mut document = described(call, backfill).await?;
        document.as_object_mut().map(|members| members.remove("registryId"));
        shown.push(document);
    }
    let mut document = json!({ "registryId": source.account, "backfills": shown });
    if let Some(last) = found.last().filter(|_| has_more) {
        document["nextToken"] = page::token(call.signer(), &about, last.seq).into();
    }
    Ok(document)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ResultsInput {
    registry_id: Option<String>,
    replication_backfill_id: String,
    result_status_filter: Option<String>,
    #[serde(flatten)]
    page: PageInput,
}

/// DescribeReplicationBackfillResults. There are none before the end.
pub(super) async fn results(call: &Call<'_>, input: ResultsInput) -> Result<Value, Error> {
    let backfill = find(call, input.registry_id.as_deref(), &input.replication_backfill_id).await?;
    let filter = input.result_status_filter.as_deref();
    let about = format!("DescribeReplicationBackfillResults {} {}", backfill.id, filter.unwrap_or_default());
    let behind: i64 = input.page.position(call.signer(), &about)?.unwrap_or_default();
    let count = input.page.count();
    let mut found = Vec::new();
    if backfill.status.is_terminal() {
        let sought = count.saturating_add(1);
        found = call.state().backfill_results(backfill.seq, filter, behind, sought).await?;
    }
    let has_more = found.len() > count as usize;
    found.truncate(count as usize);
    let mut document = described(call, &backfill).await?;
    document["results"] = found.iter().map(result).collect::<Vec<_>>().into();
    if let Some(last) = found.last().filter(|_| has_more) {
        document["nextToken"] = page::token(call.signer(), &about, last.position).into();
    }
    Ok(document)
}

/// A backfill as it is now.
async fn find(call: &Call<'_>, account: Option<&str>, id: &str) -> Result<Backfill, Error> {
    let source = call.registry(account)?;
    call.plane.replicator.settle().await?;
    let found = call.state().backfill(&source, &id.to_ascii_lowercase()).await?;
    found.ok_or_else(|| Refusal::BackfillNotFound(id.to_owned()).into())
}

/// The members that every answer has.
fn identified(backfill: &Backfill) -> Value {
    json!({
        "registryId": backfill.source.account,
        "replicationBackfillId": backfill.id,
        "destination": Destination::from(&backfill.to),
        "status": backfill.status.name(),
        "startedAt": backfill.started,
    })
}

async fn described(call: &Call<'_>, backfill: &Backfill) -> Result<Value, Error> {
    let mut document = identified(backfill);
    if let Some(failure) = &backfill.failure {
        document["failureCode"] = failure.as_str().into();
    }
    if let Some(ended) = backfill.ended {
        document["endedAt"] = ended.into();
    }
    if backfill.is_prepared {
        document["progress"] = progress(&call.state().backfill_progress(backfill.seq).await?);
    }
    Ok(document)
}

fn progress(progress: &BackfillProgress) -> Value {
    json!({
        "totalReplicationCount": progress.total,
        "completedReplicationCount": progress.completed,
        "failedReplicationCount": progress.failed,
        "failureCodes": progress.failures,
    })
}

/// What keeps an index from arriving keeps its images.
fn result(image: &BackfillImage) -> Value {
    let mut id = json!({ "imageDigest": image.digest });
    if let Some(tag) = &image.tag {
        id["imageTag"] = tag.as_str().into();
    }
    let status = if image.failure.is_some() { "FAILED" } else { "COMPLETE" };
    let mut result = json!({ "repositoryName": image.repository, "imageId": id, "status": status });
    if let Some(failure) = &image.failure {
        result["failureCode"] = failure.as_str().into();
    }
    if image.is_index {
        result["subImageFailureCodes"] = json!(image.failure.as_slice());
    }
    result
}
