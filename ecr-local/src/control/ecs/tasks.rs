//! Tasks that were run: DescribeTasks, ListTasks, StopTask.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    definitions::parsed,
    names::{check_cluster, task, task_arn},
    page::AskedPage,
    refusal::TaskRefusal,
    status::stop as stopped,
};
use crate::{
    control::{call::Call, errors::Error, page},
    state::{Task, TaskFilter},
};

const MOST: usize = 100;

#[derive(Deserialize)]
pub(super) struct DescribeInput {
    cluster: Option<String>,
    tasks: Vec<String>,
    #[serde(default)]
    include: Vec<String>,
}

/// DescribeTasks: what is not there is told beside what is.
pub(super) async fn describe(call: &Call<'_>, input: DescribeInput) -> Result<Value, Error> {
    check_cluster(call, input.cluster.as_deref())?;
    match input.tasks.len() {
        0 => return Err(Error::InvalidParameter("Tasks cannot be empty.".to_owned())),
        count if count > MOST => return Err(Error::parameter("tasks", "has at most 100 entries")),
        _ => {}
    }
    let with_tags = input.include.iter().any(|what| what == "TAGS");
    let (mut tasks, mut failures) = (Vec::new(), Vec::new());
    for name in &input.tasks {
        match find(call, name).await? {
            Some(found) => tasks.push(shown(&found, with_tags)),
            None => failures.push(json!({ "arn": full(call, name), "reason": "MISSING" })),
        }
    }
    Ok(json!({ "tasks": tasks, "failures": failures }))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ListInput {
    cluster: Option<String>,
    family: Option<String>,
    started_by: Option<String>,
    launch_type: Option<String>,
    desired_status: Option<String>,
    service_name: Option<String>,
    container_instance: Option<String>,
    daemon_name: Option<String>,
    #[serde(flatten)]
    page: AskedPage,
}

/// ListTasks, in the order in which they were run. Services, daemons and instances are not here, so nothing is theirs.
pub(super) async fn list(call: &Call<'_>, input: ListInput) -> Result<Value, Error> {
    check_cluster(call, input.cluster.as_deref())?;
    if input.service_name.is_some() {
        return Err(TaskRefusal::ServiceNotFound.into());
    }
    if input.container_instance.is_some() || input.daemon_name.is_some() {
        return Err(Error::InvalidParameter(
            "The referenced container instance or daemon was not found.".to_owned(),
        ));
    }
    let page = input.page.read()?;
    let filter = TaskFilter {
        family: input.family.as_deref(),
        started_by: input.started_by.as_deref(),
        launch_type: input.launch_type.as_deref(),
        is_stopped: input.desired_status.as_deref() == Some("STOPPED"),
    };
    // ECS wants no task to be pending for long, so none is listed as such.
    let wants_pending = input.desired_status.as_deref() == Some("PENDING");
    let about =
        format!("ListTasks {}/{} {filter:?} {wants_pending}", call.registry.account, call.registry.region);
    let last: i64 = page.position(call.signer(), &about)?.unwrap_or_default();
    let mut found = match wants_pending {
        true => Vec::new(),
        false => call.state().tasks(&call.registry, &filter, last, page.count().saturating_add(1)).await?,
    };
    let has_more = found.len() > page.count() as usize;
    found.truncate(page.count() as usize);
    let arns: Vec<_> = found.iter().map(|found| task_arn(&call.registry, &found.id)).collect();
    let mut document = json!({ "taskArns": arns });
    if let Some(last) = found.last().filter(|_| has_more) {
        document["nextToken"] = page::token(call.signer(), &about, last.number).into();
    }
    Ok(document)
}

#[derive(Deserialize)]
pub(super) struct StopInput {
    cluster: Option<String>,
    task: String,
    reason: Option<String>,
}

/// StopTask. One that has stopped already stays as it is.
pub(super) async fn stop(call: &Call<'_>, input: StopInput) -> Result<Value, Error> {
    check_cluster(call, input.cluster.as_deref())?;
    let missing = || Error::InvalidParameter("The referenced task was not found.".to_owned());
    let mut found = find(call, &input.task).await?.ok_or_else(missing)?;
    if found.stopped.is_none() {
        let mut document = parsed(&found.document);
        let reason = input.reason.as_deref().unwrap_or("Task stopped by user");
        stopped(&mut document, "UserInitiated", reason, call.state().now());
        found.document = document.to_string();
        call.state().stop_task(found.number, &found.document).await?;
    }
    Ok(json!({ "task": shown(&found, true) }))
}

async fn find(call: &Call<'_>, name: &str) -> Result<Option<Task>, Error> {
    match task(call, name) {
        Some(id) => Ok(call.state().task(&call.registry, id).await?),
        None => Ok(None),
    }
}

fn full(call: &Call<'_>, name: &str) -> String {
    if name.starts_with("arn:") { name.to_owned() } else { task_arn(&call.registry, name) }
}

fn shown(task: &Task, with_tags: bool) -> Value {
    let mut document = parsed(&task.document);
    if !with_tags {
        document["tags"] = json!([]);
    }
    document
}
