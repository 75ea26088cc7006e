//! The lines of a progress stream.

use serde::Serialize;

#[derive(Serialize)]
pub(crate) struct StatusLine<'a> {
    pub(crate) status: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) id: Option<&'a str>,
}

/// The state of one layer: clients update a line in place if it has both an ID and a detail, be that empty.
#[derive(Serialize)]
pub(crate) struct ProgressLine<'a> {
    pub(crate) status: &'a str,
    #[serde(rename = "progressDetail")]
    pub(crate) progress_detail: ProgressDetail,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) progress: String,
    pub(crate) id: &'a str,
}

#[derive(Serialize, Default)]
pub(crate) struct ProgressDetail {
    #[serde(skip_serializing_if = "is_zero")]
    pub(crate) current: i64,
    #[serde(skip_serializing_if = "is_zero")]
    pub(crate) total: i64,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn is_zero(number: &i64) -> bool {
    *number == 0
}

/// Text that clients print as it is.
#[derive(Serialize)]
pub(crate) struct StreamLine<'a> {
    pub(crate) stream: &'a str,
}

/// For machines; clients do not show it.
#[derive(Serialize)]
pub(crate) struct PushedLine<'a> {
    #[serde(rename = "progressDetail")]
    pub(crate) progress_detail: ProgressDetail,
    pub(crate) aux: PushedTag<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct PushedTag<'a> {
    pub(crate) tag: &'a str,
    pub(crate) digest: &'a str,
    pub(crate) size: i64,
}

/// Most clients read the first member, some only the second.
#[derive(Serialize)]
pub(crate) struct ErrorLine<'a> {
    #[serde(rename = "errorDetail")]
    pub(crate) error_detail: ErrorDetail<'a>,
    pub(crate) error: &'a str,
}

#[derive(Serialize)]
pub(crate) struct ErrorDetail<'a> {
    pub(crate) message: &'a str,
}
