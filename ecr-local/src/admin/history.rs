//! `history`: what was asked lately.

use std::str::FromStr;

use url::form_urlencoded;

use super::{Admin, done, errors::Error, json};
use crate::{history::Filter, model::Plane, wire::Answer};

const USUAL: usize = 100;
const MOST: usize = 1000;

pub(super) fn page(admin: &Admin, query: &str) -> Result<Answer, Error> {
    let mut filter = Filter::default();
    let (mut after, mut limit) = (0, USUAL);
    for (key, value) in form_urlencoded::parse(query.as_bytes()) {
        let text = Some(value.to_string());
        match &*key {
            "plane" => filter.plane = Some(plane(&value)?),
            "operation" => filter.operation = text,
            "account" => filter.account = text,
            "region" => filter.region = text,
            "repository" => filter.repository = text,
            "principal" => filter.principal = text,
            "status" => filter.status = Some(parsed(&key, &value)?),
            "code" => filter.code = text,
            "faulted" => filter.faulted = Some(parsed(&key, &value)?),
            "after" => after = parsed(&key, &value)?,
            "limit" => limit = parsed::<usize>(&key, &value)?.clamp(1, MOST),
            _ => return Err(Error::Invalid(format!("there is no parameter {key:?}"))),
        }
    }
    json(&admin.simulation.history.page(&filter, after, limit))
}

pub(super) fn clear(admin: &Admin) -> Result<Answer, Error> {
    admin.simulation.history.clear();
    Ok(done())
}

fn plane(text: &str) -> Result<Plane, Error> {
    match text {
        "control" => Ok(Plane::Control),
        "data" => Ok(Plane::Data),
        _ => Err(Error::Invalid("plane: it is control or data".to_owned())),
    }
}

fn parsed<T: FromStr<Err: std::fmt::Display>>(key: &str, text: &str) -> Result<T, Error> {
    text.parse().map_err(|error| Error::Invalid(format!("{key}: {error}")))
}
