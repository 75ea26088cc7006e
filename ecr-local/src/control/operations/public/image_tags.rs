//! DescribeImageTags: one entry for each tag, in the order of tags.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    control::{
        call::{Call, Named},
        errors::Error,
        page::{self, PageInput},
    },
    state::ImageTag,
};

#[derive(Deserialize)]
pub(super) struct Input {
    #[serde(flatten)]
    named: Named,
    #[serde(flatten)]
    page: PageInput,
}

pub(super) async fn describe(call: &Call<'_>, input: Input) -> Result<Value, Error> {
    let found = call.find(&input.named).await?;
    let about = format!("DescribeImageTags {}", found.repository.id);
    let last: String = input.page.position(call.signer(), &about)?.unwrap_or_default();
    let count = input.page.count();
    let mut tags = call.state().image_tags(found.repository.id, &last, count.saturating_add(1)).await?;
    let has_more = tags.len() > count as usize;
    tags.truncate(count as usize);
    let mut document = json!({ "imageTagDetails": tags.iter().map(shown).collect::<Vec<_>>() });
    if let Some(last) = tags.last().filter(|_| has_more) {
        document["nextToken"] = page::token(call.signer(), &about, &last.tag).into();
    }
    Ok(document)
}

fn shown(tag: &ImageTag) -> Value {
    let mut image = json!({
        "imageDigest": tag.digest,
        "imageSizeInBytes": tag.size,
        "imagePushedAt": tag.pushed,
        "imageManifestMediaType": tag.media_type,
    });
    if !tag.artifact_type.is_empty() {
        image["artifactMediaType"] = tag.artifact_type.as_str().into();
    }
    json!({ "imageTag": tag.tag, "createdAt": tag.created, "imageDetail": image })
}
