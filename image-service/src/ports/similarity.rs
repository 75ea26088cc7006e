//! Vectors: who makes them, and where they are kept.

use async_trait::async_trait;

use crate::{
    error::Result,
    model::{Digest, Document, LayerMarks, Namespace, Platform, ReferenceLayers, SharedLayers, Vector},
};

/// Makes vectors of documents. The same document gives the same vector as long as the version is the same.
#[async_trait]
pub trait Embedder: Send + Sync + std::fmt::Debug {
    /// Is kept with each vector; another one means that vectors cannot be compared.
    fn version(&self) -> &str;

    /// Of every vector.
    fn dimensions(&self) -> usize;

    /// A vector for each document, in order; nothing for one that cannot have any. `EmbedderUnavailable` if none can be had now.
    async fn embed(&self, documents: Vec<Document>) -> Result<Vec<Option<Vector>>>;
}

/// An image whose vector is missing or out of date.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unindexed {
    /// The image.
    pub image: Digest,
    /// Goes up whenever the image's names change. Read before the names, so that no change is lost.
    pub revision: i64,
}

/// What is kept of an image.
#[derive(Clone, PartialEq, Debug)]
pub struct IndexedImage {
    /// The image, and the revision that this was made of.
    pub of: Unindexed,
    /// Nothing if it can have none: it is not found, and not tried again before something changes.
    pub vector: Option<Vector>,
    /// Its layers.
    pub layers: LayerMarks,
}

/// What to look for.
#[derive(Clone, PartialEq, Debug)]
pub struct Likeness {
    /// By its direction.
    pub vector: Vector,
    /// Layers that lift a score.
    pub layers: Option<ReferenceLayers>,
    /// An image that is not meant.
    pub besides: Option<Digest>,
    /// `key` or `key=value`; all must hold.
    pub labels: Vec<String>,
    /// But for the version of its operating system.
    pub platform: Option<Platform>,
    /// The best so many.
    pub limit: usize,
    /// 0 to 1.
    pub minimum_score: f32,
}

/// An image that is like what was looked for.
#[derive(Clone, PartialEq, Debug)]
pub struct Neighbour {
    /// The image.
    pub image: Digest,
    /// 0 to 1.
    pub score: f32,
    /// 0 to 1: the cosine, if it is not negative.
    pub similarity: f32,
    /// If there was an image to share layers with.
    pub shared: Option<SharedLayers>,
}

/// The vectors of images. Contract as for `ImageStore`. A vector goes with its image.
#[async_trait]
pub trait VectorStore: Send + Sync + std::fmt::Debug {
    /// Takes away the vectors that other embedders made, so that their images are unindexed.
    async fn drop_vectors_of_others(&self, embedder: &str) -> Result<()>;

    /// Namespaces that have unindexed images.
    async fn unindexed_namespaces(&self) -> Result<Vec<Namespace>>;

    /// Up to `limit` unindexed images, and how many there are.
    async fn unindexed(&self, namespace: &Namespace, limit: u32) -> Result<(Vec<Unindexed>, u64)>;

    /// The present revision of an image; nothing if it is not there.
    async fn revision(&self, namespace: &Namespace, image: &Digest) -> Result<Option<i64>>;

    /// Keeps what was made by an embedder, of images that still have the revision that it was made of.
    async fn record_vectors(
        &self,
        namespace: &Namespace,
        embedder: &str,
        images: Vec<IndexedImage>,
    ) -> Result<()>;

    /// The vector of an image, if this embedder made one.
    async fn vector(&self, namespace: &Namespace, image: &Digest, embedder: &str) -> Result<Option<Vector>>;

    /// How many images have no vector by this embedder.
    async fn count_without_vector(&self, namespace: &Namespace, embedder: &str) -> Result<u64>;

    /// The images most like this by vectors of one embedder, best first. Reads every vector, and holds none.
    async fn nearest(
        &self,
        namespace: &Namespace,
        embedder: &str,
        likeness: Likeness,
    ) -> Result<Vec<Neighbour>>;
}
