//! `GET /images/{name}/history`.

use super::Asked;
use crate::{
    answer::{self, Answer},
    api_version::ApiVersion,
    error::Failure,
    platform::PlatformChoice,
    service::Shim,
    translate::{image_history::history_item, image_inspect::config_of},
};

const PLATFORM_SINCE: ApiVersion = ApiVersion::new(1, 48);

pub(crate) async fn image_history(shim: &Shim, asked: Asked<'_>, name: &str) -> Result<Answer, Failure> {
    let query = asked.query()?;
    if asked.version >= PLATFORM_SINCE
        && let Some(choice) = PlatformChoice::parse(query.text("platform"))?
    {
        check_platform(shim, name, &choice).await?;
    }
    let history = shim.upstream.history(name).await?;
    answer::json(&history.entries.iter().map(history_item).collect::<Vec<_>>())
}

/// Fails if the image is for another platform.
pub(crate) async fn check_platform(shim: &Shim, name: &str, choice: &PlatformChoice) -> Result<(), Failure> {
    let inspected = shim.upstream.inspect(name, "").await?;
    choice.check(name, &inspected.image.as_ref().map(config_of).unwrap_or_default())
}
