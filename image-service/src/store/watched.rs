//! The store as traces and metrics see it: a span and a duration for each call of its ports, which is one read or one transaction. What the
//! service asks of its own accord (whether the database answers, what others have written) is measured, and begins no trace.
//!
//! Where nobody wants to know, the store stands alone.

use std::{sync::Arc, time::Instant};

use async_trait::async_trait;
use telemetry::{Histogram, KeyValue, Span};
use time::OffsetDateTime;

use crate::{
    error::{Error, Result},
    model::{
        Credential, Digest, ImageName, ImageSummary, KeyId, Manifest, Namespace, Reference, RegistryHost,
        Removed, Repository, Tag, Vector,
    },
    ports::{
        Changes, CredentialStore, Deed, EventPage, EventSpan, EventStore, Found, ImageStore, IndexedImage,
        KeyStore, KeyUse, Likeness, ListCursor, Loaded, Location, LocationStore, Neighbour, PulledImage,
        PulledTag, RemovalPlan, Renamed, Resealed, StagedLayer, Store, StoredCredential, Unindexed,
        VectorStore,
    },
};

static DURATION: Histogram = Histogram::new(
    "db.client.operation.duration",
    "How long reads and transactions take, the wait for a connection included",
);

/// A store whose calls are watched.
#[derive(Debug)]
struct Watched(Arc<dyn Store>);

/// The store, watched if anybody wants to know.
#[must_use]
pub fn watched(store: Arc<dyn Store>) -> Arc<dyn Store> {
    match telemetry::is_tracing() || telemetry::is_counting() {
        true => Arc::new(Watched(store)),
        false => store,
    }
}

/// `call!(self.method(arguments))`: the same of the store within.
macro_rules! call {
    ($self:ident.$method:ident($($argument:expr),*)) => {
        watch($self.0.engine(), stringify!($method), $self.0.$method($($argument),*)).await
    };
}

async fn watch<T>(
    engine: &'static str,
    operation: &'static str,
    call: impl Future<Output = Result<T>>,
) -> Result<T> {
    let mut span =
        Span::client_within(operation).with("db.system.name", engine).with("db.operation.name", operation);
    let begun = Instant::now();
    let done = span.around(call).await;
    let mut labels =
        vec![KeyValue::new("db.system.name", engine), KeyValue::new("db.operation.name", operation)];
    if let Some(why) = done.as_ref().err().and_then(fault) {
        span.fail(why);
        labels.push(KeyValue::new("error.type", why));
    }
    DURATION.record(begun.elapsed(), &labels);
    done
}

/// That there is no such image is an answer.
fn fault(error: &Error) -> Option<&'static str> {
    match error.root() {
        Error::StoreUnavailable(_) => Some("unavailable"),
        Error::Internal(_) => Some("internal"),
        _ => None,
    }
}

#[async_trait]
impl Store for Watched {
    async fn close(&self) {
        self.0.close().await;
    }
}

#[async_trait]
impl ImageStore for Watched {
    async fn find(&self, namespace: &Namespace, name: &ImageName) -> Result<Found> {
        call!(self.find(namespace, name))
    }

    async fn pulled_tag(
        &self,
        namespace: &Namespace,
        repository: &Repository,
        tag: &Tag,
    ) -> Result<Option<PulledTag>> {
        call!(self.pulled_tag(namespace, repository, tag))
    }

    async fn pulled_digest(
        &self,
        namespace: &Namespace,
        repository: &Repository,
        digest: &Digest,
    ) -> Result<Option<PulledTag>> {
        call!(self.pulled_digest(namespace, repository, digest))
    }

    async fn record_pull(&self, namespace: &Namespace, pulled: PulledImage<'_>) -> Result<bool> {
        call!(self.record_pull(namespace, pulled))
    }

    async fn tag(
        &self,
        namespace: &Namespace,
        source: &ImageName,
        repository: &Repository,
        tag: &Tag,
    ) -> Result<Digest> {
        call!(self.tag(namespace, source, repository, tag))
    }

    async fn remove(
        &self,
        namespace: &Namespace,
        name: &ImageName,
        plan: RemovalPlan,
    ) -> Result<Vec<Removed>> {
        call!(self.remove(namespace, name, plan))
    }

    async fn list(
        &self,
        namespace: &Namespace,
        after: Option<&ListCursor>,
        limit: u32,
    ) -> Result<Vec<ImageSummary>> {
        watch(self.0.engine(), "list", ImageStore::list(&*self.0, namespace, after, limit)).await
    }

    async fn tags(&self, namespace: &Namespace, repository: &Repository) -> Result<Vec<Tag>> {
        call!(self.tags(namespace, repository))
    }

    async fn count(&self, namespace: &Namespace) -> Result<u64> {
        call!(self.count(namespace))
    }

    fn id(&self) -> &str {
        self.0.id()
    }

    fn engine(&self) -> &'static str {
        self.0.engine()
    }

    async fn ping(&self) -> Result<()> {
        call!(self.ping())
    }
}

#[async_trait]
impl CredentialStore for Watched {
    async fn get(&self, namespace: &Namespace, registry: &RegistryHost) -> Result<Option<Credential>> {
        call!(self.get(namespace, registry))
    }

    async fn put(
        &self,
        namespace: &Namespace,
        registry: &RegistryHost,
        credential: &Credential,
    ) -> Result<()> {
        call!(self.put(namespace, registry, credential))
    }

    async fn list(&self, namespace: &Namespace) -> Result<Vec<StoredCredential>> {
        watch(self.0.engine(), "credentials", CredentialStore::list(&*self.0, namespace)).await
    }

    async fn forget(&self, namespace: &Namespace, registry: &RegistryHost) -> Result<bool> {
        call!(self.forget(namespace, registry))
    }
}

#[async_trait]
impl LocationStore for Watched {
    async fn record_load(&self, namespace: &Namespace, loaded: Loaded<'_>) -> Result<Vec<Renamed>> {
        call!(self.record_load(namespace, loaded))
    }

    async fn record_push(
        &self,
        namespace: &Namespace,
        image: &Digest,
        name: &Reference,
        manifest: &Manifest,
    ) -> Result<()> {
        call!(self.record_push(namespace, image, name, manifest))
    }

    async fn locations(&self, namespace: &Namespace, image: &Digest) -> Result<Vec<Location>> {
        call!(self.locations(namespace, image))
    }

    async fn staged_layer(&self, repository: &Repository, digest: &Digest) -> Result<Option<StagedLayer>> {
        call!(self.staged_layer(repository, digest))
    }

    async fn similar_layers(
        &self,
        repository: &Repository,
        uncompressed_size: u64,
        head: &Digest,
    ) -> Result<Vec<StagedLayer>> {
        call!(self.similar_layers(repository, uncompressed_size, head))
    }

    async fn record_layer(&self, repository: &Repository, layer: &StagedLayer) -> Result<()> {
        call!(self.record_layer(repository, layer))
    }

    async fn forget_layer(&self, repository: &Repository, diff_id: &Digest) -> Result<()> {
        call!(self.forget_layer(repository, diff_id))
    }

    async fn note_manifest(&self, repository: &Repository, manifest: &Digest) -> Result<()> {
        call!(self.note_manifest(repository, manifest))
    }

    async fn unneeded_manifests(
        &self,
        repository: &Repository,
        before: OffsetDateTime,
    ) -> Result<Vec<Digest>> {
        call!(self.unneeded_manifests(repository, before))
    }

    async fn is_unneeded(
        &self,
        repository: &Repository,
        manifest: &Digest,
        before: OffsetDateTime,
    ) -> Result<bool> {
        call!(self.is_unneeded(repository, manifest, before))
    }

    async fn forget_manifest(&self, repository: &Repository, manifest: &Digest) -> Result<()> {
        call!(self.forget_manifest(repository, manifest))
    }
}

#[async_trait]
impl VectorStore for Watched {
    async fn drop_vectors_of_others(&self, embedder: &str) -> Result<()> {
        call!(self.drop_vectors_of_others(embedder))
    }

    async fn unindexed_namespaces(&self) -> Result<Vec<Namespace>> {
        call!(self.unindexed_namespaces())
    }

    async fn unindexed(&self, namespace: &Namespace, limit: u32) -> Result<(Vec<Unindexed>, u64)> {
        call!(self.unindexed(namespace, limit))
    }

    async fn revision(&self, namespace: &Namespace, image: &Digest) -> Result<Option<i64>> {
        call!(self.revision(namespace, image))
    }

    async fn record_vectors(
        &self,
        namespace: &Namespace,
        embedder: &str,
        images: Vec<IndexedImage>,
    ) -> Result<()> {
        call!(self.record_vectors(namespace, embedder, images))
    }

    async fn vector(&self, namespace: &Namespace, image: &Digest, embedder: &str) -> Result<Option<Vector>> {
        call!(self.vector(namespace, image, embedder))
    }

    async fn count_without_vector(&self, namespace: &Namespace, embedder: &str) -> Result<u64> {
        call!(self.count_without_vector(namespace, embedder))
    }

    async fn nearest(
        &self,
        namespace: &Namespace,
        embedder: &str,
        likeness: Likeness,
    ) -> Result<Vec<Neighbour>> {
        call!(self.nearest(namespace, embedder, likeness))
    }
}

#[async_trait]
impl EventStore for Watched {
    async fn events(&self, namespace: &Namespace, span: &EventSpan, limit: u32) -> Result<EventPage> {
        call!(self.events(namespace, span, limit))
    }

    async fn note(&self, deeds: Vec<Deed>) -> Result<()> {
        call!(self.note(deeds))
    }

    async fn sweep_events(&self, keep: u64, before: OffsetDateTime) -> Result<u64> {
        call!(self.sweep_events(keep, before))
    }

    fn changes(&self) -> Changes {
        self.0.changes()
    }

    async fn listen(&self) -> Result<()> {
        call!(self.listen())
    }
}

#[async_trait]
impl KeyStore for Watched {
    async fn open_keys(&self) -> Result<()> {
        call!(self.open_keys())
    }

    async fn keys(&self) -> Result<Vec<KeyUse>> {
        call!(self.keys())
    }

    async fn change_key(&self) -> Result<KeyId> {
        call!(self.change_key())
    }

    async fn reseal(&self) -> Result<Resealed> {
        call!(self.reseal())
    }

    async fn discard_keys(&self) -> Result<Vec<KeyId>> {
        call!(self.discard_keys())
    }

    async fn forget_lost(&self) -> Result<u64> {
        call!(self.forget_lost())
    }
}
