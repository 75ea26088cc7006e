//! `POST /images/load`: the archive goes to the service while it comes.

use imageservice_proto::v1::LoadOptions;

use super::Asked;
use crate::{
    answer::{self, Answer},
    api_version::ApiVersion,
    error::Failure,
    platform::PlatformChoice,
    progress::load::{self, LoadLines},
    query::Query,
    service::Shim,
    transfer::Transfer,
};

const PLATFORM_SINCE: ApiVersion = ApiVersion::new(1, 48);

pub(crate) async fn image_load(shim: &Shim, asked: Asked<'_>) -> Result<Answer, Failure> {
    let query = Query::parse(asked.head.uri.query())?;
    let platform = load_platform(&query, asked.version)?;
    let lines = LoadLines { quiet: query.flag_or("quiet", true), names_only: shim.loads.names_only };
    let mut transfer = Transfer::new(asked.body.take(), shim.upstream.load(LoadOptions { platform }));
    let held = load::hold(&mut transfer, lines, shim.loads.held_for).await;
    let held = held.inspect_err(|_| *asked.body = transfer.rest())?;
    let describe = move |failure: Failure| failure.told_late("load");
    Ok(answer::json_stream(load::follow(transfer, held, lines, describe)))
}

/// As the service writes platforms; older clients cannot choose one.
fn load_platform(query: &Query<'_>, version: ApiVersion) -> Result<String, Failure> {
    if version < PLATFORM_SINCE {
        return Ok(String::new());
    }
    Ok(PlatformChoice::only(query)?.map_or_else(String::new, |choice| choice.written()))
}
