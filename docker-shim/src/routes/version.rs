//! `GET /version`. Says the same for every API version and asks nobody: clients begin with it.

use std::env::consts;

use crate::{
    answer::{self, Answer},
    dto::version::{Component, EngineDetails, PlatformName, VersionAnswer},
    engine,
    error::Failure,
};

/// Docker shows when an engine was built; this one's date would say nothing about what it can do.
const UNKNOWN: &str = "";

pub(crate) fn version() -> Result<Answer, Failure> {
    let details = EngineDetails {
        api_version: engine::API_MAX_TEXT,
        arch: go_architecture(consts::ARCH),
        build_time: UNKNOWN,
        experimental: "false",
        git_commit: UNKNOWN,
        go_version: UNKNOWN,
        kernel_version: UNKNOWN,
        min_api_version: engine::API_MIN_TEXT,
        os: "linux",
    };
    answer::json(&VersionAnswer {
        platform: PlatformName { name: "image-service" },
        components: vec![Component { name: "Engine", version: engine::VERSION, details }],
        version: engine::VERSION,
        api_version: engine::API_MAX_TEXT,
        min_api_version: engine::API_MIN_TEXT,
        git_commit: UNKNOWN,
        go_version: UNKNOWN,
        os: "linux",
        arch: go_architecture(consts::ARCH),
        kernel_version: UNKNOWN,
        build_time: UNKNOWN,
    })
}

fn go_architecture(rust: &'static str) -> &'static str {
    match rust {
        "x86_64" => "amd64",
        "x86" => "386",
        "aarch64" => "arm64",
        "powerpc64" => "ppc64le",
        other => other,
    }
}
