//! `GET /v2/<name>/tags/list`

use http::StatusCode;
use serde::Serialize;

use super::{
    Asked, DataPlane, answer,
    errors::Error,
    page::{self, Page},
};
use crate::model::RepositoryName;
use crate::wire::Answer;

#[derive(Serialize)]
struct TagList<'l> {
    name: &'l str,
    tags: &'l [String],
}

pub(super) async fn list(plane: &DataPlane, asked: &Asked, name: &RepositoryName) -> Result<Answer, Error> {
    let page = Page::of(&asked.query, plane.quirks)?;
    let repository = plane.repository(asked, name).await?;
    let mut tags = plane.store.state.tags(repository, &page.last, page.sought()).await?;
    let next = page.cut(&mut tags);
    let mut answer = answer::json(StatusCode::OK, &TagList { name: name.as_str(), tags: &tags })?;
    if let Some(last) = next {
        page::link(&mut answer, &format!("/v2/{name}/tags/list"), &page.next(&last))?;
    }
    Ok(answer)
}
