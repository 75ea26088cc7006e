//! The lines of a progress stream.

use serde::Serialize;

#[derive(Serialize)]
pub(crate) struct StatusLine<'a> {
    pub(crate) status: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) id: Option<&'a str>,
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
