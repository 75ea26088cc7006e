//! The answer of `POST /auth`.

use serde::Serialize;

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct AuthAnswer<'a> {
    pub(crate) identity_token: &'a str,
    pub(crate) status: &'a str,
}
