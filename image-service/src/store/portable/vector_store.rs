//! The port for vectors.

use async_trait::async_trait;

use super::{
    ENGINE, Store, vectors,
    vectors::{DropVectorsOfOthers, Ranking, RecordVectors},
};
use crate::{
    error::Result,
    model::{Digest, Namespace, Vector},
    ports::{IndexedImage, Likeness, Neighbour, Unindexed, VectorStore},
    store::watched::watch,
};

#[async_trait]
impl VectorStore for Store {
    async fn drop_vectors_of_others(&self, embedder: &str) -> Result<()> {
        while self.commit("drop_vectors_of_others", DropVectorsOfOthers(embedder.to_owned())).await? > 0 {}
        Ok(())
    }

    async fn unindexed_namespaces(&self) -> Result<Vec<Namespace>> {
        read!(self, "unindexed_namespaces", vectors::namespaces)
    }

    async fn unindexed(&self, namespace: &Namespace, limit: u32) -> Result<(Vec<Unindexed>, u64)> {
        read!(self, "unindexed", vectors::unindexed, namespace, limit)
    }

    async fn revision(&self, namespace: &Namespace, image: &Digest) -> Result<Option<i64>> {
        read!(self, "revision", vectors::revision, namespace, image)
    }

    async fn record_vectors(
        &self,
        namespace: &Namespace,
        embedder: &str,
        images: Vec<IndexedImage>,
    ) -> Result<()> {
        let (namespace, embedder) = (namespace.clone(), embedder.to_owned());
        self.commit("record_vectors", RecordVectors { namespace, embedder, images }).await
    }

    async fn vector(&self, namespace: &Namespace, image: &Digest, embedder: &str) -> Result<Option<Vector>> {
        read!(self, "vector", vectors::vector, namespace, image, embedder)
    }

    async fn count_without_vector(&self, namespace: &Namespace, embedder: &str) -> Result<u64> {
        read!(self, "count_without_vector", vectors::count_without, namespace, embedder)
    }

    async fn nearest(
        &self,
        namespace: &Namespace,
        embedder: &str,
        likeness: Likeness,
    ) -> Result<Vec<Neighbour>> {
        let ranking = Ranking::of(likeness);
        let values = ranking.values(namespace, embedder);
        watch(ENGINE, "nearest", self.scanner.rank(values, ranking)).await?.into_neighbours()
    }
}
