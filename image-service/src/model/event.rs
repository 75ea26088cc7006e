//! What was done to images and credentials.

use std::{collections::BTreeMap, fmt, str::FromStr};

use time::OffsetDateTime;

use super::{Digest, Reference, RegistryHost};

/// What was done. The words are dockerd's, where it has one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum EventAction {
    /// A reference was pulled, whether or not it brought anything new.
    Pull,
    /// An image came in an archive.
    Load,
    /// An image was made of a root file system.
    Import,
    /// An image was given a name.
    Tag,
    /// An image lost a tag.
    Untag,
    /// An image is gone.
    Delete,
    /// An image was pushed under a name.
    Push,
    /// An image went into an archive.
    Save,
    /// A registry's credential was kept.
    CredentialStored,
    /// A registry's credential was dropped.
    CredentialForgotten,
}

/// What it was done to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum EventSubject {
    /// An image.
    Image {
        /// The image.
        id: Digest,
        /// The name that it concerns, if one does.
        reference: Option<Reference>,
    },
    /// The credential of a registry.
    Credential(RegistryHost),
}

/// Something that was done.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Event {
    /// From 1, in the order in which it was committed; of all namespaces together.
    pub sequence: u64,
    /// By the clock of the service that did it.
    pub time: OffsetDateTime,
    /// What was done.
    pub action: EventAction,
    /// To what.
    pub subject: EventSubject,
    /// The image's labels, as they were then; none if they are long.
    pub labels: BTreeMap<String, String>,
}

impl EventAction {
    /// Every one.
    pub const ALL: [Self; 10] = [
        Self::Pull,
        Self::Load,
        Self::Import,
        Self::Tag,
        Self::Untag,
        Self::Delete,
        Self::Push,
        Self::Save,
        Self::CredentialStored,
        Self::CredentialForgotten,
    ];

    /// Its word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pull => "pull",
            Self::Load => "load",
            Self::Import => "import",
            Self::Tag => "tag",
            Self::Untag => "untag",
            Self::Delete => "delete",
            Self::Push => "push",
            Self::Save => "save",
            Self::CredentialStored => "credential-stored",
            Self::CredentialForgotten => "credential-forgotten",
        }
    }

    /// Whether it is done to a credential, and not to an image.
    #[must_use]
    pub const fn concerns_credential(self) -> bool {
        matches!(self, Self::CredentialStored | Self::CredentialForgotten)
    }
}

impl fmt::Display for EventAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for EventAction {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let action = Self::ALL.into_iter().find(|action| action.as_str() == text);
        action.ok_or_else(|| format!("{text:?} is nothing that is done"))
    }
}

impl EventSubject {
    /// Whether it goes by a name: an image's ID, the familiar reference or its repository, or the registry.
    #[must_use]
    pub fn is_called(&self, name: &str) -> bool {
        match self {
            Self::Credential(registry) => registry.as_str() == name,
            Self::Image { id, reference } => {
                id.to_string() == name
                    || reference.as_ref().is_some_and(|reference| {
                        reference.familiar() == name || reference.repository.familiar() == name
                    })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_read_as_what_it_was_written_for() {
        for action in EventAction::ALL {
            assert_eq!(action.as_str().parse(), Ok(action));
        }
        assert!("explode".parse::<EventAction>().is_err());
    }

    #[test]
    fn a_subject_goes_by_its_id_its_reference_and_its_repository() {
        let id = Digest::of(b"{}");
        let reference = Some("docker.io/library/nginx:1.25".parse().unwrap());
        let image = EventSubject::Image { id: id.clone(), reference };
        for name in [&id.to_string(), "nginx:1.25", "nginx"] {
            assert!(image.is_called(name), "{name}");
        }
        assert!(!image.is_called("nginx:1") && !image.is_called(""));
        assert!(!EventSubject::Image { id, reference: None }.is_called("nginx"));
        assert!(EventSubject::Credential("ghcr.io".parse().unwrap()).is_called("ghcr.io"));
    }
}
