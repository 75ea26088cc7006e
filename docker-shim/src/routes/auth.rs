//! `POST /auth`: tries a credential, and has the service keep it.

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
    let credential = Credential::parse(&body)
        .map_err(|_| Failure::invalid("invalid credentials: the body is not a JSON object of texts"))?;
    let request = CheckRequest { registry: credential.registry, auth: Some(credential.auth) };
    let checked = shim.upstream.check(request).await?;
    answer::json(&AuthAnswer { identity_token: &checked.identity_token, status: "Login Succeeded" })
}
