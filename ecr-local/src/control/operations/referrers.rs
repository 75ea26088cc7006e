//! ListImageReferrers.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    control::{
        call::{Call, Named},
        errors::Error,
        page::{self, PageInput},
    },
    model::Digest,
    state::Referrer,
};

/// Fewer than of anything else, which is what the model says.
const USUAL: usize = 20;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Input {
    #[serde(flatten)]
    named: Named,
    subject_id: Subject,
    #[serde(default)]
    filter: Filter,
    #[serde(flatten)]
    page: PageInput,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Subject {
    image_digest: String,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct Filter {
    #[serde(default)]
    artifact_types: Vec<String>,
    artifact_status: Option<String>,
}

/// A subject that is not there may have referrers all the same.
pub(super) async fn list(call: &Call<'_>, input: Input) -> Result<Value, Error> {
    let found = call.find(&input.named).await?;
    let invalid = |_| Error::parameter("subjectId", "must have the digest of a manifest");
    let subject: Digest = input.subject_id.image_digest.parse().map_err(invalid)?;
    let about = format!("ListImageReferrers {} {subject}", found.repository.id);
    let mut last: String = input.page.position(call.signer(), &about)?.unwrap_or_default();
    let count = input.page.max_results.map_or(USUAL, |count| count as usize);
    let mut listed = Vec::new();
    let mut has_more = true;
    while has_more && listed.len() <= count {
        let (page, goes_on) = call.state().referrers(found.repository.id, &subject, "", &last).await?;
        has_more = goes_on;
        last = page.last().map(|referrer| referrer.digest.clone()).unwrap_or_default();
        listed.extend(page.into_iter().filter(|referrer| input.filter.takes(referrer)));
    }
    let is_full = listed.len() > count;
    listed.truncate(count);
    let mut document = json!({ "referrers": listed.iter().map(shown).collect::<Vec<_>>() });
    if let Some(last) = listed.last().filter(|_| is_full) {
        document["nextToken"] = page::token(call.signer(), &about, &last.digest).into();
    }
    Ok(document)
}

impl Filter {
    fn takes(&self, referrer: &Referrer) -> bool {
        let status = self.artifact_status.as_deref().unwrap_or("ACTIVE");
        let by_type = self.artifact_types.is_empty() || self.artifact_types.contains(&referrer.artifact_type);
        by_type && (status == "ANY" || status == referrer.status.name())
    }
}

fn shown(referrer: &Referrer) -> Value {
    let annotations: Value = serde_json::from_str(&referrer.annotations).unwrap_or_default();
    let mut document = json!({
        "digest": referrer.digest,
        "mediaType": referrer.media_type,
        "size": referrer.size,
        "artifactStatus": referrer.status.name(),
    });
    if !referrer.artifact_type.is_empty() {
        document["artifactType"] = referrer.artifact_type.as_str().into();
    }
    if annotations.as_object().is_some_and(|annotations| !annotations.is_empty()) {
        document["annotations"] = annotations;
    }
    document
}
