//! Task definitions: what is refused, what is filled in, and how revisions come and go.

use serde_json::{Value, json};

use super::stage::{definition, with};
use crate::stage::Stage;

const IMAGE: &str = "docker.io/library/alpine:3.20";

#[tokio::test]
async fn a_definition_that_could_not_run_is_refused() {
    let stage = Stage::start().await;
    let good = || definition("ci", IMAGE);
    let first = "/containerDefinitions/0";
    let twice = json!([{"name": "build", "image": "a"}, {"name": "build", "image": "b"}]);
    let port = json!([{"containerPort": 80, "hostPort": 8080}]);
    for (input, message) in [
        (with(good(), "/family", json!("ci/cd")), "Family contains invalid characters."),
        (with(good(), "/containerDefinitions", json!([])), "Container list cannot be empty."),
        (
            with(good(), "/containerDefinitions", twice),
            "The names of the containers of a task definition must be unique.",
        ),
        (with(good(), &format!("{first}/name"), Value::Null), "Container.name contains invalid characters."),
        (
            with(good(), &format!("{first}/image"), Value::Null),
            "Container.image should not be null or empty.",
        ),
        (
            with(good(), &format!("{first}/image"), json!("a b")),
            "Container.image contains invalid characters.",
        ),
        (
            with(good(), &format!("{first}/image"), json!("a".repeat(256))),
            "Container.image contains invalid characters.",
        ),
        (
            with(good(), &format!("{first}/image"), json!("a@sha256:12")),
            "Container.image contains invalid characters.",
        ),
        (
            with(good(), &format!("{first}/essential"), json!(false)),
            "A task definition must have at least one essential container.",
        ),
        (
            with(good(), &format!("{first}/portMappings"), port),
            "When networkMode=awsvpc, the host ports and container ports in port mappings must match.",
        ),
        (
            with(good(), &format!("{first}/mountPoints"), json!([{"sourceVolume": "work"}])),
            "Unknown volume 'work'.",
        ),
        (
            with(
                good(),
                &format!("{first}/dependsOn"),
                json!([{"containerName": "db", "condition": "START"}]),
            ),
            "Container 'db' that another one depends on does not exist.",
        ),
        (
            with(good(), &format!("{first}/healthCheck"), json!({"command": ["CMD"], "interval": 4})),
            "The interval of a health check is between 5 and 300.",
        ),
        (with(good(), "/networkMode", json!("bridge")), "Fargate only supports network mode 'awsvpc'."),
        (with(good(), "/cpu", Value::Null), "Fargate requires that 'cpu' be defined at the task level."),
        (
            with(good(), "/memory", Value::Null),
            "Fargate requires that 'memory' be defined at the task level.",
        ),
        (with(good(), "/cpu", json!("much")), "Invalid 'cpu' setting for task."),
        (with(good(), "/memory", json!("4096")), "No Fargate configuration exists for given values."),
        (
            with(
                definition("ci", "111111111111.dkr.ecr.us-east-1.amazonaws.com/app"),
                "/executionRoleArn",
                Value::Null,
            ),
            "Fargate requires task definition to have execution role ARN to support ECR images.",
        ),
        (
            json!({"family": "ci", "containerDefinitions": [{"name": "build", "image": IMAGE}]}),
            "Invalid setting for container 'build'. At least one of 'memory' or 'memoryReservation' must be specified.",
        ),
        (
            with(good(), &format!("{first}/command"), json!(["x".repeat(64 * 1024)])),
            "The task definition is larger than 64 KiB.",
        ),
    ] {
        assert_eq!(stage.ecs_fails("RegisterTaskDefinition", input, "ClientException").await, message);
    }
    let wrong = with(good(), "/networkMode", json!("carrier pigeon"));
    stage.ecs_fails("RegisterTaskDefinition", wrong, "InvalidParameterException").await;
    let tag = with(good(), "/tags", json!([{"key": "aws:mine", "value": "x"}]));
    stage.ecs_fails("RegisterTaskDefinition", tag, "InvalidParameterException").await;
    assert_eq!(stage.ecs("ListTaskDefinitions", json!({})).await["taskDefinitionArns"], json!([]));
}

#[tokio::test]
async fn what_a_definition_leaves_out_is_filled_in() {
    let stage = Stage::start().await;
    let asked =
        with(definition("ci", IMAGE), "/containerDefinitions/0/portMappings", json!([{"containerPort": 80}]));
    let asked = with(with(asked, "/cpu", json!("0.5 vCPU")), "/memory", json!("1 GB"));
    let asked = with(asked, "/tags", json!([{"key": "team", "value": "ci"}]));
    let answer = stage.ecs("RegisterTaskDefinition", asked).await;
    let made = &answer["taskDefinition"];
    assert_eq!(made["taskDefinitionArn"], "arn:aws:ecs:us-east-1:000000000000:task-definition/ci:1");
    assert_eq!(
        (&made["cpu"], &made["memory"], &made["status"]),
        (&json!("512"), &json!("1024"), &json!("ACTIVE"))
    );
    assert_eq!(made["compatibilities"], json!(["EC2", "FARGATE"]));
    assert_eq!(made["registeredBy"], "arn:aws:iam::000000000000:root");
    let container = &made["containerDefinitions"][0];
    assert_eq!(container["portMappings"], json!([{"containerPort": 80, "hostPort": 80, "protocol": "tcp"}]));
    assert_eq!(
        (&container["essential"], &container["cpu"], &container["environment"]),
        (&json!(true), &json!(0), &json!([]))
    );
    assert_eq!((&answer["tags"], made.get("tags")), (&json!([{"key": "team", "value": "ci"}]), None));
    let described = stage.ecs("DescribeTaskDefinition", json!({"taskDefinition": "ci"})).await;
    assert_eq!((&described["taskDefinition"], described.get("tags")), (made, None));
    let described =
        stage.ecs("DescribeTaskDefinition", json!({"taskDefinition": "ci:1", "include": ["TAGS"]})).await;
    assert_eq!(described["tags"], answer["tags"]);
}

#[tokio::test]
async fn a_revision_is_found_by_all_its_names_and_no_other() {
    let stage = Stage::start().await;
    stage.ecs("RegisterTaskDefinition", definition("ci", IMAGE)).await;
    let arn = "arn:aws:ecs:us-east-1:000000000000:task-definition/ci:1";
    for name in ["ci", "ci:1", arn] {
        let found = stage.ecs("DescribeTaskDefinition", json!({"taskDefinition": name})).await;
        assert_eq!(found["taskDefinition"]["taskDefinitionArn"], arn, "{name}");
    }
    for name in [
        "cd",
        "ci:2",
        "ci:x",
        "",
        "arn:aws:ecs:us-east-1:111111111111:task-definition/ci:1",
        "arn:aws:ecs:us-west-2:000000000000:task-definition/ci:1",
    ] {
        let message = stage
            .ecs_fails("DescribeTaskDefinition", json!({"taskDefinition": name}), "ClientException")
            .await;
        assert_eq!(message, "Unable to describe task definition.", "{name}");
    }
}

#[tokio::test]
async fn revisions_are_never_used_again_and_survive_a_restart() {
    let mut stage = Stage::start().await;
    for _ in 0..3 {
        stage.ecs("RegisterTaskDefinition", definition("ci", IMAGE)).await;
    }
    stage
        .ecs_fails("DeregisterTaskDefinition", json!({"taskDefinition": "ci"}), "InvalidParameterException")
        .await;
    stage.ecs_fails("DeregisterTaskDefinition", json!({"taskDefinition": "ci:9"}), "ClientException").await;
    let gone = stage.ecs("DeregisterTaskDefinition", json!({"taskDefinition": "ci:3"})).await;
    assert_eq!(gone["taskDefinition"]["status"], "INACTIVE");
    assert!(gone["taskDefinition"]["deregisteredAt"].is_i64(), "{gone}");
    stage.restart(|builder| builder).await;
    let latest = stage.ecs("DescribeTaskDefinition", json!({"taskDefinition": "ci"})).await;
    assert_eq!(latest["taskDefinition"]["revision"], 2);
    let gone = stage.ecs("DescribeTaskDefinition", json!({"taskDefinition": "ci:3"})).await;
    assert_eq!(gone["taskDefinition"]["status"], "INACTIVE");
    let next = stage.ecs("RegisterTaskDefinition", definition("ci", IMAGE)).await;
    assert_eq!(next["taskDefinition"]["revision"], 4);
}

#[tokio::test]
async fn definitions_are_listed_by_family_and_revision_in_pages() {
    let stage = Stage::start().await;
    for family in ["b", "a", "b", "ab"] {
        stage.ecs("RegisterTaskDefinition", definition(family, IMAGE)).await;
    }
    stage.ecs("DeregisterTaskDefinition", json!({"taskDefinition": "b:1"})).await;
    let list = async |input: Value| {
        let answer = stage.ecs("ListTaskDefinitions", input).await;
        let short = |arn: &Value| arn.as_str().unwrap().rsplit_once('/').unwrap().1.to_owned();
        let names: Vec<_> = answer["taskDefinitionArns"].as_array().unwrap().iter().map(short).collect();
        (names.join(" "), answer["nextToken"].clone())
    };
    assert_eq!(list(json!({})).await, ("a:1 ab:1 b:2".to_owned(), Value::Null));
    assert_eq!(list(json!({"sort": "DESC"})).await.0, "b:2 ab:1 a:1");
    assert_eq!(list(json!({"familyPrefix": "a"})).await.0, "a:1");
    assert_eq!(list(json!({"status": "INACTIVE"})).await.0, "b:1");
    for sort in ["ASC", "DESC"] {
        let (mut names, mut next) = (Vec::new(), Value::Null);
        for _ in 0..3 {
            let page = list(json!({"sort": sort, "maxResults": 1, "nextToken": next})).await;
            names.push(page.0);
            next = page.1;
        }
        assert_eq!((names.join(" "), next), (list(json!({"sort": sort})).await.0, Value::Null));
    }
    let token = list(json!({"maxResults": 1})).await.1;
    for input in [
        json!({"nextToken": token, "sort": "DESC"}),
        json!({"nextToken": "x"}),
        json!({"maxResults": 0}),
        json!({"maxResults": 101}),
    ] {
        stage.ecs_fails("ListTaskDefinitions", input, "InvalidParameterException").await;
    }
}
