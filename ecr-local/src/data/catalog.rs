//! `GET /v2/_catalog`: the repositories of the registry that the host name means.

use http::StatusCode;
use serde::Serialize;

use super::{
    Asked, DataPlane, answer,
    errors::Error,
    page::{self, Page},
};
use crate::wire::Answer;

#[derive(Serialize)]
struct Catalog<'l> {
    repositories: &'l [String],
}

pub(super) async fn list(plane: &DataPlane, asked: &Asked) -> Result<Answer, Error> {
    let page = Page::of(&asked.query, plane.quirks)?;
    let names = plane.store.state.repository_names(&asked.registry, &page.last, page.sought());
    let mut repositories = names.await?;
    let next = page.cut(&mut repositories);
    let mut answer = answer::json(StatusCode::OK, &Catalog { repositories: &repositories })?;
    if let Some(last) = next {
        page::link(&mut answer, "/v2/_catalog", &page.next(&last))?;
    }
    Ok(answer)
}
