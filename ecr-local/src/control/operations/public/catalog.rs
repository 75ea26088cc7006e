//! What a repository is listed with in the gallery: GetRepositoryCatalogData, PutRepositoryCatalogData. There is no gallery here, and
//! logos are told by none: AWS shows those of verified accounts alone.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::control::{
    call::{Call, Named},
    errors::Error,
};

/// Catalogue data as it came.
#[derive(Deserialize, Serialize, Clone, Debug)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CatalogInput {
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    architectures: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    operating_systems: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    logo_image_blob: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    about_text: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    usage_text: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SetInput {
    #[serde(flatten)]
    named: Named,
    catalog_data: CatalogInput,
}

/// GetRepositoryCatalogData
pub(super) async fn get(call: &Call<'_>, named: Named) -> Result<Value, Error> {
    let found = call.find(&named).await?;
    let text = call.state().catalog(found.repository.id).await?;
    let text = text.ok_or_else(|| Error::CatalogDataNotFound(found.place.clone()))?;
    let catalog: CatalogInput = serde_json::from_str(&text).map_err(|error| Error::Internal(error.into()))?;
    Ok(json!({ "catalogData": catalog.shown() }))
}

/// PutRepositoryCatalogData: what was there before goes.
pub(super) async fn set(call: &Call<'_>, input: SetInput) -> Result<Value, Error> {
    let found = call.find(&input.named).await?;
    call.state().set_catalog(found.repository.id, &input.catalog_data.written()).await?;
    Ok(json!({ "catalogData": input.catalog_data.shown() }))
}

impl CatalogInput {
    /// As it is kept.
    pub(crate) fn written(&self) -> String {
        json!(self).to_string()
    }

    /// As it is told.
    pub(crate) fn shown(&self) -> Value {
        let mut document = json!(Self { logo_image_blob: None, ..self.clone() });
        document["marketplaceCertified"] = false.into();
        document
    }
}
