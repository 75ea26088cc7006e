//! `faults`: rules by which requests fail.

use serde_json::json;

use super::{Admin, done, errors::Error, json, read};
use crate::wire::{Answer, RequestBody};

pub(super) async fn add(admin: &Admin, body: &mut RequestBody) -> Result<Answer, Error> {
    let rule = read(body).await?;
    json(&json!({ "id": admin.simulation.faults.add(rule) }))
}

pub(super) fn remove(admin: &Admin, id: &str) -> Result<Answer, Error> {
    let id = id.parse().map_err(|_| Error::NotFound)?;
    if admin.simulation.faults.remove(id) { Ok(done()) } else { Err(Error::NotFound) }
}

pub(super) fn clear(admin: &Admin) -> Result<Answer, Error> {
    admin.simulation.faults.clear();
    Ok(done())
}
