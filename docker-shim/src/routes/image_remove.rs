//! `DELETE /images/{name}`.

use imageservice_proto::v1::RemoveRequest;

use super::Asked;
use crate::{
    answer::{self, Answer},
    api_version::ApiVersion,
    error::Failure,
    service::Shim,
    translate::image_remove::removed_image,
};

const PLATFORMS_SINCE: ApiVersion = ApiVersion::new(1, 50);

pub(crate) async fn image_remove(shim: &Shim, asked: Asked<'_>, name: &str) -> Result<Answer, Failure> {
    let query = asked.query()?;
    if name.trim().is_empty() {
        return Err(Failure::invalid("image name cannot be blank"));
    }
    if asked.version >= PLATFORMS_SINCE && !query.text("platforms").is_empty() {
        return Err(Failure::unsupported(
            "removing single platforms of an image is not supported by this server",
        ));
    }
    let request = RemoveRequest { name: name.to_owned(), force: query.flag("force") };
    let removed = shim.upstream.remove(request).await?.removed;
    answer::json(&removed.into_iter().filter_map(removed_image).collect::<Vec<_>>())
}
