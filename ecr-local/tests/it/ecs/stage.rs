//! Calls of ECS.

use serde_json::{Value, json};

use crate::stage::Stage;

pub(crate) const SERVICE: &str = "AmazonEC2ContainerServiceV20141113";

/// A definition for Fargate with one container of an image.
pub(crate) fn definition(family: &str, image: &str) -> Value {
    json!({
        "family": family,
        "containerDefinitions": [{"name": "build", "image": image}],
        "executionRoleArn": "arn:aws:iam::000000000000:role/execution",
        "networkMode": "awsvpc",
        "requiresCompatibilities": ["FARGATE"],
        "cpu": "256",
        "memory": "512",
    })
}

/// What runs a task of a definition.
pub(crate) fn task(definition: &str) -> Value {
    json!({
        "taskDefinition": definition,
        "launchType": "FARGATE",
        "networkConfiguration": {"awsvpcConfiguration": {"subnets": ["subnet-1"]}},
    })
}

/// An input with a member changed, or without it.
pub(crate) fn with(mut input: Value, path: &str, value: Value) -> Value {
    match (path.rsplit_once('/'), value) {
        (Some((place, name)), Value::Null) => {
            input.pointer_mut(place).unwrap().as_object_mut().unwrap().remove(name);
        }
        (Some((place, name)), value) => input.pointer_mut(place).unwrap()[name] = value,
        (None, _) => panic!("{path} is no pointer"),
    }
    input
}

impl Stage {
    /// Makes a call of ECS that must work.
    pub(crate) async fn ecs(&self, operation: &str, input: Value) -> Value {
        self.send_call(&format!("{SERVICE}.{operation}"), &input.to_string()).await.expect(200).json()
    }

    /// Makes one that must fail with a code, and gives the message.
    pub(crate) async fn ecs_fails(&self, operation: &str, input: Value, code: &str) -> String {
        self.send_call(&format!("{SERVICE}.{operation}"), &input.to_string()).await.excepted(code)
    }

    /// Runs a task of a new definition with this image, and describes it.
    pub(crate) async fn run(&self, image: &str) -> Value {
        self.ecs("RegisterTaskDefinition", definition("images", image)).await;
        let run = self.ecs("RunTask", task("images")).await;
        let described = self.ecs("DescribeTasks", json!({"tasks": [run["tasks"][0]["taskArn"]]})).await;
        described["tasks"][0].clone()
    }
}
