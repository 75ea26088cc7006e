//! The answer of `GET /images/{name}/json`. Members that depend on the API version are options.

use serde::Serialize;

use super::container_config::ContainerConfig;

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ImageInspect<'a> {
    pub(crate) id: &'a str,
    pub(crate) repo_tags: &'a [String],
    pub(crate) repo_digests: &'a [String],
    pub(crate) parent: &'a str,
    pub(crate) comment: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) created: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) container: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) container_config: Option<ContainerConfig<'a>>,
    pub(crate) docker_version: &'a str,
    pub(crate) author: &'a str,
    pub(crate) config: ContainerConfig<'a>,
    pub(crate) architecture: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub(crate) variant: &'a str,
    pub(crate) os: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub(crate) os_version: &'a str,
    pub(crate) size: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) virtual_size: Option<i64>,
    pub(crate) graph_driver: GraphDriver,
    #[serde(rename = "RootFS")]
    pub(crate) root_fs: RootFs<'a>,
    pub(crate) metadata: Metadata,
}

/// There is no layer on any disk, so there is no data.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct GraphDriver {
    pub(crate) data: Option<()>,
    pub(crate) name: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct RootFs<'a> {
    #[serde(rename = "Type")]
    pub(crate) kind: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) layers: Vec<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Metadata {
    pub(crate) last_tag_time: String,
}
