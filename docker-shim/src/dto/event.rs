//! A line of `GET /events`, before API 1.52.

use std::collections::BTreeMap;

use serde::Serialize;

#[derive(Serialize, PartialEq, Eq, Debug)]
pub(crate) struct EventLine<'a> {
    pub(crate) status: &'static str,
    pub(crate) id: &'a str,
    #[serde(rename = "Type")]
    pub(crate) kind: &'static str,
    #[serde(rename = "Action")]
    pub(crate) action: &'static str,
    #[serde(rename = "Actor")]
    pub(crate) actor: Actor<'a>,
    pub(crate) scope: &'static str,
    pub(crate) time: i64,
    #[serde(rename = "timeNano")]
    pub(crate) time_nano: i64,
}

#[derive(Serialize, PartialEq, Eq, Debug)]
pub(crate) struct Actor<'a> {
    #[serde(rename = "ID")]
    pub(crate) id: &'a str,
    #[serde(rename = "Attributes")]
    pub(crate) attributes: BTreeMap<&'a str, &'a str>,
}
