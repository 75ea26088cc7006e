//! `POST /auth`: tries a credential, and has the service keep it if it keeps those of this host.

use imageservice_proto::v1::CheckRequest;

use super::Asked;
use crate::{
    answer::{self, Answer},
    credential::{self, Credential},
    dto::auth::AuthAnswer,
    error::Failure,
    request_body,
    service::Shim,
};

pub(crate) async fn auth(shim: &Shim, asked: Asked<'_>) -> Result<Answer, Failure> {
    let body = request_body::read(asked.body, credential::LIMIT).await?;
    let credential = Credential::parse(&body).map_err(|error| {
        Failure::invalid(format!("invalid X-Registry-Auth header: invalid JSON: {error}"))
    })?;
    let request = CheckRequest { registry: credential.registry, auth: Some(credential.auth) };
    let checked = shim.upstream.check(request).await?;
    answer::json(&AuthAnswer { identity_token: &checked.identity_token, status: "Login Succeeded" })
}
