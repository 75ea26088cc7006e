//! The exceptions that operations have by botocore's service models.

use std::collections::HashMap;

use fixtures::tool::{Tool, pinned};
use image_service::ecr::{Operation, Service};
use serde_json::Value;

const TELL: &str = r#"
import json, botocore.session
def exceptions(service):
    model = botocore.session.get_session().get_service_model(service)
    return {name: [shape.name for shape in model.operation_model(name).error_shapes] for name in model.operation_names}
print(json.dumps({service: exceptions(service) for service in ("ecr", "ecr-public", "ecs")}))
"#;

/// Exceptions by service and operation.
pub(super) struct Models(HashMap<String, HashMap<String, Vec<String>>>);

impl Models {
    pub(super) async fn read() -> Self {
        let told = Tool::new(pinned("python/bin/python")).args(["-c", TELL]).run().await.ok();
        let told: Value = serde_json::from_str(&told).unwrap();
        Self(serde_json::from_value(told).unwrap())
    }

    /// Those of one operation.
    pub(super) fn exceptions(&self, operation: Operation) -> &[String] {
        let service = match operation.service() {
            Service::Ecr => "ecr",
            Service::Public => "ecr-public",
            Service::Ecs => "ecs",
        };
        &self.0[service][operation.name()]
    }
}
