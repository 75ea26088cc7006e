//! Removing a name or an image, by Docker's rules.

use super::Operations;
use crate::{
    error::{Error, Result},
    model::{Image, ImageName, Namespace, Reference, Removed},
};

impl Operations {
    /// Removes what `name` names, and says what went, in order.
    pub async fn remove(&self, namespace: &Namespace, name: &str, force: bool) -> Result<Vec<Removed>> {
        if name.trim().is_empty() {
            return Err(Error::Argument("image name cannot be blank".into()));
        }
        let name = ImageName::parse(name)?;
        let wanted = name.clone();
        self.ports.images.remove(namespace, &name, Box::new(move |image| plan(image, &wanted, force))).await
    }
}

fn plan(image: &Image, name: &ImageName, force: bool) -> Result<Vec<Removed>> {
    let references = image.references();
    let mut removed = match named_reference(&references, name) {
        Some(reference) => untagged_by_reference(&references, reference),
        None if is_single(&references) || force => references.clone(),
        None => return Err(Error::Referenced { short_id: image.id.hex()[..12].to_owned() }),
    };
    let all_names_gone = removed.len() == references.len();
    let mut steps: Vec<_> = removed.drain(..).map(Removed::Untagged).collect();
    if all_names_gone {
        steps.push(Removed::Deleted(image.id.clone()));
    }
    Ok(steps)
}

/// The one of the image's references that the name names; nothing if it names the image by its ID.
fn named_reference<'a>(references: &'a [Reference], name: &ImageName) -> Option<&'a Reference> {
    let ImageName::Reference { reference: wanted, .. } = name else { return None };
    references.iter().find(|held| held.repository == wanted.repository && held.target() == wanted.target())
}

/// The reference; with a repository's last tag also that repository's digests.
fn untagged_by_reference(references: &[Reference], named: &Reference) -> Vec<Reference> {
    let same_repository = || references.iter().filter(|other| other.repository == named.repository);
    let keeps_a_tag = same_repository().any(|other| other.tag.is_some() && other != named);
    let mut untagged = vec![named.clone()];
    if named.digest.is_none() && !keeps_a_tag {
        untagged.extend(same_repository().filter(|other| other.digest.is_some()).cloned());
    }
    untagged
}

/// At most one tag, and everything in one repository.
fn is_single(references: &[Reference]) -> bool {
    let tags = references.iter().filter(|reference| reference.tag.is_some()).count();
    let one_repository = references.windows(2).all(|pair| pair[0].repository == pair[1].repository);
    tags <= 1 && one_repository
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Digest;

    const DIGEST: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    fn image(names: &[&str]) -> Image {
        let mut image = Image {
            id: Digest::of(b"{}"),
            config: "{}".into(),
            layer_sizes: vec![],
            tags: vec![],
            digests: vec![],
            last_tagged: None,
        };
        for name in names {
            let reference: Reference = name.parse().unwrap();
            match (reference.tag, reference.digest) {
                (Some(tag), _) => image.tags.push((reference.repository, tag)),
                (None, Some(digest)) => image.digests.push((reference.repository, digest)),
                (None, None) => panic!("{name} names nothing"),
            }
        }
        image
    }

    fn removed(names: &[&str], name: &str, force: bool) -> Vec<String> {
        let image = image(names);
        let name = if name == "ID" { image.id.to_string() } else { name.to_owned() };
        let steps = plan(&image, &ImageName::parse(&name).unwrap(), force);
        let steps = steps.map_err(|error| vec![error.to_string()]);
        steps.map_or_else(|error| error, |steps| steps.into_iter().map(shown).collect())
    }

    fn shown(step: Removed) -> String {
        match step {
            Removed::Untagged(reference) => reference.familiar().replace(DIGEST, "D"),
            Removed::Deleted(_) => "deleted".into(),
        }
    }

    #[test]
    fn one_of_several_tags_only_loses_its_name() {
        assert_eq!(removed(&["a:1", "a:2", &format!("a@{DIGEST}")], "a:1", false), ["a:1"]);
        assert_eq!(removed(&["a:1", "b:1"], "a:1", true), ["a:1"]);
    }

    #[test]
    fn the_last_tag_of_a_repository_takes_its_digests_along() {
        let digest = format!("a@{DIGEST}");
        assert_eq!(removed(&["a:1", &digest], "a:1", false), ["a:1", "a@D", "deleted"]);
        assert_eq!(removed(&["a:1", "b:1", &digest], "a:1", false), ["a:1", "a@D"]);
        assert_eq!(removed(&["a:1", &digest], &digest, false), ["a@D"]);
        assert_eq!(removed(&[&digest], &digest, false), ["a@D", "deleted"]);
    }

    #[test]
    fn an_id_removes_an_image_with_one_name() {
        assert_eq!(removed(&["a:1", &format!("a@{DIGEST}")], "ID", false), ["a:1", "a@D", "deleted"]);
        assert_eq!(removed(&[], "ID", false), ["deleted"]);
    }

    #[test]
    fn an_id_with_several_names_needs_force() {
        let id = &Digest::of(b"{}").hex()[..12].to_owned();
        let conflict = format!(
            "conflict: unable to delete {id} (must be forced) - image is referenced in multiple repositories"
        );
        assert_eq!(removed(&["a:1", "a:2"], "ID", false), std::slice::from_ref(&conflict));
        assert_eq!(removed(&["a:1", &format!("b@{DIGEST}")], "ID", false), [conflict]);
        assert_eq!(removed(&["b:1", "a:2", "a:1"], "ID", true), ["a:1", "a:2", "b:1", "deleted"]);
    }
}
