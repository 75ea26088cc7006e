//! Public registries: DescribeRegistries, GetRegistryCatalogData, PutRegistryCatalogData. A caller has one, which is not verified; its
//! display name is kept and told.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    control::{call::Call, errors::Error, page::PageInput},
    model::PUBLIC_HOST,
};

const DISPLAY_NAME: &str = "display-name";

/// DescribeRegistries: all on one page. Before the first repository is made there is no alias, and so no URI.
pub(super) async fn describe(call: &Call<'_>, page: &PageInput) -> Result<Value, Error> {
    let account = &call.registry.account;
    page.position::<()>(call.signer(), "DescribeRegistries")?;
    let aliases = call.state().aliases(account).await?;
    let uri = aliases.first().map(|(alias, _)| format!("{PUBLIC_HOST}/{alias}")).unwrap_or_default();
    let shown = aliases.iter().enumerate().map(|(place, (alias, is_default))| {
        json!({
            "name": alias,
            "status": "ACTIVE",
            "primaryRegistryAlias": place == 0,
            "defaultRegistryAlias": is_default,
        })
    });
    Ok(json!({ "registries": [{
        "registryId": account,
        "registryArn": format!("arn:aws:ecr-public::{account}:registry/{account}"),
        "registryUri": uri,
        "verified": false,
        "aliases": shown.collect::<Vec<_>>(),
    }] }))
}

/// GetRegistryCatalogData
pub(super) async fn catalog(call: &Call<'_>) -> Result<Value, Error> {
    let name = call.state().registry_setting(&call.registry, DISPLAY_NAME).await?;
    Ok(shown(name.as_deref()))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SetInput {
    display_name: Option<String>,
}

/// PutRegistryCatalogData. What is not given stays.
pub(super) async fn set_catalog(call: &Call<'_>, input: SetInput) -> Result<Value, Error> {
    if let Some(name) = &input.display_name {
        call.state().set_registry_setting(&call.registry, DISPLAY_NAME, name).await?;
    }
    catalog(call).await
}

fn shown(display_name: Option<&str>) -> Value {
    let mut data = json!({});
    if let Some(name) = display_name {
        data["displayName"] = name.into();
    }
    json!({ "registryCatalogData": data })
}
