//! The platform that tasks run on, as their definition says (ECS, `runtimePlatform`).

use aws_sdk_ecs::types::{CpuArchitecture, OsFamily, RuntimePlatform};

use super::{Ecr, operation::Operation, place::Place, request::refused};
use crate::{
    error::{EcrReason, Result},
    model::Platform,
};

impl Ecr {
    /// The platform of a task definition: a family, `family:revision`, or an ARN. One that says nothing runs on linux/amd64.
    pub async fn platform_of_tasks(&self, definition: &str) -> Result<Platform> {
        let (operation, place) = (Operation::DescribeTaskDefinition, Place::default());
        let described = self
            .calls()
            .ecs(operation, &place, |ecs| ecs.describe_task_definition().task_definition(definition).send());
        let described = described.await?.task_definition;
        let stated = described.and_then(|definition| definition.runtime_platform);
        platform(stated.unwrap_or_else(|| RuntimePlatform::builder().build())).map_err(|unknown| {
            let message =
                format!("the task definition {definition} runs on {unknown}, which no image is for");
            refused(EcrReason::AnswerInvalid, operation.name(), message)
        })
    }
}

/// As images name it; else what is not known.
fn platform(stated: RuntimePlatform) -> std::result::Result<Platform, String> {
    let architecture = match stated.cpu_architecture {
        None | Some(CpuArchitecture::X8664) => "amd64",
        Some(CpuArchitecture::Arm64) => "arm64",
        Some(other) => return Err(other.as_str().to_owned()),
    };
    let os = match stated.operating_system_family {
        None | Some(OsFamily::Linux) => "linux",
        Some(other) if other.as_str().starts_with("WINDOWS_SERVER_") => "windows",
        Some(other) => return Err(other.as_str().to_owned()),
    };
    Ok(Platform::from_parts(os, architecture, "", ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(architecture: Option<&str>, os: Option<&str>) -> std::result::Result<String, String> {
        let stated = RuntimePlatform::builder().set_cpu_architecture(architecture.map(Into::into));
        let stated = stated.set_operating_system_family(os.map(Into::into)).build();
        platform(stated).map(|platform| platform.to_string())
    }

    #[test]
    fn what_images_are_for_is_what_tasks_run_on() {
        for (architecture, os, expected) in [
            (None, None, Ok("linux/amd64")),
            (Some("ARM64"), None, Ok("linux/arm64")),
            (Some("X86_64"), Some("LINUX"), Ok("linux/amd64")),
            (None, Some("WINDOWS_SERVER_2022_CORE"), Ok("windows/amd64")),
            (Some("RISCV"), None, Err("RISCV")),
            (None, Some("PLAN9"), Err("PLAN9")),
        ] {
            let expected = expected.map(str::to_owned).map_err(str::to_owned);
            assert_eq!(of(architecture, os), expected);
        }
    }
}
