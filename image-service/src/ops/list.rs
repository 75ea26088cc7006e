//! Listing images: page by page from the store, filtered on the way, so that no listing is ever held in memory.

use time::{OffsetDateTime, UtcOffset};

use super::Operations;
use crate::{
    error::Result,
    model::{ImageConfig, ImageName, ImageSummary, Namespace, Pattern, Reference, has_label},
    ports::ListCursor,
};

/// An image brings its labels along, which may be large.
const PAGE: u32 = 100;

/// Docker's filters. Keys are AND-ed.
#[derive(Clone, Debug, Default)]
pub struct ListFilters {
    /// Without (with) a tag.
    pub dangling: Option<bool>,
    /// `key` or `key=value`; all must hold.
    pub labels: Vec<String>,
    /// One must match; names that match none are left out.
    pub references: Vec<Pattern>,
    /// Created before all of these.
    pub before: Vec<ImageName>,
    /// Created after all of these.
    pub since: Vec<ImageName>,
    /// Created before this time.
    pub until: Option<OffsetDateTime>,
}

/// A listing under way.
#[derive(Debug)]
pub struct Listing {
    operations: Operations,
    namespace: Namespace,
    conditions: Conditions,
    after: Option<ListCursor>,
    done: bool,
}

/// The filters with every name looked up.
#[derive(Debug)]
struct Conditions {
    filters: ListFilters,
    newest: Option<OffsetDateTime>,
    oldest: Option<OffsetDateTime>,
}

impl Operations {
    /// Starts a listing, newest first.
    pub async fn list(&self, namespace: Namespace, filters: ListFilters) -> Result<Listing> {
        let before = self.creation_times(&namespace, &filters.before).await?;
        let since = self.creation_times(&namespace, &filters.since).await?;
        let newest = before.into_iter().chain(filters.until).min();
        let conditions = Conditions { newest, oldest: since.into_iter().max(), filters };
        let after = conditions.beginning();
        Ok(Listing { operations: self.clone(), namespace, conditions, after, done: false })
    }

    async fn creation_times(
        &self,
        namespace: &Namespace,
        names: &[ImageName],
    ) -> Result<Vec<OffsetDateTime>> {
        let mut times = Vec::with_capacity(names.len());
        for name in names {
            let found = self.ports.images.find(namespace, name).await?;
            let created = ImageConfig::parse(&found.image.config).ok().and_then(|config| config.created);
            times.push(created.unwrap_or(OffsetDateTime::UNIX_EPOCH));
        }
        Ok(times)
    }
}

impl Listing {
    /// The next images that pass; empty at the end.
    pub async fn next_page(&mut self) -> Result<Vec<ImageSummary>> {
        while !self.done {
            let images = &self.operations.ports.images;
            let page = images.list(&self.namespace, self.after.as_ref(), PAGE).await?;
            self.done = page.len() < PAGE as usize || self.conditions.end_with(page.last());
            self.after =
                page.last().map(|last| ListCursor { created: last.created, id: Some(last.id.clone()) });
            let passed: Vec<_> = page.into_iter().filter_map(|image| self.conditions.admit(image)).collect();
            if !passed.is_empty() {
                return Ok(passed);
            }
        }
        Ok(Vec::new())
    }
}

impl Conditions {
    /// Where images begin that are old enough: whatever is newer need not be read.
    fn beginning(&self) -> Option<ListCursor> {
        let newest = self.newest?.checked_to_offset(UtcOffset::UTC)?;
        Some(ListCursor { created: Some(newest), id: None })
    }

    /// Whether every image after this one is too old. Those without a date come last, and count as made in 1970.
    fn end_with(&self, last: Option<&ImageSummary>) -> bool {
        let created = last.and_then(|last| last.created);
        let is_too_old = |oldest| created.is_some_and(|created| created <= oldest);
        self.oldest.is_some_and(|oldest| oldest >= OffsetDateTime::UNIX_EPOCH && is_too_old(oldest))
    }

    /// The image as the listing shows it, if it shows it.
    fn admit(&self, image: ImageSummary) -> Option<ImageSummary> {
        let created = image.created.unwrap_or(OffsetDateTime::UNIX_EPOCH);
        let in_time = self.newest.is_none_or(|newest| created < newest)
            && self.oldest.is_none_or(|oldest| created > oldest);
        let labelled = self.filters.labels.iter().all(|label| has_label(&image.labels, label));
        if !in_time || !labelled || !self.dangles_as_wanted(&image) {
            return None;
        }
        self.with_matching_names(image)
    }

    /// An image that has a digest but no tag is dangling for who asks for dangling ones, and not for who asks for the others.
    fn dangles_as_wanted(&self, image: &ImageSummary) -> bool {
        match self.filters.dangling {
            None => true,
            Some(true) => image.tags.is_empty(),
            Some(false) => !image.tags.is_empty() || !image.digests.is_empty(),
        }
    }

    fn with_matching_names(&self, mut image: ImageSummary) -> Option<ImageSummary> {
        if self.filters.references.is_empty() {
            return Some(image);
        }
        image
            .tags
            .retain(|(repository, tag)| self.matches(&Reference::tagged(repository.clone(), tag.clone())));
        image.digests.retain(|(repository, digest)| {
            let digest = Some(digest.clone());
            self.matches(&Reference { repository: repository.clone(), tag: None, digest })
        });
        (!image.tags.is_empty() || !image.digests.is_empty()).then_some(image)
    }

    fn matches(&self, reference: &Reference) -> bool {
        let spellings = [
            reference.familiar(),
            reference.repository.familiar(),
            reference.to_string(),
            reference.repository.to_string(),
        ];
        self.filters.references.iter().any(|pattern| spellings.iter().any(|text| pattern.matches(text)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Digest;

    fn image(names: &[&str], created: i64) -> ImageSummary {
        let mut image = ImageSummary {
            id: Digest::of(b"{}"),
            created: OffsetDateTime::from_unix_timestamp(created).ok(),
            size: 0,
            labels: [("a".to_owned(), "1".to_owned())].into(),
            tags: vec![],
            digests: vec![],
        };
        for name in names {
            let reference: Reference = name.parse().unwrap();
            match (reference.tag, reference.digest) {
                (Some(tag), _) => image.tags.push((reference.repository, tag)),
                (None, digest) => image.digests.push((reference.repository, digest.unwrap())),
            }
        }
        image
    }

    fn admits(filters: ListFilters, image: ImageSummary) -> Option<ImageSummary> {
        let newest = filters.until;
        Conditions { filters, newest, oldest: None }.admit(image)
    }

    fn references(patterns: &[&str]) -> ListFilters {
        let references = patterns.iter().map(|pattern| pattern.parse().unwrap()).collect();
        ListFilters { references, ..ListFilters::default() }
    }

    #[test]
    fn names_that_do_not_match_are_left_out_of_the_answer() {
        let shown = admits(references(&["alp*", "x"]), image(&["alpine:1", "team/app:1"], 0)).unwrap();
        assert_eq!(shown.tags.len(), 1);
        assert_eq!(shown.tags[0].0.familiar(), "alpine");
        assert!(admits(references(&["busybox"]), image(&["alpine:1"], 0)).is_none());
        assert!(admits(references(&["*"]), image(&[], 0)).is_none());
        assert!(admits(references(&["docker.io/library/alpine"]), image(&["alpine:1"], 0)).is_some());
    }

    #[test]
    fn labels_must_all_hold() {
        let labels = |labels: &[&str]| ListFilters {
            labels: labels.iter().map(ToString::to_string).collect(),
            ..ListFilters::default()
        };
        for (wanted, shown) in [(&["a"][..], true), (&["a=1"], true), (&["a=2"], false), (&["a", "b"], false)]
        {
            assert_eq!(admits(labels(wanted), image(&["x:1"], 0)).is_some(), shown, "{wanted:?}");
        }
    }

    #[test]
    fn an_image_with_only_a_digest_is_shown_on_both_sides_of_dangling() {
        let dangling = |dangling| ListFilters { dangling: Some(dangling), ..ListFilters::default() };
        let digest = format!("x@{}", Digest::of(b""));
        for (names, side, shown) in [
            (&["x:1"][..], true, false),
            (&["x:1"], false, true),
            (&[], true, true),
            (&[], false, false),
            (&[digest.as_str()], true, true),
            (&[digest.as_str()], false, true),
        ] {
            assert_eq!(admits(dangling(side), image(names, 0)).is_some(), shown, "{names:?} {side}");
        }
    }

    #[test]
    fn a_listing_reads_nothing_that_is_newer_and_ends_with_what_is_older() {
        let at = |second| OffsetDateTime::from_unix_timestamp(second).ok();
        let conditions = |newest, oldest| Conditions { filters: ListFilters::default(), newest, oldest };
        assert_eq!(conditions(None, None).beginning(), None);
        let beginning = conditions(at(20), at(10)).beginning();
        assert_eq!(beginning, Some(ListCursor { created: at(20), id: None }));
        let ends = |oldest, last: &ImageSummary| conditions(None, at(oldest)).end_with(Some(last));
        assert!(ends(10, &image(&[], 10)) && ends(10, &image(&[], -10)));
        assert!(!ends(10, &image(&[], 11)));
        let undated = ImageSummary { created: None, ..image(&[], 0) };
        assert!(!ends(10, &undated), "those without a date are the last");
        assert!(!ends(-10, &image(&[], -20)), "those without a date count as younger, and come later");
        assert!(!conditions(None, at(10)).end_with(None));
    }

    #[test]
    fn until_is_strict() {
        let until = |second| ListFilters {
            until: OffsetDateTime::from_unix_timestamp(second).ok(),
            ..ListFilters::default()
        };
        assert!(admits(until(10), image(&["x:1"], 10)).is_none());
        assert!(admits(until(11), image(&["x:1"], 10)).is_some());
    }
}
