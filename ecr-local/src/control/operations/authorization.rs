//! GetAuthorizationToken: passwords for the data plane.

use std::time::Duration;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use secrecy::ExposeSecret;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    auth::REGISTRY_USER,
    control::{call::Call, errors::Error},
    model::RegistryId,
};

const LIFETIME: Duration = Duration::from_secs(12 * 60 * 60);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Input {
    #[serde(default)]
    registry_ids: Vec<String>,
}

/// One for each registry that is named. All of them let in whoever called, to what is theirs.
pub(super) fn token(call: &Call<'_>, input: &Input) -> Result<Value, Error> {
    let own = [call.registry.account.to_string()];
    let accounts = if input.registry_ids.is_empty() { &own[..] } else { &input.registry_ids };
    let data: Vec<_> = accounts.iter().map(|account| one(call, account)).collect();
    Ok(json!({ "authorizationData": data }))
}

fn one(call: &Call<'_>, account: &str) -> Value {
    let registry = RegistryId { account: account.into(), region: call.registry.region.clone() };
    let of = if call.is_trusted { &registry } else { &call.registry };
    let mut data = issued(call, of);
    data["proxyEndpoint"] = format!("http://{}", call.registry_host(&registry)).into();
    data
}

/// A password for a registry, which ends no later than the credentials of whoever asked for it.
pub(super) fn issued(call: &Call<'_>, registry: &RegistryId) -> Value {
    let now = call.plane.clock.now();
    let lifetime = call.expires.map_or(LIFETIME, |end| LIFETIME.min(end.saturating_sub(now)));
    let password = call.plane.auth.registry_password(registry, call.principal.clone(), lifetime);
    let token = BASE64_STANDARD.encode(format!("{REGISTRY_USER}:{}", password.expose_secret()));
    json!({ "authorizationToken": token, "expiresAt": now.saturating_add(lifetime).as_secs() })
}
