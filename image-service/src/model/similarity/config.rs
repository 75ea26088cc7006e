//! The members of an image config that a document is made of and that nothing else here reads (OCI image-spec, config.md).

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, Visitor},
};

use crate::model::Bounded;

/// Variables, arguments.
const MOST: usize = 10_000;
/// Of the names of an object, so many are read.
const MOST_NAMES: usize = 1_000;

/// What a container is started with. A config in which one of these is not of its type has none of them.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(super) struct RunConfig {
    env: Option<Bounded<String, MOST>>,
    entrypoint: Option<Bounded<String, MOST>>,
    cmd: Option<Bounded<String, MOST>>,
    exposed_ports: Option<Names>,
    user: Option<String>,
    working_dir: Option<String>,
}

#[derive(Deserialize)]
struct Wire {
    config: Option<RunConfig>,
}

impl RunConfig {
    pub(super) fn parse(config: &[u8]) -> Self {
        serde_json::from_slice::<Wire>(config).ok().and_then(|wire| wire.config).unwrap_or_default()
    }

    /// Name and value of each variable.
    pub(super) fn env(&self) -> impl Iterator<Item = (&str, &str)> {
        let all = self.env.iter().flat_map(|Bounded(all)| all);
        all.map(|variable| variable.split_once('=').unwrap_or((variable, "")))
    }

    /// Entrypoint and command as one line each.
    pub(super) fn commands(&self) -> impl Iterator<Item = String> {
        [&self.entrypoint, &self.cmd].into_iter().flatten().map(|Bounded(arguments)| arguments.join(" "))
    }

    /// `80/tcp`
    pub(super) fn ports(&self) -> impl Iterator<Item = &str> {
        self.exposed_ports.iter().flat_map(|Names(names)| names).map(String::as_str)
    }

    pub(super) fn user(&self) -> &str {
        self.user.as_deref().unwrap_or_default()
    }

    pub(super) fn working_dir(&self) -> &str {
        self.working_dir.as_deref().unwrap_or_default()
    }
}

/// The names of an object's members.
struct Names(Vec<String>);

impl<'de> Deserialize<'de> for Names {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Object).map(Self)
    }
}

struct Object;

impl<'de> Visitor<'de> for Object {
    type Value = Vec<String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut names = Vec::new();
        while let Some((name, IgnoredAny)) = map.next_entry::<String, IgnoredAny>()? {
            if names.len() < MOST_NAMES {
                names.push(name);
            }
        }
        names.sort();
        Ok(names)
    }
}
