//! Tasks: what is refused, how one is told of, and how it ends.

use std::time::Duration;

use ecr_local::Clock;
use serde_json::{Value, json};

use super::stage::{definition, task, with};
use crate::stage::Stage;

async fn with_definition(clock: &Clock) -> Stage {
    let stage = Stage::with(|builder| builder.clock(clock.clone())).await;
    let tagged = with(definition("ci", "alpine"), "/tags", json!([{"key": "team", "value": "ci"}]));
    stage.ecs("RegisterTaskDefinition", tagged).await;
    stage
}

async fn run(stage: &Stage, more: Value) -> String {
    let mut asked = task("ci");
    asked.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    stage.ecs("RunTask", asked).await["tasks"][0]["taskArn"].as_str().unwrap().to_owned()
}

async fn listed(stage: &Stage, input: Value) -> Vec<String> {
    let answer = stage.ecs("ListTasks", input).await;
    answer["taskArns"].as_array().unwrap().iter().map(|arn| arn.as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_task_that_could_not_run_is_refused() {
    let stage = with_definition(&Clock::default()).await;
    let bridge = json!({"family": "ec2", "containerDefinitions": [{"name": "a", "image": "a", "memory": 8}]});
    stage.ecs("RegisterTaskDefinition", bridge).await;
    stage.ecs("RegisterTaskDefinition", definition("old", "alpine")).await;
    stage.ecs("DeregisterTaskDefinition", json!({"taskDefinition": "old:1"})).await;
    let good = || task("ci");
    let (client, invalid) = ("ClientException", "InvalidParameterException");
    let spot = json!([{"capacityProvider": "FARGATE_SPOT"}]);
    for (input, code, message) in [
        (task("none"), client, "TaskDefinition not found."),
        (task("old"), client, "TaskDefinition not found."),
        (task("old:1"), client, "TaskDefinition is inactive"),
        (with(good(), "/cluster", json!("other")), "ClusterNotFoundException", "Cluster not found."),
        (with(good(), "/count", json!(0)), invalid, "count must be between 1 and 10"),
        (with(good(), "/count", json!(11)), invalid, "count must be between 1 and 10"),
        (
            with(good(), "/launchType", Value::Null),
            invalid,
            "No Container Instances were found in your cluster.",
        ),
        (
            with(good(), "/launchType", json!("EC2")),
            invalid,
            "No Container Instances were found in your cluster.",
        ),
        (
            with(good(), "/capacityProviderStrategy", spot),
            invalid,
            "Specifying both a launch type and capacity provider strategy is not supported. Remove one and try again.",
        ),
        (task("ec2"), invalid, "Task definition does not support launch_type FARGATE."),
        (
            with(good(), "/networkConfiguration", Value::Null),
            invalid,
            "Network Configuration must be provided when networkMode 'awsvpc' is specified.",
        ),
        (
            with(good(), "/overrides", json!({"containerOverrides": [{"name": "db"}]})),
            invalid,
            "Override for container named db is not a container in the TaskDefinition.",
        ),
        (
            with(good(), "/overrides", json!({"cpu": "4096"})),
            client,
            "No Fargate configuration exists for given values.",
        ),
        (
            with(good(), "/platformVersion", json!("9.9.9")),
            "PlatformUnknownException",
            "The platform version 9.9.9 does not exist.",
        ),
        (
            with(good(), "/volumeConfigurations", json!([{"name": "work"}])),
            "UnsupportedFeatureException",
            "Volumes cannot be configured at launch here.",
        ),
        (
            with(good(), "/clientToken", json!("x".repeat(65))),
            invalid,
            "clientToken has at most 64 printable ASCII characters",
        ),
    ] {
        assert_eq!(stage.ecs_fails("RunTask", input, code).await, message);
    }
    assert_eq!(listed(&stage, json!({})).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_task_is_told_of_as_it_begins_and_as_it_runs() {
    let stage = with_definition(&Clock::default()).await;
    let asked = json!({
        "count": 2, "startedBy": "pipeline", "propagateTags": "TASK_DEFINITION", "enableECSManagedTags": true,
        "tags": [{"key": "own", "value": "x"}], "overrides": {"cpu": "512", "memory": "1024"},
    });
    let mut input = task("ci");
    input.as_object_mut().unwrap().extend(asked.as_object().unwrap().clone());
    let answer = stage.ecs("RunTask", input).await;
    assert_eq!((answer["tasks"].as_array().unwrap().len(), &answer["failures"]), (2, &json!([])));
    let begun = &answer["tasks"][0];
    assert_eq!(
        (&begun["lastStatus"], &begun["desiredStatus"], begun.get("startedAt")),
        (&json!("PROVISIONING"), &json!("RUNNING"), None)
    );
    assert_ne!(begun["taskArn"], answer["tasks"][1]["taskArn"]);
    let arn = begun["taskArn"].as_str().unwrap();
    let id = arn.strip_prefix("arn:aws:ecs:us-east-1:000000000000:task/default/").unwrap();
    assert_eq!(id.len(), 32);
    let old = format!("arn:aws:ecs:us-east-1:000000000000:task/{id}");
    for name in [arn, id, &old] {
        let described = stage.ecs("DescribeTasks", json!({"tasks": [name], "include": ["TAGS"]})).await;
        let running = &described["tasks"][0];
        assert_eq!((&running["taskArn"], &running["lastStatus"]), (&begun["taskArn"], &json!("RUNNING")));
        assert_eq!(
            (&running["cpu"], &running["group"], &running["startedBy"]),
            (&json!("512"), &json!("family:ci"), &json!("pipeline"))
        );
        assert_eq!(
            (&running["platformVersion"], &running["platformFamily"]),
            (&json!("1.4.0"), &json!("Linux"))
        );
        let keys: Vec<_> = running["tags"].as_array().unwrap().iter().map(|tag| &tag["key"]).collect();
        assert_eq!(keys, ["own", "team", "aws:ecs:clusterName"]);
    }
    let bare = stage.ecs("DescribeTasks", json!({"tasks": [id, "none"]})).await;
    assert_eq!(bare["tasks"][0]["tags"], json!([]));
    assert_eq!(
        bare["failures"],
        json!([{"arn": "arn:aws:ecs:us-east-1:000000000000:task/default/none", "reason": "MISSING"}])
    );
    stage.ecs_fails("DescribeTasks", json!({"tasks": []}), "InvalidParameterException").await;
    stage.ecs_fails("DescribeTasks", json!({"tasks": vec!["x"; 101]}), "InvalidParameterException").await;
    stage
        .ecs_fails("DescribeTasks", json!({"tasks": [id], "cluster": "other"}), "ClusterNotFoundException")
        .await;
}

#[tokio::test]
async fn the_same_token_runs_the_same_tasks_once() {
    let mut stage = with_definition(&Clock::default()).await;
    let first = run(&stage, json!({"clientToken": "once"})).await;
    stage.restart(|builder| builder).await;
    assert_eq!(run(&stage, json!({"clientToken": "once"})).await, first);
    let other = with(task("ci"), "/clientToken", json!("once"));
    let other = with(other, "/count", json!(2));
    let reply = stage.send_call(&format!("{}.RunTask", super::stage::SERVICE), &other.to_string()).await;
    assert_eq!(reply.json()["resourceIds"], json!([first]));
    reply.excepted("ConflictException");
    assert_eq!(listed(&stage, json!({})).await, [first]);
}

#[tokio::test]
async fn tasks_are_listed_by_what_they_are_in_pages() {
    let stage = with_definition(&Clock::default()).await;
    stage.ecs("RegisterTaskDefinition", definition("cd", "alpine")).await;
    let one = run(&stage, json!({"startedBy": "a"})).await;
    let two = run(&stage, json!({"startedBy": "b"})).await;
    let three = run(&stage, json!({"taskDefinition": "cd"})).await;
    stage.ecs("StopTask", json!({"task": two})).await;
    for (input, expected) in [
        (json!({}), vec![&one, &three]),
        (json!({"family": "ci"}), vec![&one]),
        (json!({"startedBy": "b"}), vec![]),
        (json!({"startedBy": "b", "desiredStatus": "STOPPED"}), vec![&two]),
        (json!({"desiredStatus": "PENDING"}), vec![]),
        (json!({"launchType": "FARGATE"}), vec![&one, &three]),
        (json!({"launchType": "EC2"}), vec![]),
    ] {
        assert_eq!(listed(&stage, input.clone()).await.iter().collect::<Vec<_>>(), expected, "{input}");
    }
    let page = stage.ecs("ListTasks", json!({"maxResults": 1})).await;
    assert_eq!(page["taskArns"], json!([one]));
    let rest = stage.ecs("ListTasks", json!({"maxResults": 1, "nextToken": page["nextToken"]})).await;
    assert_eq!((&rest["taskArns"], rest.get("nextToken")), (&json!([three]), None));
    stage
        .ecs_fails(
            "ListTasks",
            json!({"family": "ci", "nextToken": page["nextToken"]}),
            "InvalidParameterException",
        )
        .await;
    stage.ecs_fails("ListTasks", json!({"serviceName": "web"}), "ServiceNotFoundException").await;
    stage.ecs_fails("ListTasks", json!({"containerInstance": "i"}), "InvalidParameterException").await;
    stage.ecs_fails("ListTasks", json!({"cluster": "other"}), "ClusterNotFoundException").await;
}

#[tokio::test]
async fn a_task_that_was_stopped_is_told_of_for_an_hour() {
    let clock = Clock::default();
    let stage = with_definition(&clock).await;
    let arn = run(&stage, json!({})).await;
    stage.ecs_fails("StopTask", json!({"task": "none"}), "InvalidParameterException").await;
    let stopped = stage.ecs("StopTask", json!({"task": arn, "reason": "enough"})).await["task"].clone();
    assert_eq!((&stopped["lastStatus"], &stopped["desiredStatus"]), (&json!("STOPPED"), &json!("STOPPED")));
    assert_eq!(
        (&stopped["stopCode"], &stopped["stoppedReason"]),
        (&json!("UserInitiated"), &json!("enough"))
    );
    assert_eq!(stopped["containers"][0].get("exitCode"), None);
    let again = stage.ecs("StopTask", json!({"task": arn, "reason": "again"})).await["task"].clone();
    assert_eq!(again, stopped);
    clock.advance(Duration::from_secs(3599));
    let described = async || stage.ecs("DescribeTasks", json!({"tasks": [arn]})).await;
    assert_eq!(described().await["tasks"][0]["stoppedReason"], "enough");
    clock.advance(Duration::from_secs(1));
    assert_eq!(described().await["failures"][0]["reason"], "MISSING");
    assert_eq!(listed(&stage, json!({"desiredStatus": "STOPPED"})).await, Vec::<String>::new());
}

#[tokio::test]
async fn there_is_one_cluster_and_it_counts_its_tasks() {
    let stage = with_definition(&Clock::default()).await;
    run(&stage, json!({"count": 2})).await;
    let arn = "arn:aws:ecs:us-east-1:000000000000:cluster/default";
    assert_eq!(stage.ecs("ListClusters", json!({})).await, json!({"clusterArns": [arn]}));
    stage.ecs_fails("ListClusters", json!({"nextToken": "x"}), "InvalidParameterException").await;
    let described = stage
        .ecs("DescribeClusters", json!({"clusters": [arn, "default", "other"], "include": ["STATISTICS"]}))
        .await;
    assert_eq!(described["clusters"].as_array().unwrap().len(), 1);
    assert_eq!(
        (&described["clusters"][0]["clusterArn"], &described["clusters"][0]["runningTasksCount"]),
        (&json!(arn), &json!(2))
    );
    assert_eq!(described["clusters"][0]["statistics"][0]["value"], "2");
    assert_eq!(
        described["failures"],
        json!([{"arn": "arn:aws:ecs:us-east-1:000000000000:cluster/other", "reason": "MISSING"}])
    );
    assert_eq!(stage.ecs("DescribeClusters", json!({})).await["clusters"][0]["status"], "ACTIVE");
}
