//! The `config` of an image config as Docker's `Config`.

use super::{
    LEAN_CONFIG,
    json::{self, Json},
};
use crate::{
    api_version::ApiVersion,
    dto::container_config::{ContainerConfig, Empty, Healthcheck, Keys},
};

/// Renders the object; anything else counts as an empty one, as Docker's `Config` is never null.
pub(crate) fn container_config<'a>(config: &'a Json<'a>, version: ApiVersion) -> ContainerConfig<'a> {
    let full = version < LEAN_CONFIG;
    let truth = |key| full.then(|| json::truth(config, key));
    ContainerConfig {
        hostname: full.then(|| json::text(config, "Hostname")),
        domainname: full.then(|| json::text(config, "Domainname")),
        user: json::text(config, "User"),
        attach_stdin: truth("AttachStdin"),
        attach_stdout: truth("AttachStdout"),
        attach_stderr: truth("AttachStderr"),
        exposed_ports: keys(config, "ExposedPorts").filter(|ports| !ports.is_empty()),
        tty: truth("Tty"),
        open_stdin: truth("OpenStdin"),
        stdin_once: truth("StdinOnce"),
        env: json::texts(config, "Env"),
        cmd: json::command(config, "Cmd"),
        healthcheck: healthcheck(config),
        args_escaped: json::truth(config, "ArgsEscaped"),
        image: full.then(|| json::text(config, "Image")),
        volumes: keys(config, "Volumes"),
        working_dir: json::text(config, "WorkingDir"),
        entrypoint: json::command(config, "Entrypoint"),
        on_build: json::texts(config, "OnBuild"),
        labels: json::labels(config, "Labels"),
        stop_signal: json::text(config, "StopSignal"),
        stop_timeout: json::number(config, "StopTimeout").filter(|_| full),
        shell: json::command(config, "Shell").filter(|shell| !shell.is_empty()),
    }
}

fn keys<'a>(config: &'a Json<'a>, key: &str) -> Option<Keys<'a>> {
    Some(json::object(config, key)?.into_keys().map(|key| (key, Empty {})).collect())
}

fn healthcheck<'a>(config: &'a Json<'a>) -> Option<Healthcheck<'a>> {
    let check = json::member(config, "Healthcheck");
    let number = |key| json::number(check, key).unwrap_or_default();
    matches!(check, Json::Object(_)).then(|| Healthcheck {
        test: json::texts(check, "Test").filter(|test| !test.is_empty()),
        interval: number("Interval"),
        timeout: number("Timeout"),
        start_period: number("StartPeriod"),
        start_interval: number("StartInterval"),
        retries: number("Retries"),
    })
}
