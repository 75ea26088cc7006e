//! What a pull tells its caller, in order. Whatever can fail for a single tag or digest has failed before the first event.

use std::{collections::VecDeque, sync::Arc};

use super::{Order, Pulled, Pulls, tag_queue::TagQueue};
use crate::{
    error::Result,
    model::{Caller, Digest, Platform, Reference, Tag, Target},
    ops::admission::Admitted,
    ports::Access,
};

/// A step of a pull.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PullEvent {
    /// Manifest and config of one reference are verified.
    Started(Reference),
    /// The reference is recorded.
    Completed {
        /// What was pulled.
        reference: Reference,
        /// What it points at.
        digest: Digest,
        /// The image.
        image: Digest,
        /// The image's.
        platform: Platform,
        /// The reference did not point at this image before.
        newer: bool,
    },
    /// What was asked for is recorded.
    Finished {
        /// What was asked for; without a tag after a pull of all tags.
        reference: Reference,
        /// Something changed.
        newer: bool,
    },
    /// Something the caller should know; after the end, where Docker's clients look for it.
    Warning(String),
}

/// A pull under way. Dropping it ends it, unless others share it.
#[derive(Debug)]
pub struct Pulling {
    pulls: Arc<Pulls>,
    order: Order,
    /// Nothing if the service chose.
    asked: Option<Platform>,
    /// The tags still to pull, if all are wanted.
    tags: Option<TagQueue>,
    events: VecDeque<PullEvent>,
    newer: bool,
    warnings: Vec<String>,
    _admitted: Admitted,
}

impl Pulling {
    pub(super) async fn start(
        pulls: Arc<Pulls>,
        admitted: Admitted,
        caller: Arc<Caller>,
        reference: Reference,
        asked: Option<Platform>,
        access: Access,
    ) -> Result<Self> {
        let wanted = asked.clone().unwrap_or_else(|| pulls.default_platform.clone());
        let tags = if reference.target().is_none() { Some(TagQueue::default()) } else { None };
        let target = reference.target().unwrap_or_else(|| Target::Tag(Tag::latest()));
        let order = Order { caller, reference, target, wanted, access };
        let mut pulling = Self {
            pulls,
            order,
            asked,
            tags,
            events: VecDeque::new(),
            newer: false,
            warnings: Vec::new(),
            _admitted: admitted,
        };
        if pulling.tags.is_some() {
            pulling.next_tag().await?;
        } else {
            let order = pulling.order.clone();
            pulling.one(order).await?;
            pulling.finish();
        }
        Ok(pulling)
    }

    /// The next step; nothing after the end.
    pub async fn next(&mut self) -> Result<Option<PullEvent>> {
        if self.events.is_empty() && self.tags.is_some() {
            self.next_tag().await?;
        }
        Ok(self.events.pop_front())
    }

    async fn next_tag(&mut self) -> Result<()> {
        let Some(tags) = &mut self.tags else { return Ok(()) };
        let Order { reference, access, .. } = &self.order;
        match tags.next(&*self.pulls.registry, &reference.repository, access).await? {
            Some(tag) => {
                let mut order = self.order.clone();
                order.reference = Reference::tagged(order.reference.repository, tag.clone());
                order.target = Target::Tag(tag);
                self.one(order).await
            }
            None => {
                self.tags = None;
                self.finish();
                Ok(())
            }
        }
    }

    async fn one(&mut self, order: Order) -> Result<()> {
        let reference = order.reference.clone();
        let Pulled { digest, image, platform, newer, .. } = self.pulls.pull(order).await?;
        self.newer |= newer;
        self.warnings.extend(self.asked.as_ref().and_then(|asked| mismatch(&reference, asked, &platform)));
        self.events.push_back(PullEvent::Started(reference.clone()));
        self.events.push_back(PullEvent::Completed { reference, digest, image, platform, newer });
        Ok(())
    }

    fn finish(&mut self) {
        let reference = self.order.reference.clone();
        self.events.push_back(PullEvent::Finished { reference, newer: self.newer });
        self.events.extend(self.warnings.drain(..).map(PullEvent::Warning));
    }
}

/// Only a reference that names a single image can yield another platform than the one asked for.
fn mismatch(reference: &Reference, asked: &Platform, found: &Platform) -> Option<String> {
    let fits = asked.candidates(false).iter().any(|candidate| candidate.matches(found));
    (!fits).then(|| {
        format!(
            "image with reference {} was found but its platform ({found}) does not match the specified platform ({asked})",
            reference.familiar()
        )
    })
}
