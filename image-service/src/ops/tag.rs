//! Another name for an image. Never asks a registry.

use super::Operations;
use crate::{
    error::Result,
    model::{Digest, ImageName, Namespace, Reference, ReferenceError, Repository, Tag},
};

impl Operations {
    /// Names the image that `source` names `repository:tag`; answers with its ID and the new name.
    pub async fn tag(
        &self,
        namespace: &Namespace,
        source: &str,
        repository: &str,
        tag: &str,
    ) -> Result<(Digest, Reference)> {
        let (repository, tag) = new_name(repository, tag)?;
        let source = ImageName::parse(source)?;
        let image = self.ports.images.tag(namespace, &source, &repository, &tag).await?;
        Ok((image, Reference::tagged(repository, tag)))
    }
}

/// What `repository` and `tag` name together.
pub(super) fn new_name(repository: &str, tag: &str) -> Result<(Repository, Tag), ReferenceError> {
    let written: Reference = repository.parse()?;
    if written.digest.is_some() {
        return Err(ReferenceError::DigestAsTag);
    }
    let tag = match tag {
        "" => written.tag.unwrap_or_else(Tag::latest),
        tag => tag.parse()?,
    };
    if Digest::is_algorithm(&written.repository.familiar()) {
        return Err(ReferenceError::AlgorithmName);
    }
    Ok((written.repository, tag))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_given_tag_replaces_one_in_the_repository() {
        for (repository, tag, name) in [
            ("foo", "", "foo:latest"),
            ("foo:a", "", "foo:a"),
            ("foo:a", "b", "foo:b"),
            ("docker.io/library/foo", "b", "foo:b"),
            ("127.0.0.1:5000/team/app", "v1", "127.0.0.1:5000/team/app:v1"),
        ] {
            let (repository, tag) = new_name(repository, tag).unwrap();
            assert_eq!(Reference::tagged(repository, tag).familiar(), name);
        }
    }

    #[test]
    fn names_that_would_mislead_are_refused() {
        let digest = format!("foo@sha256:{}", "a".repeat(64));
        for (repository, tag, why) in [
            (digest.as_str(), "", ReferenceError::DigestAsTag),
            (digest.as_str(), "v1", ReferenceError::DigestAsTag),
            ("sha256", "abc", ReferenceError::AlgorithmName),
            ("foo", "bad tag", ReferenceError::Tag),
            ("", "", ReferenceError::Format),
            ("FOO", "", ReferenceError::Uppercase("library/FOO".into())),
        ] {
            assert_eq!(new_name(repository, tag), Err(why), "{repository} {tag}");
        }
    }
}
