//! What a request is about, as far as it is known.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::RegistryId;

const LONGEST: usize = 256;

/// One of the two interfaces.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Plane {
    /// AWS's calls.
    Control,
    /// OCI distribution.
    #[default]
    Data,
}

/// A request. Members are filled in as they are found out; one that is refused early keeps what was known by then.
#[derive(Clone, Default, Debug)]
pub(crate) struct Subject {
    pub(crate) plane: Plane,
    /// AWS's name of the call, or that of the endpoint (`GetManifest`). Empty for what is neither.
    pub(crate) operation: Cow<'static, str>,
    pub(crate) registry: Option<RegistryId>,
    pub(crate) repository: Option<String>,
    /// The id of an access key, or the name of a user. Never a secret.
    pub(crate) principal: Option<String>,
}

impl Subject {
    pub(crate) fn of(plane: Plane) -> Self {
        Self { plane, ..Self::default() }
    }

    /// Says which repository is meant, and whose. What a client says is cut to what a name may have.
    pub(crate) fn is_about(&mut self, registry: RegistryId, repository: Option<&str>) {
        self.registry = Some(registry);
        self.repository = repository.map(Self::short);
    }

    /// A name that a client gave, cut to the longest that there is.
    pub(crate) fn short(name: &str) -> String {
        name.chars().take(LONGEST).collect()
    }

    /// Whether it is on a plane, and patterns take its operation and its repository. What is not given takes everything.
    pub(crate) fn is_of(
        &self,
        plane: Option<Plane>,
        operation: Option<&str>,
        repository: Option<&str>,
    ) -> bool {
        let takes = |pattern: Option<&str>, text: Option<&str>| {
            pattern.is_none_or(|pattern| text.is_some_and(|text| super::wildcard::matches(pattern, text)))
        };
        plane.is_none_or(|plane| plane == self.plane)
            && takes(operation, Some(&self.operation))
            && takes(repository, self.repository.as_deref())
    }
}
