//! An element of `GET /images/json`.

use std::collections::BTreeMap;

use serde::Serialize;

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ImageListItem<'a> {
    pub(crate) containers: i64,
    pub(crate) created: i64,
    pub(crate) id: &'a str,
    pub(crate) labels: Option<BTreeMap<&'a str, &'a str>>,
    pub(crate) parent_id: &'a str,
    pub(crate) repo_digests: Option<Vec<&'a str>>,
    pub(crate) repo_tags: Option<Vec<&'a str>>,
    pub(crate) shared_size: i64,
    pub(crate) size: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) virtual_size: Option<i64>,
}
