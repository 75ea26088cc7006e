//! `POST /images/{name}/tag`.

use http::StatusCode;
use imageservice_proto::v1::TagRequest;

use super::Asked;
use crate::{
    answer::{self, Answer, Body},
    error::Failure,
    service::Shim,
};

pub(crate) async fn image_tag(shim: &Shim, asked: Asked<'_>, name: &str) -> Result<Answer, Failure> {
    let query = asked.query()?;
    let request = TagRequest {
        source: name.to_owned(),
        repository: query.text("repo").to_owned(),
        tag: query.text("tag").to_owned(),
    };
    shim.upstream.tag(request).await?;
    Ok(answer::plain(StatusCode::CREATED, Body::Empty))
}
