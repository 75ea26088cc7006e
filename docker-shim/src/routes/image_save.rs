//! `GET /images/get` and `GET /images/{name}/get`: an archive of images.

use std::io;

use bytes::Bytes;
use futures_util::{
    StreamExt,
    stream::{self, BoxStream},
};
use http::StatusCode;
use imageservice_proto::v1::{SaveChunk, SaveRequest};

use super::{Asked, image_history::check_platform};
use crate::{
    answer::{self, Answer},
    api_version::ApiVersion,
    error::Failure,
    platform::PlatformChoice,
    service::Shim,
    upstream::{CallError, Events},
};

const PLATFORM_SINCE: ApiVersion = ApiVersion::new(1, 48);

pub(crate) async fn image_save(shim: &Shim, asked: Asked<'_>, name: Option<&str>) -> Result<Answer, Failure> {
    let query = asked.query()?;
    let names: Vec<_> = match name {
        Some(name) => vec![name.to_owned()],
        None => query.texts("names").map(str::to_owned).collect(),
    };
    if asked.version >= PLATFORM_SINCE
        && let Some(choice) = PlatformChoice::only(&query)?
    {
        for name in &names {
            check_platform(shim, name, &choice).await?;
        }
    }
    let mut chunks = shim.upstream.save(SaveRequest { names }).await.map_err(failure)?;
    let first = chunks.next().await.map_err(failure)?;
    Ok(answer::tar_stream(archive(first, chunks)))
}

/// At 401 clients would ask their users for credentials, and this request takes none.
fn failure(error: CallError) -> Failure {
    Failure::of_call(error, StatusCode::INTERNAL_SERVER_ERROR)
}

/// An archive that cannot be finished is broken off; dockerd writes its error into it, which nobody who reads the archive later understands.
fn archive(first: Option<SaveChunk>, rest: Events<SaveChunk>) -> BoxStream<'static, io::Result<Bytes>> {
    let rest = stream::try_unfold(rest, move |mut rest| async move {
        let chunk = rest.next().await.map_err(|error| {
            let message = failure(error).told_late("save");
            io::Error::other(message)
        })?;
        Ok(chunk.map(|chunk| (chunk, rest)))
    });
    stream::iter(first.map(Ok)).chain(rest).map(|chunk| chunk.map(|chunk| chunk.data)).boxed()
}
