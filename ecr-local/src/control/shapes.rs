//! What requests must look like, as the service models have it (`model/generate.py` writes the tables).

use std::{collections::BTreeMap, sync::LazyLock};

use regex::Regex;
use serde::Deserialize;

/// The operations of a service, and the shapes that their inputs are made of.
#[derive(Deserialize, Debug)]
pub(crate) struct Service {
    /// Operation to shape.
    operations: BTreeMap<String, String>,
    shapes: BTreeMap<String, Shape>,
}

/// A shape with its constraints.
#[derive(Deserialize, Debug)]
pub(crate) struct Shape {
    #[serde(rename = "type")]
    pub(crate) kind: Kind,
    pub(crate) min: Option<u64>,
    pub(crate) max: Option<u64>,
    pub(crate) pattern: Option<Pattern>,
    #[serde(default, rename = "enum")]
    pub(crate) values: Vec<String>,
    #[serde(default)]
    pub(crate) required: Vec<String>,
    /// Name to shape.
    #[serde(default)]
    pub(crate) members: BTreeMap<String, String>,
    /// Of a list: the shape of its entries.
    pub(crate) member: Option<String>,
    /// Of a map: the shapes of its keys and values.
    pub(crate) key: Option<String>,
    pub(crate) value: Option<String>,
}

/// What a value is.
#[derive(Deserialize, Clone, Copy, PartialEq, Eq, Debug)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    Structure,
    List,
    Map,
    String,
    Blob,
    Integer,
    Long,
    Boolean,
    Double,
    Timestamp,
}

/// A regular expression that a whole text must satisfy. One that cannot be read takes everything.
#[derive(Deserialize, Debug)]
#[serde(from = "String")]
pub(crate) struct Pattern {
    /// As the model has it.
    pub(crate) text: String,
    regex: Option<Regex>,
}

static ECR: LazyLock<Service> = LazyLock::new(|| parse(include_str!("../../model/ecr.json")));
static ECR_PUBLIC: LazyLock<Service> = LazyLock::new(|| parse(include_str!("../../model/ecr-public.json")));
static ECS: LazyLock<Service> = LazyLock::new(|| parse(include_str!("../../model/ecs.json")));
static STS: LazyLock<Service> = LazyLock::new(|| parse(include_str!("../../model/sts.json")));

/// A table that cannot be read has no operations; a test reads them all.
fn parse(table: &str) -> Service {
    serde_json::from_str(table)
        .unwrap_or_else(|_| Service { operations: BTreeMap::new(), shapes: BTreeMap::new() })
}

impl Service {
    /// The service with private registries.
    pub(crate) fn ecr() -> &'static Self {
        &ECR
    }

    /// The service with public ones.
    pub(crate) fn ecr_public() -> &'static Self {
        &ECR_PUBLIC
    }

    /// What is here of the service that runs containers.
    pub(crate) fn ecs() -> &'static Self {
        &ECS
    }

    /// What is here of the service that gives out temporary credentials.
    pub(crate) fn sts() -> &'static Self {
        &STS
    }

    /// The shape of an operation's input, if there is such an operation.
    pub(crate) fn input_of(&self, operation: &str) -> Option<&Shape> {
        self.shape(self.operations.get(operation)?)
    }

    /// A shape by its name.
    pub(crate) fn shape(&self, name: &str) -> Option<&Shape> {
        self.shapes.get(name)
    }
}

impl Pattern {
    pub(crate) fn takes(&self, text: &str) -> bool {
        self.regex.as_ref().is_none_or(|regex| regex.is_match(text))
    }
}

impl From<String> for Pattern {
    fn from(text: String) -> Self {
        let regex = Regex::new(&format!("^(?:{text})$")).ok();
        Self { text, regex }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_tables_and_all_their_patterns_can_be_read() {
        let services = [&*ECR, &*ECR_PUBLIC, &*ECS, &*STS];
        assert_eq!(services.map(|service| service.operations.len()), [62, 23, 10, 3]);
        for service in services {
            assert!(service.operations.keys().all(|operation| service.input_of(operation).is_some()));
            for (name, shape) in &service.shapes {
                let pattern = shape.pattern.as_ref();
                assert!(pattern.is_none_or(|pattern| pattern.regex.is_some()), "{name}");
                let mut referred =
                    shape.members.values().chain(&shape.member).chain(&shape.key).chain(&shape.value);
                assert!(referred.all(|name| service.shape(name).is_some()), "{name}");
            }
        }
    }
}
