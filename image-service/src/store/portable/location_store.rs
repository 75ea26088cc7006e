//! The port for locations.

use async_trait::async_trait;
use time::OffsetDateTime;

use super::{Store, layers, layers::NoteContent, load::RecordLoad, locations, push::RecordPush};
use crate::{
    error::Result,
    model::{Digest, Manifest, Namespace, Reference, Repository},
    ports::{Loaded, Location, LocationStore, Renamed, StagedLayer},
};

#[async_trait]
impl LocationStore for Store {
    async fn record_load(&self, namespace: &Namespace, loaded: Loaded<'_>) -> Result<Vec<Renamed>> {
        self.commit("record_load", RecordLoad::new(namespace, loaded)?).await
    }

    async fn record_push(
        &self,
        namespace: &Namespace,
        image: &Digest,
        name: &Reference,
        manifest: &Manifest,
    ) -> Result<()> {
        self.commit("record_push", RecordPush::new(namespace, image, name, manifest)).await
    }

    async fn locations(&self, namespace: &Namespace, image: &Digest) -> Result<Vec<Location>> {
        read!(self, "locations", locations::of_image, namespace, image)
    }

    async fn staged_layer(&self, repository: &Repository, digest: &Digest) -> Result<Option<StagedLayer>> {
        read!(self, "staged_layer", layers::by_digest, repository, digest)
    }

    async fn similar_layers(
        &self,
        repository: &Repository,
        uncompressed_size: u64,
        head: &Digest,
    ) -> Result<Vec<StagedLayer>> {
        read!(self, "similar_layers", layers::by_head, repository, uncompressed_size, head)
    }

    async fn record_layer(&self, repository: &Repository, layer: &StagedLayer) -> Result<()> {
        self.commit("record_layer", NoteContent::Layer(repository.clone(), layer.clone())).await
    }

    async fn forget_layer(&self, repository: &Repository, diff_id: &Digest) -> Result<()> {
        self.commit("forget_layer", NoteContent::NoLayer(repository.clone(), diff_id.clone())).await
    }

    async fn note_manifest(&self, repository: &Repository, manifest: &Digest) -> Result<()> {
        self.commit("note_manifest", NoteContent::Manifest(repository.clone(), manifest.clone())).await
    }

    async fn unneeded_manifests(
        &self,
        repository: &Repository,
        before: OffsetDateTime,
    ) -> Result<Vec<Digest>> {
        read!(self, "unneeded_manifests", layers::unneeded, repository, before)
    }

    async fn is_unneeded(
        &self,
        repository: &Repository,
        manifest: &Digest,
        before: OffsetDateTime,
    ) -> Result<bool> {
        read!(self, "is_unneeded", layers::is_unneeded, repository, manifest, before)
    }

    async fn forget_manifest(&self, repository: &Repository, manifest: &Digest) -> Result<()> {
        self.commit("forget_manifest", NoteContent::NoManifest(repository.clone(), manifest.clone())).await
    }
}
