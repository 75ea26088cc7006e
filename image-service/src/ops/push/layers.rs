//! The layers and the config of one image on their way from one registry to another.

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, stream};

use super::{LayerState, Order, PushEvent, progress::Progress};
use crate::{
    error::Result,
    model::{Descriptor, Digest, ImageName, ManifestBody, Namespace},
    ops::Operations,
    ports::{BlobSource, BlobStream, RegistryWriter},
};

/// Layers that are sent at once; as dockerd.
const AT_ONCE: usize = 5;

/// A blob in a registry.
pub(super) struct Elsewhere<'a> {
    pub(super) order: &'a Order<'a>,
    pub(super) writer: &'a dyn RegistryWriter,
    pub(super) blob: &'a Descriptor,
    pub(super) progress: Progress,
}

#[async_trait]
impl BlobSource for Elsewhere<'_> {
    async fn open(&self) -> Result<BlobStream> {
        let Order { source, source_access, .. } = self.order;
        let stream = self.writer.blob(&source.repository, self.blob, source_access).await?;
        Ok(self.progress.follow(stream))
    }
}

struct InMemory(Bytes);

#[async_trait]
impl BlobSource for InMemory {
    async fn open(&self) -> Result<BlobStream> {
        let bytes = self.0.clone();
        Ok(stream::iter([Ok(bytes)]).boxed())
    }
}

impl Operations {
    /// Each layer once, however often the image has it.
    pub(super) async fn copy_layers(&self, order: &Order<'_>) -> Result<()> {
        let layers = layers_of(order);
        for (diff_id, _) in &layers {
            order.tell(diff_id, LayerState::Preparing).await;
        }
        for (diff_id, _) in layers.iter().skip(AT_ONCE) {
            order.tell(diff_id, LayerState::Waiting).await;
        }
        let copies: Vec<_> =
            layers.iter().map(|(diff_id, blob)| self.copy_layer(order, diff_id, blob)).collect();
        stream::iter(copies).buffer_unordered(AT_ONCE).try_collect().await
    }

    async fn copy_layer(&self, order: &Order<'_>, diff_id: &Digest, blob: &Descriptor) -> Result<()> {
        let writer = &*self.ports.writer;
        let progress = Progress::new(diff_id.clone(), blob.size, order.events.clone());
        let source = Elsewhere { order, writer, blob, progress };
        let mount = order.mount();
        let placed = writer.put_blob(order.target, blob, &source, mount, order.access).await?;
        order.tell(diff_id, LayerState::Placed(placed)).await;
        Ok(())
    }

    /// The store has the config, whatever the other registry still has.
    pub(super) async fn copy_config(&self, namespace: &Namespace, order: &Order<'_>) -> Result<()> {
        let ManifestBody::Image { config, .. } = &order.source.manifest.body else { return Ok(()) };
        let found = self.ports.images.find(namespace, &ImageName::Id(order.image.image.clone())).await?;
        let source = InMemory(found.image.config.clone());
        self.ports.writer.put_blob(order.target, config, &source, order.mount(), order.access).await?;
        Ok(())
    }
}

impl Order<'_> {
    async fn tell(&self, diff_id: &Digest, state: LayerState) {
        let _ = self.events.send(Ok(PushEvent::Layer { diff_id: diff_id.clone(), state })).await;
    }

    /// A registry can link what it has in another repository.
    fn mount(&self) -> Option<&crate::model::Repository> {
        let source = &self.source.repository;
        (source.domain() == self.target.domain() && source != self.target).then_some(source)
    }
}

/// Diff ID and blob of each layer. Those that may not be distributed stay where their descriptor says.
fn layers_of<'a>(order: &'a Order<'_>) -> Vec<(Digest, &'a Descriptor)> {
    let ManifestBody::Image { layers, .. } = &order.source.manifest.body else { return Vec::new() };
    let mut distinct: Vec<(Digest, &Descriptor)> = Vec::new();
    for (diff_id, blob) in order.image.diff_ids.iter().zip(layers) {
        let here = distinct.iter().any(|(_, there)| there.digest == blob.digest);
        if !here && !blob.is_foreign() {
            distinct.push((diff_id.clone(), blob));
        }
    }
    distinct
}
