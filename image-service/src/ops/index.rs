//! Indexing: a vector for each image, made of what the store knows of it.
//!
//! What is to be indexed is read from the store, where changes of names and new images leave their mark in their own transaction: nothing is
//! remembered here, so that a crash loses nothing and no pull waits for an embedder.

use std::{sync::Arc, time::Duration};

use super::{Operations, admission::Admitted};
use crate::{
    error::{Error, Result},
    model::{Document, Image, ImageName, LayerMarks, Namespace},
    ports::{IndexedImage, Unindexed},
};

/// Images whose documents are held at once.
const BATCH: u32 = 32;
/// After a failure of the embedder or of the store; twice as long after each further one.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(5 * 60);

/// What indexing tells.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum IndexEvent {
    /// Some more are on disk.
    Progress {
        /// So far.
        done: Indexed,
        /// Still to do.
        remaining: u64,
    },
    /// That was all.
    Finished(Indexed),
}

/// Images that were indexed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Indexed {
    /// All of them.
    pub images: u64,
    /// Those of them that have no vector.
    pub without_vector: u64,
}

/// Indexing under way. Dropping it ends it.
#[derive(Debug)]
pub struct Indexing {
    operations: Operations,
    namespace: Namespace,
    /// One image alone, until it is done.
    one: Option<Unindexed>,
    whole_namespace: bool,
    done: Indexed,
    finished: bool,
    /// Nothing if nobody has asked for it.
    _admitted: Option<Admitted>,
}

impl Operations {
    /// Starts to index one image anew; without a name, all that have no current vector.
    pub async fn index(&self, namespace: Namespace, name: &str) -> Result<Indexing> {
        let admitted = self.admission.admit()?;
        if !name.is_empty() {
            let name = ImageName::parse(name)?;
            let image = self.ports.images.find(&namespace, &name).await?.image.id.clone();
            let revision = self.ports.vectors.revision(&namespace, &image).await?;
            let revision = revision.ok_or_else(|| Error::ImageNotFound { name: name.to_string() })?;
            let one = Some(Unindexed { image, revision });
            return Ok(Indexing { _admitted: Some(admitted), ..Indexing::of(self, namespace, one) });
        }
        self.ports.vectors.drop_vectors_of_others(self.ports.embedder.version()).await?;
        Ok(Indexing { _admitted: Some(admitted), ..Indexing::of(self, namespace, None) })
    }

    /// Indexes what is not indexed, now and whenever something has changed, for ever.
    pub async fn keep_indexed(self) {
        let (mut pause, mut changes) = (FIRST_PAUSE, self.ports.events.changes());
        while let Err(why) = self.ports.vectors.drop_vectors_of_others(self.ports.embedder.version()).await {
            pause = wait_after(&why, pause).await;
        }
        loop {
            match self.index_every_namespace().await {
                Ok(()) => {
                    pause = FIRST_PAUSE;
                    changes.next().await;
                }
                Err(why) => pause = wait_after(&why, pause).await,
            }
        }
    }

    async fn index_every_namespace(&self) -> Result<()> {
        for namespace in self.ports.vectors.unindexed_namespaces().await? {
            let mut indexing = Indexing::of(self, namespace, None);
            while indexing.next().await?.is_some() {}
        }
        Ok(())
    }

    /// What is to be kept of some images. One that is gone meanwhile needs nothing.
    async fn embed(&self, namespace: &Namespace, images: Vec<Unindexed>) -> Result<Vec<IndexedImage>> {
        let (mut known, mut documents) = (Vec::new(), Vec::new());
        for of in images {
            let found = match self.ports.images.find(namespace, &ImageName::Id(of.image.clone())).await {
                Err(Error::ImageNotFound { .. }) => continue,
                found => found?,
            };
            let (document, layers) = read(found.image).await?;
            documents.push(document);
            known.push((of, layers));
        }
        let vectors = self.ports.embedder.embed(documents).await?;
        let indexed = known.into_iter().zip(vectors);
        Ok(indexed.map(|((of, layers), vector)| IndexedImage { of, vector, layers }).collect())
    }
}

impl Indexing {
    fn of(operations: &Operations, namespace: Namespace, one: Option<Unindexed>) -> Self {
        let (operations, whole_namespace) = (operations.clone(), one.is_none());
        let (done, finished, _admitted) = (Indexed::default(), false, None);
        Self { operations, namespace, one, whole_namespace, done, finished, _admitted }
    }

    /// The next step; nothing after the end.
    pub async fn next(&mut self) -> Result<Option<IndexEvent>> {
        if self.finished {
            return Ok(None);
        }
        let (images, waiting) = self.batch().await?;
        if images.is_empty() {
            self.finished = true;
            return Ok(Some(IndexEvent::Finished(self.done)));
        }
        let taken = images.len() as u64;
        let indexed = self.operations.embed(&self.namespace, images).await?;
        self.count(&indexed);
        let Operations { ports, .. } = &self.operations;
        ports.vectors.record_vectors(&self.namespace, ports.embedder.version(), indexed).await?;
        Ok(Some(IndexEvent::Progress { done: self.done, remaining: waiting.saturating_sub(taken) }))
    }

    async fn batch(&mut self) -> Result<(Vec<Unindexed>, u64)> {
        match self.whole_namespace {
            true => self.operations.ports.vectors.unindexed(&self.namespace, BATCH).await,
            false => Ok((self.one.take().into_iter().collect(), 1)),
        }
    }

    fn count(&mut self, indexed: &[IndexedImage]) {
        for image in indexed {
            self.done.images += 1;
            if image.vector.is_none() {
                self.done.without_vector += 1;
                let image = &image.of.image;
                tracing::warn!(%image, "the embedder gives no vector for {image}: it will not be found by similarity");
            }
        }
    }
}

/// A config may have megabytes, and to read it take a while.
async fn read(image: Arc<Image>) -> Result<(Document, LayerMarks)> {
    let read = move || (Document::of_image(&image), LayerMarks::of(&image));
    tokio::task::spawn_blocking(read).await.map_err(Error::internal)
}

/// The pause after the next failure.
async fn wait_after(why: &Error, pause: Duration) -> Duration {
    tracing::warn!("images are not indexed, trying again in {pause:?}: {why}");
    tokio::time::sleep(pause).await;
    (pause * 2).min(LONGEST_PAUSE)
}
