//! GetAuthorizationToken: a password for the host of public registries.

use serde_json::{Value, json};

use super::super::authorization::issued;
use crate::control::{call::Call, errors::Error};

/// One, which opens the caller's own registry. All others can be pulled from anyway.
pub(super) fn token(call: &Call<'_>) -> Result<Value, Error> {
    Ok(json!({ "authorizationData": issued(call, &call.registry) }))
}
