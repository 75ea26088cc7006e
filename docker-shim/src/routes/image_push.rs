//! `POST /images/{name}/push`.

use http::HeaderMap;
use imageservice_proto::v1::{PushRequest, RegistryAuth};

use super::{Asked, image_history::check_platform};
use crate::{
    answer::{self, Answer},
    api_version::ApiVersion,
    credential::{self, Credential},
    error::{self, Failure},
    platform::PlatformChoice,
    progress,
    query::Query,
    request_body::{self, RequestBody},
    service::Shim,
};

const PLATFORM_SINCE: ApiVersion = ApiVersion::new(1, 46);

pub(crate) async fn image_push(shim: &Shim, asked: Asked<'_>, name: &str) -> Result<Answer, Failure> {
    let query = Query::parse(asked.head.uri.query())?;
    let tag = query.text("tag");
    let auth = push_credential(&asked.head.headers, asked.body).await?;
    if asked.version >= PLATFORM_SINCE
        && let Some(choice) = PlatformChoice::only(&query)?
    {
        let image = if tag.is_empty() { name.to_owned() } else { format!("{name}:{tag}") };
        check_platform(shim, &image, &choice).await?;
    }
    let rejected = error::rejected_in_pull(&asked.head.headers);
    let request = PushRequest { repository: name.to_owned(), tag: tag.to_owned(), auth };
    let events = shim.upstream.push(request).await.map_err(|error| Failure::of_call(error, rejected))?;
    let describe = move |error| Failure::of_call(error, rejected).told_late("push");
    let lines = progress::begin(events, progress::push::lines_of, describe).await;
    lines.map(answer::json_stream).map_err(|error| Failure::of_call(error, rejected))
}

/// Old clients send the credential as the body, without the header. One of both is enough, and so is neither.
async fn push_credential(
    headers: &HeaderMap,
    body: &mut RequestBody,
) -> Result<Option<RegistryAuth>, Failure> {
    if headers.contains_key(credential::HEADER) {
        request_body::drain_unasked(body, headers).await;
        return credential::from_headers(headers);
    }
    let json = request_body::read(body, credential::LIMIT).await?;
    if json.is_empty() {
        return Ok(None);
    }
    let credential = Credential::parse(&json)
        .map_err(|error| Failure::invalid(format!("Bad parameters and missing X-Registry-Auth: {error}")))?;
    Ok(Some(credential.auth).filter(|auth| *auth != RegistryAuth::default()))
}
