//! The answer of `GET /version`.

use serde::Serialize;

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct VersionAnswer {
    pub(crate) platform: PlatformName,
    pub(crate) components: Vec<Component>,
    pub(crate) version: &'static str,
    pub(crate) api_version: &'static str,
    #[serde(rename = "MinAPIVersion")]
    pub(crate) min_api_version: &'static str,
    pub(crate) git_commit: &'static str,
    pub(crate) go_version: &'static str,
    pub(crate) os: &'static str,
    pub(crate) arch: &'static str,
    pub(crate) kernel_version: &'static str,
    pub(crate) build_time: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct PlatformName {
    pub(crate) name: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Component {
    pub(crate) name: &'static str,
    pub(crate) version: &'static str,
    pub(crate) details: EngineDetails,
}

/// All texts, the boolean too.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct EngineDetails {
    pub(crate) api_version: &'static str,
    pub(crate) arch: &'static str,
    pub(crate) build_time: &'static str,
    pub(crate) experimental: &'static str,
    pub(crate) git_commit: &'static str,
    pub(crate) go_version: &'static str,
    pub(crate) kernel_version: &'static str,
    #[serde(rename = "MinAPIVersion")]
    pub(crate) min_api_version: &'static str,
    pub(crate) os: &'static str,
}
