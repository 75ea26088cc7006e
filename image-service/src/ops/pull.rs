//! Pulling: manifest and config, never a layer.
//!
//! A tag that is known costs one HEAD; only when its digest moved, or it is new, are manifest and config fetched. What was fetched is recorded
//! in one transaction, last. Callers who ask for the same thing with the same credential share one upstream sequence.
//!
//! Invariant: nobody is told of an image unless the registry has accepted their own credential for it, now or within the access TTL, or a
//! mirror gives it to everyone now.

mod events;
mod proofs;
mod tag_queue;

use std::sync::Arc;

pub use events::{PullEvent, Pulling};
use telemetry::Span;

use super::{Operations, admission::Admitted, deeds::Deeds, flight::Flights};
use crate::{
    config::PullConfig,
    error::{Error, Result},
    model::{
        Credential, Digest, EventAction, Fingerprint, ImageConfig, ImageName, Namespace, Platform, Reference,
        Target,
    },
    ports::{Access, AnsweredBy, Deed, ImageStore, PulledImage, PulledTag, Registry},
};
use proofs::Proofs;

/// What to pull.
#[derive(Clone, Debug)]
pub struct PullRequest {
    /// As Docker writes it.
    pub reference: String,
    /// Replaces the tag or digest of `reference`, if not empty.
    pub tag: String,
    /// With neither tag nor digest: every tag, instead of `latest`.
    pub all_tags: bool,
    /// The default platform if none.
    pub platform: Option<Platform>,
    /// Wins over the stored one.
    pub credential: Option<Credential>,
}

/// One thing pulled.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Pulled {
    digest: Digest,
    image: Digest,
    platform: Platform,
    newer: bool,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
struct FlightKey(Namespace, Reference, Platform, Fingerprint);

/// What all pulls of the process share.
#[derive(Debug)]
pub(super) struct Pulls {
    images: Arc<dyn ImageStore>,
    registry: Arc<dyn Registry>,
    deeds: Deeds,
    default_platform: Platform,
    flights: Flights<FlightKey, Pulled>,
    proofs: Proofs,
}

/// One pull of one tag or digest.
#[derive(Clone, Debug)]
struct Order {
    namespace: Namespace,
    reference: Reference,
    target: Target,
    wanted: Platform,
    access: Access,
}

impl Operations {
    /// Starts a pull. Unless every tag is wanted, the image is recorded when this returns.
    pub async fn pull(&self, namespace: Namespace, request: PullRequest) -> Result<Pulling> {
        let (admitted, reference) = (self.admission.admit()?, wanted_reference(&request)?);
        let span = Span::internal("pull").with("image.reference", reference.to_string());
        span.covers(self.pull_reference(admitted, namespace, reference, request)).await
    }

    async fn pull_reference(
        &self,
        admitted: Admitted,
        namespace: Namespace,
        reference: Reference,
        request: PullRequest,
    ) -> Result<Pulling> {
        let access = self.access(&namespace, &reference.repository, request.credential).await?;
        Pulling::start(Arc::clone(&self.pulls), admitted, namespace, reference, request.platform, access)
            .await
    }

    /// What a pull chooses when it is not told.
    #[must_use]
    pub fn default_platform(&self) -> &Platform {
        &self.pulls.default_platform
    }
}

fn wanted_reference(request: &PullRequest) -> Result<Reference> {
    // Docker's own clients end a name in `:` to mean that it has no tag.
    let written = request.reference.strip_suffix(':').unwrap_or(&request.reference);
    let mut reference: Reference = written.parse()?;
    if !request.tag.is_empty() {
        reference = reference.pointing_at(&request.tag)?;
    }
    if !request.all_tags {
        reference = reference.or_latest();
    }
    match reference.repository.familiar().as_str() {
        "scratch" => Err(Error::ReservedName("scratch".into())),
        _ => Ok(reference),
    }
}

impl Pulls {
    pub(super) fn new(
        images: Arc<dyn ImageStore>,
        registry: Arc<dyn Registry>,
        deeds: Deeds,
        config: &PullConfig,
    ) -> Self {
        Self {
            images,
            registry,
            deeds,
            default_platform: config.platform.clone(),
            flights: Flights::default(),
            proofs: Proofs::new(config.tag_ttl, config.access_ttl),
        }
    }

    /// Pulls one tag or digest, together with everyone who asks for the same.
    async fn pull(self: &Arc<Self>, order: Order) -> Result<Pulled> {
        let key = FlightKey(
            order.namespace.clone(),
            order.reference.clone(),
            order.wanted.clone(),
            order.access.fingerprint,
        );
        let pulls = Arc::clone(self);
        self.flights.join(key, async move { pulls.pull_alone(order).await }).await
    }

    async fn pull_alone(&self, order: Order) -> Result<Pulled> {
        if let Some((digest, image)) = self.unchanged(&order).await?
            && let Some(pulled) = self.known(&order, digest, image).await?
        {
            self.deeds.note(Deed {
                namespace: order.namespace,
                action: EventAction::Pull,
                image: pulled.image.clone(),
                reference: Some(order.reference),
            });
            return Ok(pulled);
        }
        let Order { namespace, reference, target, wanted, access } = &order;
        let resolved = self.registry.resolve(&reference.repository, target, wanted, access).await?;
        self.note_consent(&order, resolved.answered_by);
        let newer = self
            .images
            .record_pull(namespace, PulledImage { reference, wanted, resolved: &resolved })
            .await?;
        let registry = reference.repository.domain();
        tracing::info!(%reference, registry, digest = %resolved.top.digest, image = %resolved.config_digest, newer, "pulled {reference}");
        Ok(Pulled {
            digest: resolved.top.digest,
            image: resolved.config_digest,
            platform: resolved.platform,
            newer,
        })
    }

    /// Digest and image of what the store holds, if the registry still has the same and lets this caller have it.
    async fn unchanged(&self, order: &Order) -> Result<Option<(Digest, Digest)>> {
        let Some((held, image)) = self.held(order).await? else { return Ok(None) };
        if self.proofs.accepted(&order.reference, order.access.fingerprint) {
            return Ok(Some((held, image)));
        }
        let now = self.registry.probe(&order.reference.repository, &order.target, &order.access).await?;
        let Some(now) = now.filter(|now| now.digest == held) else { return Ok(None) };
        self.note_consent(order, now.answered_by);
        Ok(Some((held, image)))
    }

    /// Only the registry itself can let a caller in: a mirror gives to everyone, and may stop doing so.
    fn note_consent(&self, order: &Order, answered_by: AnsweredBy) {
        if answered_by == AnsweredBy::Registry {
            self.proofs.accept(&order.reference, order.access.fingerprint);
        }
    }

    /// What the store holds for the order, if it was pulled for the same platform. A tag whose repo digest was removed, or now names another
    /// platform's image, counts as not held: to pull it again puts the digest right.
    async fn held(&self, order: &Order) -> Result<Option<(Digest, Digest)>> {
        let (namespace, repository) = (&order.namespace, &order.reference.repository);
        let held = match &order.target {
            Target::Tag(tag) => self.images.pulled_tag(namespace, repository, tag).await?,
            Target::Digest(digest) => self.images.pulled_digest(namespace, repository, digest).await?,
        };
        let wanted = order.wanted.to_string();
        let Some(PulledTag { image, target: Some(digest), platform }) = held else { return Ok(None) };
        if platform != Some(wanted) {
            return Ok(None);
        }
        if let Target::Tag(_) = &order.target {
            let by_digest = self.images.pulled_digest(namespace, repository, &digest).await?;
            return Ok(by_digest.filter(|by_digest| by_digest.image == image).map(|_| (digest, image)));
        }
        Ok(Some((digest, image)))
    }

    /// Nothing if the image has been removed meanwhile.
    async fn known(&self, order: &Order, digest: Digest, image: Digest) -> Result<Option<Pulled>> {
        let found = match self.images.find(&order.namespace, &ImageName::Id(image.clone())).await {
            Err(Error::ImageNotFound { .. }) => return Ok(None),
            found => found?,
        };
        let config = ImageConfig::parse(&found.image.config).map_err(Error::internal)?;
        tracing::info!(reference = %order.reference, %digest, %image, "{} is up to date", order.reference);
        Ok(Some(Pulled { digest, image, platform: config.platform, newer: false }))
    }
}
