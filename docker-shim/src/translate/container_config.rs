//! The `config` of an image config as Docker's `Config`.

use serde_json::Value;

use super::{LEAN_CONFIG, json};
use crate::{
    api_version::ApiVersion,
    dto::container_config::{ContainerConfig, Empty, Healthcheck, Keys},
};

/// Renders the object; anything else counts as an empty one, as Docker's `Config` is never null.
pub(crate) fn container_config(config: &Value, version: ApiVersion) -> ContainerConfig<'_> {
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
        stop_timeout: config.get("StopTimeout").and_then(Value::as_i64).filter(|_| full),
        shell: json::command(config, "Shell").filter(|shell| !shell.is_empty()),
    }
}

fn keys<'a>(config: &'a Value, key: &str) -> Option<Keys<'a>> {
    let members = config.get(key)?.as_object()?;
    Some(members.keys().map(|key| (key.as_str(), Empty {})).collect())
}

fn healthcheck(config: &Value) -> Option<Healthcheck<'_>> {
    let check = config.get("Healthcheck").filter(|check| check.is_object())?;
    Some(Healthcheck {
        test: json::texts(check, "Test").filter(|test| !test.is_empty()),
        interval: json::number(check, "Interval"),
        timeout: json::number(check, "Timeout"),
        start_period: json::number(check, "StartPeriod"),
        start_interval: json::number(check, "StartInterval"),
        retries: json::number(check, "Retries"),
    })
}
