//! What a token is for: `repository:team/app:pull,push`.

use serde::{Deserialize, Serialize};

/// More than any client asks for at once; a token is a header and must fit into one.
const MOST: usize = 32;

/// Something that may be done.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Action {
    Pull,
    Push,
    Delete,
    /// Of the catalogue.
    List,
}

/// A resource, and what may be done to it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Scope {
    #[serde(rename = "type")]
    kind: String,
    name: String,
    actions: Vec<String>,
}

impl Action {
    fn name(self) -> &'static str {
        match self {
            Self::Pull => "pull",
            Self::Push => "push",
            Self::Delete => "delete",
            Self::List => "*",
        }
    }

    /// The scope that a challenge names. A push reads as well.
    pub(crate) fn scope(self, repository: Option<&str>) -> String {
        match (self, repository) {
            (Self::Push, Some(name)) => format!("repository:{name}:pull,push"),
            (_, Some(name)) => format!("repository:{name}:{}", self.name()),
            (_, None) => "registry:catalog:*".to_owned(),
        }
    }
}

impl Scope {
    /// Reads scope parameters, each of which may hold several. What is none is left out.
    pub(crate) fn parse_all<'s>(texts: impl Iterator<Item = &'s str>) -> Vec<Self> {
        texts.flat_map(str::split_ascii_whitespace).filter_map(Self::parse).take(MOST).collect()
    }

    fn parse(text: &str) -> Option<Self> {
        let (kind, rest) = text.split_once(':')?;
        let (name, actions) = rest.rsplit_once(':')?;
        let actions = actions.split(',').map(str::to_owned).collect();
        Some(Self { kind: kind.to_owned(), name: name.to_owned(), actions })
    }

    /// Whether it is to pull from this repository and no more.
    pub(crate) fn is_pull_of(&self, takes: impl Fn(&str) -> bool) -> bool {
        self.kind == "repository" && takes(&self.name) && self.actions == [Action::Pull.name()]
    }

    pub(super) fn allows(&self, action: Action, repository: Option<&str>) -> bool {
        let (kind, name) = match repository {
            Some(name) => ("repository", name),
            None => ("registry", "catalog"),
        };
        let allowed = |granted: &String| granted == action.name() || granted == "*";
        self.kind == kind && self.name == name && self.actions.iter().any(allowed)
    }
}
