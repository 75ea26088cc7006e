//! Pulling: manifest and config, never a layer.
//!
//! A tag that is known costs one HEAD; only when its digest moved, or it is new, are manifest and config fetched. What was fetched is recorded
//! in one transaction, last. Callers who ask for the same thing with the same credential share one upstream sequence.
//!
//! Invariant: nobody is told of an image unless the registry has accepted their own credential for it, from them, now or within the access TTL,
//! or a mirror gives it to everyone now.

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
        Caller, Credential, Digest, EventAction, Fingerprint, ImageConfig, ImageName, Namespace, Platform,
        Reference, Target,
    },
    ports::{Access, AnsweredBy, Deed, ImageStore, PulledImage, PulledTag, Registry},
};
use proofs::{Holder, Proofs};

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
    /// Nobody, where all who wanted it had their proofs.
    answered_by: Option<AnsweredBy>,
}

/// What the store holds, and is still what the reference means.
struct Unchanged {
    digest: Digest,
    image: Digest,
    answered_by: Option<AnsweredBy>,
}

/// Those who have a proof do not fly with those who need one.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
struct FlightKey {
    namespace: Namespace,
    reference: Reference,
    wanted: Platform,
    fingerprint: Fingerprint,
    is_proven: bool,
}

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
    caller: Arc<Caller>,
    reference: Reference,
    target: Target,
    wanted: Platform,
    access: Access,
}

impl Operations {
    /// Starts a pull. Unless every tag is wanted, the image is recorded when this returns.
    pub async fn pull(&self, caller: Arc<Caller>, request: PullRequest) -> Result<Pulling> {
        let (admitted, reference) = (self.admission.admit()?, wanted_reference(&request)?);
        let span = Span::internal("pull").with("image.reference", reference.to_string());
        span.covers(self.pull_reference(admitted, caller, reference, request)).await
    }

    async fn pull_reference(
        &self,
        admitted: Admitted,
        caller: Arc<Caller>,
        reference: Reference,
        request: PullRequest,
    ) -> Result<Pulling> {
        let access = self.access(&caller.namespace, &reference.repository, request.credential).await?;
        Pulling::start(Arc::clone(&self.pulls), admitted, caller, reference, request.platform, access).await
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

    /// Pulls one tag or digest, together with everyone who asks for the same with the same credential. What the registry says then, it says to
    /// each of them.
    async fn pull(self: &Arc<Self>, order: Order) -> Result<Pulled> {
        let holder = Holder::new(&order.caller, order.access.fingerprint);
        let is_proven = self.proofs.accepted(&order.reference, &holder);
        let (key, reference) = (order.flight(is_proven), order.reference.clone());
        let pulls = Arc::clone(self);
        let pulled = self.flights.join(key, async move { pulls.pull_alone(order, is_proven).await }).await?;
        // Only the registry itself can let a caller in: a mirror gives to everyone, and may stop doing so.
        if pulled.answered_by == Some(AnsweredBy::Registry) {
            self.proofs.accept(&reference, holder);
        }
        Ok(pulled)
    }

    async fn pull_alone(&self, order: Order, is_proven: bool) -> Result<Pulled> {
        if let Some(unchanged) = self.unchanged(&order, is_proven).await?
            && let Some(pulled) = self.known(&order, unchanged).await?
        {
            self.deeds.note(Deed {
                namespace: order.caller.namespace.clone(),
                action: EventAction::Pull,
                image: pulled.image.clone(),
                reference: Some(order.reference),
            });
            return Ok(pulled);
        }
        let Order { caller, reference, target, wanted, access } = &order;
        let resolved = self.registry.resolve(&reference.repository, target, wanted, access).await?;
        let newer = self
            .images
            .record_pull(&caller.namespace, PulledImage { reference, wanted, resolved: &resolved })
            .await?;
        let registry = reference.repository.domain();
        tracing::info!(%reference, registry, digest = %resolved.top.digest, image = %resolved.config_digest, newer, "pulled {reference}");
        Ok(Pulled {
            digest: resolved.top.digest,
            image: resolved.config_digest,
            platform: resolved.platform,
            newer,
            answered_by: Some(resolved.answered_by),
        })
    }

    /// What the store holds, if the registry still has the same and lets this caller have it.
    async fn unchanged(&self, order: &Order, is_proven: bool) -> Result<Option<Unchanged>> {
        let Some((digest, image)) = self.held(order).await? else { return Ok(None) };
        if is_proven {
            return Ok(Some(Unchanged { digest, image, answered_by: None }));
        }
        let now = self.registry.probe(&order.reference.repository, &order.target, &order.access).await?;
        let now = now.filter(|now| now.digest == digest);
        Ok(now.map(|now| Unchanged { digest, image, answered_by: Some(now.answered_by) }))
    }

    /// What the store holds for the order, if it was pulled for the same platform. A tag whose repo digest was removed, or now names another
    /// platform's image, counts as not held: to pull it again puts the digest right.
    async fn held(&self, order: &Order) -> Result<Option<(Digest, Digest)>> {
        let (namespace, repository) = (&order.caller.namespace, &order.reference.repository);
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
    async fn known(&self, order: &Order, unchanged: Unchanged) -> Result<Option<Pulled>> {
        let Unchanged { digest, image, answered_by } = unchanged;
        let found = match self.images.find(&order.caller.namespace, &ImageName::Id(image.clone())).await {
            Err(Error::ImageNotFound { .. }) => return Ok(None),
            found => found?,
        };
        let config = ImageConfig::parse(&found.image.config).map_err(Error::internal)?;
        tracing::info!(reference = %order.reference, %digest, %image, "{} is up to date", order.reference);
        Ok(Some(Pulled { digest, image, platform: config.platform, newer: false, answered_by }))
    }
}

impl Order {
    fn flight(&self, is_proven: bool) -> FlightKey {
        FlightKey {
            namespace: self.caller.namespace.clone(),
            reference: self.reference.clone(),
            wanted: self.wanted.clone(),
            fingerprint: self.access.fingerprint,
            is_proven,
        }
    }
}
