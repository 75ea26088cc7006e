//! GetAccountSetting, PutAccountSetting: of an account in a Region.
//!
//! `BLOB_MOUNTING` is `ENABLED` unless set, other than with ECR: whoever uses a local registry wants pushes to be short. Of
//! `REGISTRY_POLICY_SCOPE` and `BASIC_SCAN_TYPE_VERSION` AWS has retired all values but one.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    control::{call::Call, errors::Error},
    model::RegistryId,
    scanning::BasicScanVersion,
};

const BASIC_SCAN: &str = "BASIC_SCAN_TYPE_VERSION";

/// Names, and the values that can be set; the first is the default.
const SETTINGS: [(&str, &[&str]); 3] = [
    (BASIC_SCAN, &["AWS_NATIVE"]),
    ("BLOB_MOUNTING", &["ENABLED", "DISABLED"]),
    ("REGISTRY_POLICY_SCOPE", &["V2"]),
];

#[derive(Deserialize)]
pub(super) struct GetInput {
    name: String,
}

/// GetAccountSetting
pub(super) async fn get(call: &Call<'_>, input: GetInput) -> Result<Value, Error> {
    let values = values(&input.name)?;
    let value = match input.name.as_str() {
        BASIC_SCAN => Some(basic_scan_version(call, &call.registry).await?.name().to_owned()),
        name => call.state().registry_setting(&call.registry, name).await?,
    };
    let value = value.or_else(|| values.first().map(|value| (*value).to_owned()));
    Ok(json!({ "name": input.name, "value": value }))
}

#[derive(Deserialize)]
pub(super) struct PutInput {
    name: String,
    value: String,
}

/// PutAccountSetting
pub(super) async fn put(call: &Call<'_>, input: PutInput) -> Result<Value, Error> {
    if !values(&input.name)?.contains(&input.value.as_str()) {
        return Err(Error::parameter("value", &format!("is no value of the setting {}", input.name)));
    }
    call.state().set_registry_setting(&call.registry, &input.name, &input.value).await?;
    Ok(json!({ "name": input.name, "value": input.value }))
}

/// The basic scanning of a registry: as configured, until its account turns to the newer one.
pub(super) async fn basic_scan_version(
    call: &Call<'_>,
    registry: &RegistryId,
) -> Result<BasicScanVersion, Error> {
    let set = call.state().registry_setting(registry, BASIC_SCAN).await?;
    Ok(set.map_or(call.plane.basic_scan_version, |_| BasicScanVersion::AwsNative))
}

fn values(name: &str) -> Result<&'static [&'static str], Error> {
    let found = SETTINGS.iter().find(|(known, _)| *known == name);
    let unknown = || Error::parameter("name", "must be the name of an account setting");
    found.map(|(_, values)| *values).ok_or_else(unknown)
}
