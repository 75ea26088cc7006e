//! What a registry has under a name.

use serde::Serialize;

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DistributionAnswer<'a> {
    pub(crate) descriptor: Descriptor<'a>,
    /// Null if the manifest does not say.
    pub(crate) platforms: Option<Vec<PlatformItem<'a>>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Descriptor<'a> {
    pub(crate) media_type: &'a str,
    pub(crate) digest: &'a str,
    pub(crate) size: i64,
}

#[derive(Serialize)]
pub(crate) struct PlatformItem<'a> {
    pub(crate) architecture: &'a str,
    pub(crate) os: &'a str,
    #[serde(rename = "os.version", skip_serializing_if = "str::is_empty")]
    pub(crate) os_version: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub(crate) variant: &'a str,
}
