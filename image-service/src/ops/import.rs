//! Importing the tar of a root file system: an image of one layer, with a config made here.

use time::OffsetDateTime;
use tokio::sync::mpsc;

use super::{
    LoadEvent, Loading, Operations,
    intake::{Body, telling},
    tag::new_name,
};
use crate::{
    error::Result,
    model::{Digest, ImportChanges, ImportedConfig, Namespace, Platform, Reference},
    ports::{ArchivedImage, ReadLayer},
};

const COMMENT: &str = "Imported from -";

/// What to import.
#[derive(Clone, Debug, Default)]
pub struct ImportRequest {
    /// May hold a tag; empty for an image without a name.
    pub repository: String,
    /// Replaces the tag of `repository`, if not empty.
    pub tag: String,
    /// The default platform if none.
    pub platform: Option<Platform>,
    /// The comment; docker's own if empty.
    pub message: String,
    /// Dockerfile instructions.
    pub changes: Vec<String>,
}

/// An import whose request makes sense.
struct Order {
    name: Option<Reference>,
    platform: Platform,
    comment: String,
    changes: ImportChanges,
}

impl Operations {
    /// Imports one root file system. What is wrong with the request is said before anything is read.
    pub fn import(&self, namespace: Namespace, request: ImportRequest, body: Body) -> Result<Loading> {
        let (admitted, operations) = (self.admission.admit()?, self.clone());
        let order = self.import_order(request)?;
        Ok(telling("import", |events| async move {
            let _admitted = admitted;
            operations.import_to_the_end(&namespace, order, body, &events).await
        }))
    }

    fn import_order(&self, request: ImportRequest) -> Result<Order> {
        let name = match request.repository.as_str() {
            "" => None,
            repository => {
                let (repository, tag) = new_name(repository, &request.tag)?;
                Some(Reference::tagged(repository, tag))
            }
        };
        Ok(Order {
            name,
            platform: request.platform.unwrap_or_else(|| self.default_platform().clone()),
            comment: if request.message.is_empty() { COMMENT.into() } else { request.message },
            changes: ImportChanges::parse(&request.changes)?,
        })
    }

    async fn import_to_the_end(
        &self,
        namespace: &Namespace,
        order: Order,
        body: Body,
        events: &mpsc::Sender<Result<LoadEvent>>,
    ) -> Result<()> {
        let archives = self.ports.archives.clone();
        let taken = self
            .take_in(namespace, body, events.clone(), move |input, intake| archives.read_root(input, intake))
            .await?;
        let image = image_of(order, taken.content.clone(), OffsetDateTime::now_utc());
        self.record_image(namespace, &taken, &image, true, events).await
    }
}

fn image_of(order: Order, layer: ReadLayer, created: OffsetDateTime) -> ArchivedImage {
    let Order { name, platform, comment, changes } = order;
    let config = ImportedConfig {
        platform: &platform,
        created,
        comment: &comment,
        changes: &changes,
        diff_id: &layer.diff_id,
    };
    let config = config.to_json();
    ArchivedImage {
        id: Digest::of(&config),
        config,
        platform,
        names: name.into_iter().collect(),
        layers: vec![layer],
        manifest: None,
    }
}
