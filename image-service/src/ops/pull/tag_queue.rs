//! The tags of a repository that are still to pull, fetched page by page.
//!
//! Invariant: it ends, whatever the registry says: no tag comes twice, there are at most so many of them, and a registry that repeats
//! itself is at its end.

use std::collections::{HashSet, VecDeque};

use crate::{
    error::{Error, Result},
    model::{Repository, Tag},
    ports::{Access, Registry, TagCursor, TagPage},
};

/// Of one pull.
const MOST_TAGS: usize = 100_000;
/// Pages without a tag, one after the other: a registry may leave out what a caller may not see.
const MOST_EMPTY_PAGES: usize = 100;

/// Starts before the first page.
#[derive(Debug, Default)]
pub(super) struct TagQueue {
    waiting: VecDeque<Tag>,
    seen: HashSet<Tag>,
    cursor: Option<TagCursor>,
    ended: bool,
}

impl TagQueue {
    /// The next tag; nothing after the last. An error if the repository has none at all.
    pub(super) async fn next(
        &mut self,
        registry: &dyn Registry,
        repository: &Repository,
        access: &Access,
    ) -> Result<Option<Tag>> {
        if self.waiting.is_empty() && !self.ended {
            self.fill(registry, repository, access).await?;
        }
        Ok(self.waiting.pop_front())
    }

    /// Fetches pages until one has a tag that was not seen, or there are none.
    async fn fill(
        &mut self,
        registry: &dyn Registry,
        repository: &Repository,
        access: &Access,
    ) -> Result<()> {
        for _ in 0..MOST_EMPTY_PAGES {
            let page = registry.tags(repository, self.cursor.as_ref(), access).await?;
            self.take(page);
            if self.seen.len() > MOST_TAGS {
                return Err(refused(repository, format!("names more than {MOST_TAGS}")));
            }
            if self.ended && self.seen.is_empty() {
                let (repository, detail) = (repository.familiar(), "it has no tags".to_owned());
                return Err(Error::RepositoryUnknown { repository, detail });
            }
            if self.ended || !self.waiting.is_empty() {
                return Ok(());
            }
        }
        Err(refused(repository, "goes on and on without naming one".to_owned()))
    }

    fn take(&mut self, TagPage { tags, next }: TagPage) {
        let names_any = !tags.is_empty();
        self.waiting = tags.into_iter().filter(|tag| self.seen.insert(tag.clone())).collect();
        let repeats = names_any && self.waiting.is_empty();
        self.ended = repeats || next.is_none() || next == self.cursor;
        self.cursor = next;
    }
}

fn refused(repository: &Repository, why: String) -> Error {
    Error::RegistryProtocol {
        registry: repository.domain().to_owned(),
        detail: format!("the list of tags of {} {why}", repository.familiar()),
        retryable: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(tags: &[&str], next: Option<&str>) -> TagPage {
        let next = next.map(|query| TagCursor(query.to_owned()));
        TagPage { tags: tags.iter().map(|tag| tag.parse().unwrap()).collect(), next }
    }

    #[test]
    fn a_page_that_adds_nothing_ends_the_list_unless_it_names_nothing() {
        let mut queue = TagQueue::default();
        for (next, waiting, ended) in [
            (page(&["a", "b", "a"], Some("1")), 2, false),
            (page(&["b", "c"], Some("2")), 1, false),
            (page(&[], Some("3")), 0, false),
            (page(&["c"], Some("4")), 0, true),
            (page(&["d"], Some("4")), 1, true),
            (page(&["e"], None), 1, true),
        ] {
            queue.take(next);
            assert_eq!((queue.waiting.len(), queue.ended), (waiting, ended), "{queue:?}");
        }
    }
}
