//! An element of `GET /images/{name}/history`.

use serde::Serialize;

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct HistoryItem<'a> {
    pub(crate) comment: &'a str,
    pub(crate) created: i64,
    pub(crate) created_by: &'a str,
    pub(crate) id: &'a str,
    pub(crate) size: i64,
    pub(crate) tags: Option<&'a [String]>,
}
