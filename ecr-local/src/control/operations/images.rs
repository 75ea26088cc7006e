//! ListImages and DescribeImages: in the order of pushes, and of digests within a second.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{image_id::ImageId, repositories::identified, scans};
use crate::{
    control::{
        call::{Call, Found, Named},
        errors::Error,
        page::{self, PageInput},
    },
    model::ImageStatus,
    state::{ImagePosition, ImageRow, Shown},
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Input {
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
    image_status: Option<String>,
}

/// The first entry that is not on the page before: of an image, and which of its tags.
#[derive(Serialize, Deserialize, Default, Clone)]
struct Position {
    pushed: i64,
    digest: String,
    tag: usize,
}

/// ListImages: one entry for each tag, and one for each image without.
pub(super) async fn list(call: &Call<'_>, input: Input) -> Result<Value, Error> {
    let found = call.find(&input.named).await?;
    let about = about("ListImages", &found);
    let start: Position = input.page.position(call.signer(), &about)?.unwrap_or_default();
    let count = input.page.count() as usize;
    let mut entries = Vec::new();
    // The page before may have ended within an image.
    let (mut from, mut skip) = (start.place(), start.tag);
    while entries.len() <= count {
        let (shown, status) = (input.filter.shown(), input.filter.status());
        let page = input.page.count();
        let rows = call.state().images_with(found.repository.id, shown, status, &from, page).await?;
        let Some(last) = rows.last() else { break };
        from = last.next_position();
        for row in rows {
            entries.extend(of_image(row).skip(std::mem::take(&mut skip)));
        }
    }
    let next = entries.get(count).map(|(position, _)| page::token(call.signer(), &about, position));
    let ids: Vec<_> = entries.into_iter().take(count).map(|(_, id)| id).collect();
    Ok(finished(json!({ "imageIds": ids }), next))
}

/// DescribeImages
pub(super) async fn describe(call: &Call<'_>, input: Input) -> Result<Value, Error> {
    let found = call.find(&input.named).await?;
    if let Some(ids) = &input.image_ids {
        return describe_named(call, &found, &input.page, ids).await;
    }
    let about = about("DescribeImages", &found);
    let start: Position = input.page.position(call.signer(), &about)?.unwrap_or_default();
    let (count, from) = (input.page.count(), start.place());
    let sought = count.saturating_add(1);
    let (shown, status) = (input.filter.shown(), input.filter.status());
    let mut rows = call.state().images_with(found.repository.id, shown, status, &from, sought).await?;
    let position = |row: &ImageRow| Position { pushed: row.pushed, digest: row.digest.clone(), tag: 0 };
    let next = rows.get(count as usize).map(|row| page::token(call.signer(), &about, position(row)));
    rows.truncate(count as usize);
    Ok(finished(json!({ "imageDetails": details(call, &found, rows).await? }), next))
}

/// One that is not there refuses them all.
async fn describe_named(
    call: &Call<'_>,
    found: &Found,
    page: &PageInput,
    ids: &[ImageId],
) -> Result<Value, Error> {
    if !page.is_absent() {
        return Err(Error::parameter("imageIds", "must not be given with nextToken or maxResults"));
    }
    let mut rows: Vec<ImageRow> = Vec::new();
    for id in ids {
        let row = id.find(call, found).await?;
        if !rows.contains(&row) {
            rows.push(row);
        }
    }
    Ok(json!({ "imageDetails": details(call, found, rows).await? }))
}

impl Filter {
    fn shown(&self) -> Shown {
        match self.tag_status.as_deref() {
            Some("TAGGED") => Shown::Tagged,
            Some("UNTAGGED") => Shown::Untagged,
            _ => Shown::All,
        }
    }

    /// Those at hand, if nothing else is asked for.
    fn status(&self) -> Option<ImageStatus> {
        match self.image_status.as_deref() {
            None => Some(ImageStatus::Active),
            Some(name) => ImageStatus::named(name),
        }
    }
}

fn about(operation: &str, found: &Found) -> String {
    format!("{operation} {}", found.repository.id)
}

fn finished(mut document: Value, next: Option<String>) -> Value {
    if let Some(next) = next {
        document["nextToken"] = next.into();
    }
    document
}

impl Position {
    fn place(&self) -> ImagePosition {
        ImagePosition { pushed: self.pushed, digest: self.digest.clone() }
    }
}

fn of_image(row: ImageRow) -> impl Iterator<Item = (Position, ImageId)> {
    let tags: Vec<_> =
        if row.tags.is_empty() { vec![None] } else { row.tags.into_iter().map(Some).collect() };
    let (pushed, digest) = (row.pushed, row.digest);
    tags.into_iter().enumerate().map(move |(number, tag)| {
        let position = Position { pushed, digest: digest.clone(), tag: number };
        (position, ImageId { image_digest: Some(digest.clone()), image_tag: tag })
    })
}

async fn details(call: &Call<'_>, found: &Found, rows: Vec<ImageRow>) -> Result<Vec<Value>, Error> {
    let reports = scans::told_with_images(call, found, &rows).await?;
    let now = call.state().now();
    let details = rows.into_iter().map(|row| {
        let report = reports.get(&row.digest);
        let mut document = detail(found, row, now);
        report.into_iter().for_each(|report| scans::add(&mut document, report));
        document
    });
    Ok(details.collect())
}

fn detail(found: &Found, row: ImageRow, now: i64) -> Value {
    let mut document = identified(found);
    document["imageDigest"] = row.digest.into();
    document["imageSizeInBytes"] = row.size.into();
    document["imagePushedAt"] = row.pushed.into();
    document["imageManifestMediaType"] = row.media_type.into();
    let is_public = found.registry.is_public();
    let mut add = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            document[name] = value;
        }
    };
    add("imageTags", Some(json!(row.tags)).filter(|_| !row.tags.is_empty()));
    add("artifactMediaType", Some(row.artifact_type.into()).filter(|text| *text != ""));
    if !is_public {
        add("imageStatus", Some(row.status.name().into()));
        add("lastRecordedPullTime", row.pulled.map(Value::from));
        add("lastArchivedAt", row.archived.map(Value::from));
        add("lastActivatedAt", row.activated.filter(|activated| *activated <= now).map(Value::from));
        add("subjectManifestDigest", row.subject.map(Value::from));
    }
    document
}
