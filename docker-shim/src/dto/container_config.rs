//! `Config` and `ContainerConfig` of an image. From API 1.50 on the members that only a container can have are gone.

use std::collections::BTreeMap;

use serde::Serialize;

/// What Go writes for a set: the keys of a map.
pub(crate) type Keys<'a> = BTreeMap<&'a str, Empty>;

#[derive(Serialize)]
pub(crate) struct Empty {}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ContainerConfig<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) hostname: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) domainname: Option<&'a str>,
    pub(crate) user: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) attach_stdin: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) attach_stdout: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) attach_stderr: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) exposed_ports: Option<Keys<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) tty: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) open_stdin: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) stdin_once: Option<bool>,
    pub(crate) env: Option<Vec<&'a str>>,
    pub(crate) cmd: Option<Vec<&'a str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) healthcheck: Option<Healthcheck<'a>>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) args_escaped: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) image: Option<&'a str>,
    pub(crate) volumes: Option<Keys<'a>>,
    pub(crate) working_dir: &'a str,
    pub(crate) entrypoint: Option<Vec<&'a str>>,
    pub(crate) on_build: Option<Vec<&'a str>>,
    pub(crate) labels: Option<BTreeMap<&'a str, &'a str>>,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub(crate) stop_signal: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) stop_timeout: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) shell: Option<Vec<&'a str>>,
}

/// Times in nanoseconds.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Healthcheck<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) test: Option<Vec<&'a str>>,
    #[serde(skip_serializing_if = "is_zero")]
    pub(crate) interval: i64,
    #[serde(skip_serializing_if = "is_zero")]
    pub(crate) timeout: i64,
    #[serde(skip_serializing_if = "is_zero")]
    pub(crate) start_period: i64,
    #[serde(skip_serializing_if = "is_zero")]
    pub(crate) start_interval: i64,
    #[serde(skip_serializing_if = "is_zero")]
    pub(crate) retries: i64,
}

fn is_zero(number: &i64) -> bool {
    *number == 0
}
