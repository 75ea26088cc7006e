//! Fetches images from upstream registries when they are pulled, and keeps them (pull-through cache).
//!
//! Invariants: what several ask for at once is fetched once. What is kept was verified against its digest. A credential goes to the registry
//! that it is for and to the server of its tokens, and is never logged.

#[cfg_attr(not(feature = "pull-through"), path = "no_client.rs")]
mod client;
mod endpoints;
mod error;
mod flights;
mod import;
mod secrets;

pub(crate) use endpoints::{EndpointError, Endpoints};
pub(crate) use error::{SecretError, UpstreamError};
pub use secrets::UpstreamSecret;
pub(crate) use secrets::{Credentials, Secrets};

use std::sync::Arc;

use self::{
    client::{Client, Upstream},
    flights::{Flights, Tasks, Tell},
};
use crate::{
    model::{Digest, Reference, RegistryId, RepositoryName, Tag, UpstreamKind},
    state::{PullThroughRule, State, StoredManifest},
    store::Store,
};

/// So long a tag is taken for what upstream last said of it, in seconds.
const FRESH: i64 = 24 * 60 * 60;

/// Something in a repository.
type Key = (RegistryId, String, String);

/// Fetches, by the rules of the registries.
pub(crate) struct PullThrough {
    store: Arc<Store>,
    secrets: Secrets,
    endpoints: Endpoints,
    client: Client,
    manifests: Flights<Key, Result<StoredManifest, UpstreamError>>,
    blobs: Flights<Key, Result<(), UpstreamError>>,
    tasks: Tasks,
}

/// What is known here of a manifest that is asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kept {
    Fresh,
    /// Upstream may know better.
    Stale,
    Missing,
}

impl PullThrough {
    pub(crate) fn new(store: Arc<Store>, secrets: Secrets, endpoints: Endpoints) -> Self {
        let (manifests, blobs, tasks) = (Flights::new(), Flights::new(), Tasks::default());
        Self { store, secrets, endpoints, client: Client::default(), manifests, blobs, tasks }
    }

    /// A manifest as upstream has it now, if a rule takes the repository and what is kept will not do. Nothing means: what is kept. The
    /// manifest is recorded when all that it refers to is here, which may take longer.
    pub(crate) async fn manifest(
        self: &Arc<Self>,
        registry: &RegistryId,
        name: &RepositoryName,
        reference: &Reference,
    ) -> Result<Option<StoredManifest>, UpstreamError> {
        let Some(rule) = self.state().pull_through_rule_for(registry, name.as_str()).await? else {
            return Ok(None);
        };
        let kept = self.kept(registry, name, reference).await?;
        if kept == Kept::Fresh {
            return Ok(None);
        }
        let (plane, name, reference) = (Arc::clone(self), name.clone(), reference.clone());
        let key = (registry.clone(), name.to_string(), reference.to_string());
        let work = |tell| import::manifest(plane, rule, name, reference, tell);
        match self.manifests.join(&self.tasks, key, work).await.unwrap_or_else(|| Err(broken_off())) {
            Ok(fetched) => Ok(Some(fetched)),
            Err(error) if kept == Kept::Stale => {
                tracing::warn!(%error, "upstream is of no help; what is kept has to do");
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Fetches a blob that is missing here, if a rule takes the repository. Whether one does.
    pub(crate) async fn blob(
        self: &Arc<Self>,
        registry: &RegistryId,
        name: &RepositoryName,
        digest: &Digest,
    ) -> Result<bool, UpstreamError> {
        match self.state().pull_through_rule_for(registry, name.as_str()).await? {
            Some(rule) => self.fetch(&rule, name, digest, None).await.map(|()| true),
            None => Ok(false),
        }
    }

    /// Whether upstream lets the rule in.
    pub(crate) async fn validate(&self, rule: &PullThroughRule) -> Result<(), UpstreamError> {
        match self.local_source(rule) {
            Some(_) => Ok(()),
            None => self.open(rule)?.check().await,
        }
    }

    /// Whether a secret can be read.
    pub(crate) fn check_secret(&self, registry: &RegistryId, arn: &str) -> Result<(), SecretError> {
        self.secrets.read(registry, arn).map(drop)
    }

    /// Breaks off what is under way.
    pub(crate) async fn stop(&self) {
        self.tasks.stop().await;
    }

    async fn fetch(
        self: &Arc<Self>,
        rule: &PullThroughRule,
        name: &RepositoryName,
        digest: &Digest,
        upstream: Option<Arc<Upstream>>,
    ) -> Result<(), UpstreamError> {
        let (plane, rule, name, digest) = (Arc::clone(self), rule.clone(), name.clone(), digest.clone());
        let key = (rule.registry.clone(), name.to_string(), digest.to_string());
        let work = |tell: Tell<_, _>| async move {
            tell.say(import::blob(&plane, &rule, &name, &digest, upstream).await);
        };
        self.blobs.join(&self.tasks, key, work).await.unwrap_or_else(|| Err(broken_off()))
    }

    async fn kept(
        &self,
        registry: &RegistryId,
        name: &RepositoryName,
        reference: &Reference,
    ) -> Result<Kept, UpstreamError> {
        let Some(repository) = self.state().describe_repository(registry, name.as_str()).await? else {
            return Ok(Kept::Missing);
        };
        match reference {
            Reference::Digest(digest) => {
                let found = self.state().image(repository.id, &digest.to_string()).await?;
                Ok(if found.is_some() { Kept::Fresh } else { Kept::Missing })
            }
            Reference::Tag(tag) if self.state().tagged(repository.id, tag.as_str()).await?.is_none() => {
                Ok(Kept::Missing)
            }
            Reference::Tag(tag) if !repository.mutability.lets_move(tag.as_str()) => Ok(Kept::Fresh),
            Reference::Tag(tag) => self.age(repository.id, tag).await,
        }
    }

    async fn age(&self, repository: i64, tag: &Tag) -> Result<Kept, UpstreamError> {
        let asked = self.state().upstream_asked(repository, tag).await?;
        let is_fresh = asked.is_some_and(|asked| self.state().now() < asked.saturating_add(FRESH));
        Ok(if is_fresh { Kept::Fresh } else { Kept::Stale })
    }

    /// The registry that a rule means, if that is one of those here.
    fn local_source(&self, rule: &PullThroughRule) -> Option<RegistryId> {
        let is_here = rule.kind == UpstreamKind::Ecr && self.endpoints.of(&rule.url).is_none();
        RegistryId::of_host(&rule.url).filter(|_| is_here)
    }

    fn open(&self, rule: &PullThroughRule) -> Result<Upstream, UpstreamError> {
        let read = |arn: &String| self.secrets.read(&rule.registry, arn);
        let credentials = rule.credential.as_ref().map(read).transpose()?;
        self.client.open(rule, &self.endpoints, credentials)
    }

    fn state(&self) -> &State {
        &self.store.state
    }
}

fn broken_off() -> UpstreamError {
    UpstreamError::Unavailable("it was broken off".to_owned())
}
