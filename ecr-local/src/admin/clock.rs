//! `clock`: what time it is, and making it later.

use std::time::Duration;

use serde::Deserialize;
use serde_json::json;

use super::{Admin, errors::Error, json, read};
use crate::wire::{Answer, RequestBody};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Advance {
    advance_seconds: f64,
}

pub(super) fn get(admin: &Admin) -> Result<Answer, Error> {
    json(&json!({ "now": admin.simulation.clock.now().as_secs_f64() }))
}

pub(super) async fn advance(admin: &Admin, body: &mut RequestBody) -> Result<Answer, Error> {
    let wanted: Advance = read(body).await?;
    let by = Duration::try_from_secs_f64(wanted.advance_seconds);
    admin.simulation.clock.advance(by.map_err(|error| Error::Invalid(format!("advanceSeconds: {error}")))?);
    get(admin)
}
