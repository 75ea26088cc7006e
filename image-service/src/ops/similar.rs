//! Searching: which images are like another one, or like a text. Never asks a registry.

use std::sync::Arc;

use super::Operations;
use crate::{
    error::{Error, Result},
    model::{
        Digest, Document, Image, ImageName, Namespace, Platform, ReferenceLayers, Repository, Tag, Vector,
    },
    ports::{Likeness, Neighbour},
};

/// Images in one answer.
const MOST_SIMILAR: usize = 100;
/// Bytes of a text; who has more to say has an image.
const MOST_TEXT: usize = 4096;

/// What to look for.
#[derive(Clone, PartialEq, Debug)]
pub struct SimilarRequest {
    /// By what.
    pub like: Like,
    /// 1 to 100.
    pub limit: usize,
    /// 0 to 1.
    pub minimum_score: f32,
    /// `key` or `key=value`; all must hold.
    pub labels: Vec<String>,
    /// But for the version of its operating system.
    pub platform: Option<Platform>,
    /// An image whose layers lift a score; else the one to look for, if it is an image.
    pub shares_layers_with: Option<String>,
}

/// By what to look for images.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Like {
    /// The name of an image.
    Image(String),
    /// Words.
    Text(String),
}

/// What was found.
#[derive(Clone, Debug)]
pub struct Similar {
    /// Best first.
    pub images: Vec<SimilarImage>,
    /// Images that could not be found, for they have no vector.
    pub not_indexed: u64,
    /// The embedder's version.
    pub embedder: String,
}

/// An image that was found, by its names: a hundred configs would be a lot to hold.
#[derive(Clone, PartialEq, Debug)]
pub struct SimilarImage {
    /// What makes it alike.
    pub neighbour: Neighbour,
    /// Sorted.
    pub tags: Vec<(Repository, Tag)>,
    /// Sorted.
    pub digests: Vec<(Repository, Digest)>,
}

impl Operations {
    /// Finds images.
    pub async fn similar(&self, namespace: &Namespace, request: SimilarRequest) -> Result<Similar> {
        check(&request)?;
        let SimilarRequest { like, limit, minimum_score, labels, platform, shares_layers_with } = request;
        let (vector, image) = match &like {
            Like::Image(name) => {
                let (vector, image) = self.vector_of_image(namespace, name).await?;
                (vector, Some(image))
            }
            Like::Text(text) => (self.vector_of_text(text).await?, None),
        };
        let besides = image.as_ref().map(|image| image.id.clone());
        let reference = match shares_layers_with {
            Some(name) => Some(self.inspect(namespace, &name).await?.image),
            None => image,
        };
        let layers = reference.map(|image| ReferenceLayers::of(&image));
        let likeness = Likeness { vector, layers, besides, labels, platform, limit, minimum_score };

        let embedder = self.ports.embedder.version().to_owned();
        let neighbours = self.ports.vectors.nearest(namespace, &embedder, likeness).await?;
        let images = self.named(namespace, neighbours).await?;
        let not_indexed = self.ports.vectors.count_without_vector(namespace, &embedder).await?;
        Ok(Similar { images, not_indexed, embedder })
    }

    async fn vector_of_image(&self, namespace: &Namespace, name: &str) -> Result<(Vector, Arc<Image>)> {
        let image = self.inspect(namespace, name).await?.image;
        let vector = self.ports.vectors.vector(namespace, &image.id, self.ports.embedder.version()).await?;
        let vector = vector.ok_or_else(|| Error::NotIndexed { name: name.to_owned() })?;
        Ok((vector, image))
    }

    async fn vector_of_text(&self, text: &str) -> Result<Vector> {
        let document = Document::of_query(text).ok_or_else(wordless)?;
        let vector = self.ports.embedder.embed(vec![document]).await?.pop().flatten();
        vector.ok_or_else(wordless)
    }

    /// One that was removed meanwhile is left out.
    async fn named(&self, namespace: &Namespace, neighbours: Vec<Neighbour>) -> Result<Vec<SimilarImage>> {
        let mut images = Vec::with_capacity(neighbours.len());
        for neighbour in neighbours {
            let name = ImageName::Id(neighbour.image.clone());
            let image = match self.ports.images.find(namespace, &name).await {
                Err(Error::ImageNotFound { .. }) => continue,
                found => found?.image,
            };
            let (tags, digests) = (image.tags.clone(), image.digests.clone());
            images.push(SimilarImage { neighbour, tags, digests });
        }
        Ok(images)
    }
}

fn check(request: &SimilarRequest) -> Result<()> {
    let long = matches!(&request.like, Like::Text(text) if text.len() > MOST_TEXT);
    let wrong = if !(1..=MOST_SIMILAR).contains(&request.limit) {
        format!("the limit {} is not 1 to {MOST_SIMILAR}", request.limit)
    } else if !(0.0..=1.0).contains(&request.minimum_score) {
        format!("the minimum score {} is not 0 to 1", request.minimum_score)
    } else if long {
        format!("the text to look for has more than {MOST_TEXT} bytes")
    } else {
        return Ok(());
    };
    Err(Error::Argument(wrong))
}

fn wordless() -> Error {
    Error::Argument("the text to look for has no word in it".into())
}
