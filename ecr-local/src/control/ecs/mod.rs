//! The little of ECS that goes with a registry: task definitions, and tasks that tell which images they would run.
//!
//! No container runs. A task has the digest of every image that lies here from the moment it is run, and runs until it is stopped; one whose
//! image is not here has failed to start. There is one cluster, `default`, and it has no instances.

mod checks;
mod clusters;
mod container;
mod definitions;
mod fargate;
mod images;
mod names;
mod page;
mod refusal;
mod register;
mod run;
mod status;
mod task;
mod tasks;

pub(super) use refusal::TaskRefusal;

use serde_json::Value;

use super::{
    call::{Call, input},
    errors::Error,
};

/// Calls an operation with an input that was checked.
pub(super) async fn call(call: &Call<'_>, operation: &str, value: Value) -> Result<Value, Error> {
    match operation {
        "DeregisterTaskDefinition" => definitions::deregister(call, input(value)?).await,
        "DescribeClusters" => clusters::describe(call, input(value)?).await,
        "DescribeTaskDefinition" => definitions::describe(call, input(value)?).await,
        "DescribeTasks" => tasks::describe(call, input(value)?).await,
        "ListClusters" => clusters::list(call, input(value)?),
        "ListTaskDefinitions" => definitions::list(call, input(value)?).await,
        "ListTasks" => tasks::list(call, input(value)?).await,
        "RegisterTaskDefinition" => register::run(call, value).await,
        "RunTask" => run::run(call, value).await,
        "StopTask" => tasks::stop(call, input(value)?).await,
        other => Err(Error::Unsupported(other.to_owned())),
    }
}
