//! `ecs/`: the task definition, by AWS's own model of it and by a local ECS.

use ecr_local::EcrLocal;
use fixtures::tool::{Tool, pinned};
use image_service::config::Sources;

use super::{file, text};

const REGISTER: &str = r#"
import json, sys, boto3
ecs = boto3.client("ecs", endpoint_url=sys.argv[2], region_name="eu-central-1",
                   aws_access_key_id="123456789012", aws_secret_access_key="none")
definition = json.load(open(sys.argv[1]))
if len(sys.argv) > 3:
    definition["containerDefinitions"][0][sys.argv[3]] = definition["containerDefinitions"][0].pop("healthCheck")
registered = ecs.register_task_definition(**definition)["taskDefinition"]
assert registered["status"] == "ACTIVE" and registered["revision"] == 1, registered
container = registered["containerDefinitions"][0]
assert container["readonlyRootFilesystem"] and container["user"] == "65532:65532"
"#;

#[test]
fn its_variables_make_a_configuration_that_knows_its_callers() {
    let task: serde_json::Value = serde_json::from_str(&text("ecs/task-definition.json")).unwrap();
    let variables = task["containerDefinitions"][0]["environment"].as_array().unwrap().iter();
    let variables = variables.map(|variable| {
        let part = |key: &str| variable[key].as_str().unwrap().into();
        (part("name"), part("value"))
    });
    let config = Sources::gather(None, variables, []).config().unwrap();
    assert_eq!(config.access.identities.len(), 2);
    assert_eq!(config.access.mistakes(config.tls.as_ref()), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_local_ecs_takes_the_task_definition() {
    let folder = tempfile::tempdir().unwrap();
    let ecs = EcrLocal::builder(folder.path()).start().await.unwrap();
    let url = format!("http://{}", ecs.address());
    let register = || {
        Tool::new(pinned("python/bin/python")).args(["-c", REGISTER]).arg(file("ecs/task-definition.json"))
    };
    register().arg(&url).run().await.ok();
    // AWS's model of the call, which boto3 holds every key against.
    let said = register().args([url.as_str(), "healthChecks"]).run().await.refused();
    assert!(said.contains("Unknown parameter"), "{said}");
    ecs.shutdown().await;
}
