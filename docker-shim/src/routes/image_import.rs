//! `POST /images/create` with `fromSrc`: an image from the tar of a root file system.

use std::iter;

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use http::StatusCode;
use imageservice_proto::v1::{ImportEvent, ImportOptions, import_event::Event};

use super::Asked;
use crate::{
    answer::{self, Answer},
    error::Failure,
    progress,
    query::Query,
    service::Shim,
    transfer::Transfer,
};

/// The body; anything else would be a URL.
const BODY: &str = "-";

pub(crate) async fn image_import(
    shim: &Shim,
    asked: Asked<'_>,
    query: &Query<'_>,
    platform: &str,
) -> Result<Answer, Failure> {
    check_source(query.text("fromSrc"))?;
    let options = import_options(query, platform);
    let mut transfer = Transfer::new(asked.body.take(), shim.upstream.import(options));
    let imported = image_id(&mut transfer).await;
    let line = imported.map(|id| progress::status(&id)).inspect_err(|_| *asked.body = transfer.rest())?;
    transfer.drain().await;
    Ok(answer::json_stream(stream::iter(iter::once(Ok::<Bytes, _>(line))).boxed()))
}

fn check_source(source: &str) -> Result<(), Failure> {
    match source {
        BODY => Ok(()),
        // An engine fetches the empty URL then, and says what comes of it.
        "" => Err(Failure {
            reason: "NO_SOURCE",
            ..Failure::new(StatusCode::INTERNAL_SERVER_ERROR, "Get \"http:\": http: no Host in request URL")
        }),
        _ => Err(Failure::unsupported(
            "importing from a URL is not supported by this server: download the archive and send it as the body, with fromSrc=-",
        )),
    }
}

fn import_options(query: &Query<'_>, platform: &str) -> ImportOptions {
    ImportOptions {
        repository: query.text("repo").to_owned(),
        tag: query.text("tag").to_owned(),
        platform: platform.to_owned(),
        message: query.text("message").to_owned(),
        changes: query.texts("changes").map(str::to_owned).collect(),
    }
}

/// As in dockerd nothing is told before the end. Clients take the whole answer for the ID, so warnings are for the log.
async fn image_id(transfer: &mut Transfer<ImportEvent>) -> Result<String, Failure> {
    let mut id = None;
    while let Some(event) = transfer.next().await? {
        match event.event {
            Some(Event::Loaded(loaded)) => id = Some(loaded.image_id),
            Some(Event::Warning(warning)) => {
                tracing::warn!(warning = warning.message, "import");
            }
            Some(Event::Layer(_)) | None => {}
        }
    }
    id.ok_or_else(|| {
        Failure::new(StatusCode::INTERNAL_SERVER_ERROR, "the image service did not say what it imported")
    })
}
