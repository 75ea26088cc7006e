//! Pushing: an image is copied from where its layers are to the registry of a name that it has.
//!
//! The manifest is pushed as it is, so that the image keeps its digest. Layers that the registry has are not sent; those that another of its
//! repositories has are mounted.

mod layers;
mod progress;

use telemetry::{Context, Span};
use tokio::sync::mpsc;

use super::{Operations, resolve::Resolved};
use crate::{
    error::{Error, Result},
    model::{Credential, Digest, ImageName, Namespace, Reference, Repository, Tag, Target},
    ports::{Access, Location, Placed},
};

/// Events that wait for a client.
const AHEAD: usize = 64;

/// What to push.
#[derive(Clone, Debug)]
pub struct PushRequest {
    /// Without a tag.
    pub repository: String,
    /// Every tag of the repository if empty.
    pub tag: String,
    /// Wins over the stored one.
    pub credential: Option<Credential>,
}

/// What a push tells.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PushEvent {
    /// Nothing has been asked of the registry yet.
    Started(Repository),
    /// A layer's state.
    Layer {
        /// The layer's.
        diff_id: Digest,
        /// What became of it.
        state: LayerState,
    },
    /// The registry has the manifest under this tag.
    Tag {
        /// The tag.
        tag: Tag,
        /// Of the manifest.
        digest: Digest,
        /// Bytes of the manifest.
        size: u64,
    },
}

/// How far a layer is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum LayerState {
    /// It will be looked at.
    Preparing,
    /// It waits for its turn.
    Waiting,
    /// So many bytes of so many are sent.
    Pushing(u64, u64),
    /// It is there now.
    Placed(Placed),
}

/// A push that is under way.
pub type Pushing = mpsc::Receiver<Result<PushEvent>>;

/// One name to push.
pub(super) struct Order<'a> {
    target: &'a Repository,
    access: &'a Access,
    source: Location,
    source_access: Access,
    image: Resolved,
    events: &'a mpsc::Sender<Result<PushEvent>>,
}

impl Operations {
    /// Pushes one tag or all tags of a repository. What is wrong with the name is said before the first event.
    pub fn push(&self, namespace: Namespace, request: PushRequest) -> Result<Pushing> {
        let admitted = self.admission.admit()?;
        let repository: Repository = request.repository.parse()?;
        self.refuse_staging(&namespace, &repository)?;
        let tag = match request.tag.as_str() {
            "" => None,
            tag => Some(tag.parse::<Tag>()?),
        };
        let (events, pushing) = mpsc::channel(AHEAD);
        let operations = self.clone();
        let work = async move {
            let _admitted = admitted;
            let span = Span::internal("push").with("image.repository", repository.to_string());
            let pushed = operations.push_tags(&namespace, &repository, tag, request.credential, &events);
            let pushed = span.covers(pushed);
            // A client that leaves gives the push up.
            let pushed = tokio::select! {
                pushed = pushed => pushed,
                () = events.closed() => return,
            };
            if let Err(error) = pushed {
                let _ = events.send(Err(error)).await;
            }
        };
        tokio::spawn(Context::current().scope(work));
        Ok(pushing)
    }

    /// What is staged and no longer needed is deleted, whatever other tags it has got.
    fn refuse_staging(&self, namespace: &Namespace, repository: &Repository) -> Result<()> {
        match self.ports.staging.get(namespace) {
            Some(staging) if staging.repository() == repository => Err(Error::Argument(format!(
                "{repository} is where images are staged and swept: push to another repository"
            ))),
            _ => Ok(()),
        }
    }

    async fn push_tags(
        &self,
        namespace: &Namespace,
        repository: &Repository,
        tag: Option<Tag>,
        credential: Option<Credential>,
        events: &mpsc::Sender<Result<PushEvent>>,
    ) -> Result<()> {
        let _ = events.send(Ok(PushEvent::Started(repository.clone()))).await;
        let here = self.ports.images.tags(namespace, repository).await?;
        let wanted = wanted(repository, here, tag)?;
        let access = self.access(namespace, repository, credential).await?;
        for tag in wanted {
            self.push_tag(namespace, repository, tag, &access, events).await?;
        }
        Ok(())
    }

    async fn push_tag(
        &self,
        namespace: &Namespace,
        target: &Repository,
        tag: Tag,
        access: &Access,
        events: &mpsc::Sender<Result<PushEvent>>,
    ) -> Result<()> {
        let name = Reference::tagged(target.clone(), tag.clone());
        let image = self.resolve_image(namespace, &ImageName::from(name.clone())).await?;
        let source = self.source_of(&image, target)?;
        let source_access = match source.repository.domain() == target.domain() {
            true => access.clone(),
            false => self.access(namespace, &source.repository, None).await?,
        };
        let order = Order { target, access, source, source_access, image, events };
        self.copy_layers(&order).await?;
        self.copy_config(namespace, &order).await?;
        let manifest = &order.source.manifest;
        for target in [Target::Digest(manifest.digest.clone()), Target::Tag(tag.clone())] {
            self.ports.writer.put_manifest(&name.repository, &target, manifest, access).await?;
        }
        self.ports.locations.record_push(namespace, &order.image.image, &name, manifest).await?;
        tracing::info!(reference = %name, digest = %manifest.digest, image = %order.image.image, "pushed {name}");
        let (digest, size) = (manifest.digest.clone(), manifest.bytes.len() as u64);
        let _ = events.send(Ok(PushEvent::Tag { tag, digest, size })).await;
        Ok(())
    }

    /// The place to copy from: one in the same registry, where layers can be mounted, before the best of all.
    fn source_of(&self, image: &Resolved, target: &Repository) -> Result<Location> {
        let near = image.locations.iter().find(|place| place.repository.domain() == target.domain());
        let source = near.or(image.locations.first()).cloned();
        source.ok_or_else(|| Error::LayersUnavailable { name: image.image.to_string() })
    }
}

fn wanted(repository: &Repository, here: Vec<Tag>, tag: Option<Tag>) -> Result<Vec<Tag>> {
    match tag {
        _ if here.is_empty() => Err(Error::NoTagsHere { repository: repository.familiar() }),
        None => Ok(here),
        Some(tag) if here.contains(&tag) => Ok(vec![tag]),
        Some(tag) => {
            Err(Error::NoSuchTagHere { reference: Reference::tagged(repository.clone(), tag).familiar() })
        }
    }
}
