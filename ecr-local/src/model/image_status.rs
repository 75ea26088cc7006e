//! Where an image is kept: at hand, or in the archive.

/// Whether an image can be pulled.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(crate) enum ImageStatus {
    #[default]
    Active,
    Archived,
    /// On its way back from the archive.
    Activating,
}

impl ImageStatus {
    /// What the interface calls it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Active => "ACTIVE",
            Self::Archived => "ARCHIVED",
            Self::Activating => "ACTIVATING",
        }
    }

    /// Reads a name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        [Self::Active, Self::Archived, Self::Activating].into_iter().find(|status| status.name() == name)
    }

    /// As rows have it: whether an image is archived, when it was or will be back, and what time it is.
    pub(crate) fn of(is_archived: bool, activated: Option<i64>, now: i64) -> Self {
        match (is_archived, activated) {
            (true, _) => Self::Archived,
            (false, Some(activated)) if activated > now => Self::Activating,
            (false, _) => Self::Active,
        }
    }
}
