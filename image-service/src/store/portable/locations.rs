//! Where an image can be pulled from.

use super::Connection;
use crate::{
    error::{Error, Result},
    model::{Digest, Manifest, ManifestBody, Namespace, Repository},
    ports::{Location, Origin},
    store::encoding::read,
};

const MANIFESTS: &str = "SELECT m.digest, m.media_type, m.content FROM image_manifests l \
     JOIN manifests m ON m.namespace = l.namespace AND m.digest = l.digest \
     WHERE l.namespace = $1 AND l.image_id = $2";
const STAGED: &str = "SELECT repository, digest FROM staged_images \
     WHERE namespace = $1 AND image_id = $2 ORDER BY updated DESC, repository";
const NAMED: &str = "SELECT repository, digest, origin FROM repo_digests \
     WHERE namespace = $1 AND image_id = $2 ORDER BY origin DESC, repository, digest";

#[cfg(test)]
pub(in crate::store) const STATEMENTS: [&str; 3] = [MANIFESTS, STAGED, NAMED];

/// Best first: staged, pushed, pulled.
pub(super) async fn of_image(
    connection: &mut Connection,
    namespace: &Namespace,
    image: &Digest,
) -> Result<Vec<Location>> {
    let (namespace, image) = (namespace.as_str(), image.to_string());
    let query = sqlx::query_as(MANIFESTS).bind(namespace).bind(&image);
    let manifests: Vec<(String, String, Vec<u8>)> = query.fetch_all(&mut *connection).await?;
    let manifests = manifests.into_iter().map(read_manifest).collect::<Result<Vec<_>>>()?;

    let query = sqlx::query_as(STAGED).bind(namespace).bind(&image);
    let staged: Vec<(String, String)> = query.fetch_all(&mut *connection).await?;
    let query = sqlx::query_as(NAMED).bind(namespace).bind(&image);
    let named: Vec<(String, String, String)> = query.fetch_all(connection).await?;

    let mut found = Vec::new();
    for (repository, digest) in staged {
        add(&mut found, &manifests, &repository, &digest, Origin::Staged)?;
    }
    for (repository, digest, origin) in named {
        let origin = if origin == "pushed" { Origin::Pushed } else { Origin::Pulled };
        add(&mut found, &manifests, &repository, &digest, origin)?;
    }
    Ok(found)
}

/// An index stands for the manifest of this image in it.
fn add(
    found: &mut Vec<Location>,
    manifests: &[Manifest],
    repository: &str,
    digest: &str,
    origin: Origin,
) -> Result<()> {
    let (repository, digest): (Repository, Digest) = (read(repository)?, read(digest)?);
    let Some(named) = manifests.iter().find(|manifest| manifest.digest == digest) else { return Ok(()) };
    let own = match &named.body {
        ManifestBody::Image { .. } => Some(named),
        ManifestBody::Index(_) => manifests.iter().find(|manifest| holds(manifests, named, manifest)),
    };
    if let Some(manifest) = own
        && !found.iter().any(|there| there.repository == repository && there.manifest == *manifest)
    {
        found.push(Location { repository, manifest: manifest.clone(), origin });
    }
    Ok(())
}

/// Whether an index holds a manifest, itself or in an index within it: those between are not kept, so that any manifest that is in
/// no other index of the image counts as well.
fn holds(all: &[Manifest], index: &Manifest, manifest: &Manifest) -> bool {
    let lists = |index: &Manifest| match &index.body {
        ManifestBody::Index(entries) => {
            entries.iter().any(|(descriptor, _)| descriptor.digest == manifest.digest)
        }
        ManifestBody::Image { .. } => false,
    };
    matches!(manifest.body, ManifestBody::Image { .. }) && (lists(index) || !all.iter().any(lists))
}

fn read_manifest((digest, media_type, content): (String, String, Vec<u8>)) -> Result<Manifest> {
    let fault = |fault| {
        Error::internal(format!("the store holds manifest {digest}, which cannot be read: {fault:?}"))
    };
    Manifest::parse(read(&digest)?, Some(&media_type), content.into()).map_err(fault)
}
