//! Versions of answers, made of what the answers say.

use aws_lc_rs::digest::{Context, SHA256};

use crate::{
    error::Result,
    model::{Image, ImageName, Namespace},
    ports::Found,
};

/// As long as no two answers should meet.
const LENGTH: usize = 16;

/// Gives each answer its version and keeps none.
#[derive(Debug)]
pub(super) struct Versions;

impl Versions {
    pub(super) async fn found(
        &self,
        _namespace: &Namespace,
        _name: &ImageName,
        read: impl Future<Output = Result<Image>>,
    ) -> Result<Found> {
        let image = read.await?;
        Ok(Found { version: version(&image).into(), image: image.into() })
    }

    /// Nothing is kept that a commit could make old.
    pub(super) fn changing(&self) -> Unconcerned {
        Unconcerned
    }
}

/// A commit is under way.
pub(super) struct Unconcerned;

/// The ID stands for the config. Every part ends with a byte that none has in it.
fn version(image: &Image) -> String {
    let mut parts = Context::new(&SHA256);
    let mut add = |part: String| {
        parts.update(part.as_bytes());
        parts.update(&[0]);
    };
    add(image.id.to_string());
    add(format!("{:?}", image.layer_sizes));
    add(image.last_tagged.map(|time| time.unix_timestamp_nanos().to_string()).unwrap_or_default());
    for reference in image.references() {
        add(reference.to_string());
    }
    hex::encode(&parts.finish().as_ref()[..LENGTH])
}
