//! `GET /images/{name}/json`. The path that CI jobs use most: an answer that still holds is not rendered again.

use bytes::Bytes;
use http::StatusCode;
use imageservice_proto::v1::Image;
use telemetry::KeyValue;

use super::Asked;
use crate::{
    answer::{self, Answer},
    api_version::ApiVersion,
    error::Failure,
    platform::PlatformChoice,
    render_cache::{LOOKUPS, RenderKey},
    service::Shim,
    translate::image_inspect::{config_of, format_of, image_inspect as translate},
};

const MANIFESTS_SINCE: ApiVersion = ApiVersion::new(1, 48);
const PLATFORM_SINCE: ApiVersion = ApiVersion::new(1, 49);

pub(crate) async fn image_inspect(shim: &Shim, asked: Asked<'_>, name: &str) -> Result<Answer, Failure> {
    match choice(&asked)? {
        None => inspect(shim, asked.version, name).await,
        Some(choice) => Box::pin(inspect_for(shim, asked.version, name, &choice)).await,
    }
}

async fn inspect(shim: &Shim, version: ApiVersion, name: &str) -> Result<Answer, Failure> {
    let key = RenderKey { name: name.to_owned(), format: format_of(version) };
    let known = shim.renders.get(&key);
    let known_version = known.as_ref().map_or("", |known| known.version.as_str());
    let inspected = shim.upstream.inspect(name, known_version).await?;
    let body = match (inspected.image, known) {
        (Some(image), known) => {
            let body = rendered(&image, version)?;
            LOOKUPS.add(1, &[KeyValue::new("outcome", "miss")]);
            if !inspected.version.is_empty() {
                shim.renders.put(key, known.is_some(), inspected.version, &body);
            }
            body
        }
        (None, Some(known)) if known.version == inspected.version => {
            LOOKUPS.add(1, &[KeyValue::new("outcome", "hit")]);
            known.body.clone()
        }
        (None, _) => return Err(no_image()),
    };
    Ok(answer::json_bytes(StatusCode::OK, body))
}

async fn inspect_for(
    shim: &Shim,
    version: ApiVersion,
    name: &str,
    choice: &PlatformChoice,
) -> Result<Answer, Failure> {
    let image = shim.upstream.inspect(name, "").await?.image.ok_or_else(no_image)?;
    choice.check(name, &config_of(&image))?;
    Ok(answer::json_bytes(StatusCode::OK, rendered(&image, version)?))
}

fn choice(asked: &Asked<'_>) -> Result<Option<PlatformChoice>, Failure> {
    if asked.head.uri.query().is_none() {
        return Ok(None);
    }
    let query = asked.query()?;
    let platform = if asked.version < PLATFORM_SINCE { "" } else { query.text("platform") };
    if !platform.is_empty() && asked.version >= MANIFESTS_SINCE && query.flag("manifests") {
        return Err(Failure::invalid(
            "conflicting options: manifests and platform options cannot both be set",
        ));
    }
    PlatformChoice::parse(platform)
}

fn rendered(image: &Image, version: ApiVersion) -> Result<Bytes, Failure> {
    answer::rendered(&translate(image, &config_of(image), version))
}

fn no_image() -> Failure {
    Failure::new(StatusCode::INTERNAL_SERVER_ERROR, "the image service answered without an image")
}
