//! How far a task is: what its document says before it runs, and after.

use serde_json::Value;

use super::definitions::parsed;

/// Turns a task that runs into one that does no longer. No container has run, so none has an exit code.
pub(super) fn stop(document: &mut Value, code: &str, why: &str, now: i64) {
    for name in ["stoppingAt", "executionStoppedAt", "stoppedAt"] {
        document[name] = now.into();
    }
    document["desiredStatus"] = "STOPPED".into();
    document["lastStatus"] = "STOPPED".into();
    document["stopCode"] = code.into();
    document["stoppedReason"] = why.into();
    document["version"] = 3.into();
    for container in document["containers"].as_array_mut().into_iter().flatten() {
        container["lastStatus"] = "STOPPED".into();
    }
}

/// A task as RunTask tells it, before anything of it has begun.
pub(super) fn provisional(document: &str) -> Value {
    let mut document = parsed(document);
    document["desiredStatus"] = "RUNNING".into();
    document["lastStatus"] = "PROVISIONING".into();
    document["version"] = 1.into();
    for container in document["containers"].as_array_mut().into_iter().flatten() {
        container["lastStatus"] = "PENDING".into();
        remove(container, &["imageDigest", "reason"]);
    }
    remove(
        &mut document,
        &[
            "connectivity",
            "connectivityAt",
            "executionStoppedAt",
            "pullStartedAt",
            "pullStoppedAt",
            "startedAt",
            "stopCode",
            "stoppedAt",
            "stoppedReason",
            "stoppingAt",
        ],
    );
    document
}

/// Takes members away.
pub(super) fn remove(document: &mut Value, names: &[&str]) {
    if let Some(members) = document.as_object_mut() {
        members.retain(|name, _| !names.contains(&name.as_str()));
    }
}
