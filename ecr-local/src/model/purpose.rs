//! Why a registry makes a repository by itself.

/// What a creation template may be for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Purpose {
    CreateOnPush,
    PullThroughCache,
    Replication,
}

impl Purpose {
    /// What the interface calls it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::CreateOnPush => "CREATE_ON_PUSH",
            Self::PullThroughCache => "PULL_THROUGH_CACHE",
            Self::Replication => "REPLICATION",
        }
    }
}
