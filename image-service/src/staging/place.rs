//! Where everything is staged, and whose that is.

use crate::{
    error::{Error, Result},
    model::{Digest, Repository, Tag, Target},
};

/// Digits of a store's ID: enough that two stores of one repository never share them.
const STORE_DIGITS: usize = 12;
/// Digits of a manifest's digest, so that a tag is never longer than the 128 characters that it may have.
const DIGEST_DIGITS: usize = 64;

/// One repository of one registry.
#[derive(Clone, Debug)]
pub struct StagingPlace {
    /// Where.
    pub repository: Repository,
    /// The ID of the store that records what is staged.
    pub store: String,
    /// Whether others may use the repository, too: another store may need the same manifest, and a user may have given it a tag.
    pub shared: bool,
}

impl StagingPlace {
    /// Each manifest has a tag of its own for each store, so that no tag is ever moved, registries that drop what has no tag keep it, and no
    /// store takes from another what keeps the manifest there.
    ///
    /// Not `sha256-…`, which is where the OCI distribution-spec looks for referrers.
    pub(super) fn keeping_tag(&self, manifest: &Digest) -> Result<Tag> {
        let store: String =
            self.store.chars().filter(char::is_ascii_alphanumeric).take(STORE_DIGITS).collect();
        let digest: String = manifest.hex().chars().take(DIGEST_DIGITS).collect();
        format!("staged-{store}-{digest}").parse().map_err(Error::internal)
    }

    /// What to delete when this store needs a manifest no more.
    pub(super) fn to_delete(&self, manifest: &Digest) -> Result<Target> {
        match self.shared {
            true => self.keeping_tag(manifest).map(Target::Tag),
            false => Ok(Target::Digest(manifest.clone())),
        }
    }
}
