//! `POST /containers/create`: nothing is created, but an unknown image has to be told first, as clients then pull it.

use http::StatusCode;
use serde_json::Value;

use super::Asked;
use crate::{answer::Answer, error::Failure, request_body, routes::absent::NO_CONTAINERS, service::Shim};

/// Docker's own limit is larger; a request for a container has some kilobytes.
const LIMIT: usize = 4 * 1024 * 1024;

pub(crate) async fn container_create(shim: &Shim, asked: Asked<'_>) -> Result<Answer, Failure> {
    let body = request_body::read(asked.body, LIMIT).await?;
    let Ok(Value::Object(members)) = serde_json::from_slice(&body) else {
        return Err(Failure::invalid("config cannot be empty in order to create a container"));
    };
    let image = members.iter().find(|(key, _)| key.eq_ignore_ascii_case("image"));
    if let Some(name) = image.and_then(|(_, name)| name.as_str()).filter(|name| !name.is_empty()) {
        shim.upstream.inspect(name, "").await?;
    }
    Err(Failure::new(StatusCode::NOT_IMPLEMENTED, NO_CONTAINERS))
}
