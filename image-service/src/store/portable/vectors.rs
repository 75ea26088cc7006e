//! The vectors of images: what is still to be made, what was made, and which are nearest.

use super::{Connection, change::Change};
use crate::{
    error::Result,
    model::{Best, Digest, Namespace, SharedLayers, Vector, has_label, score},
    ports::{IndexedImage, Likeness, Neighbour, Unindexed},
    store::encoding::{read, read_json},
};

const UNINDEXED: &str = "SELECT image_id, revision FROM image_vectors \
     WHERE namespace = $1 AND indexed < revision ORDER BY image_id LIMIT $2";
const COUNT_UNINDEXED: &str =
    "SELECT COUNT(*) FROM image_vectors WHERE namespace = $1 AND indexed < revision";
const VECTOR: &str = "SELECT vector, dimensions FROM image_vectors \
     WHERE namespace = $1 AND image_id = $2 AND embedder = $3";
const REVISION: &str = "SELECT revision FROM image_vectors WHERE namespace = $1 AND image_id = $2";
/// From two indexes, without a look at the vectors.
const COUNT_WITHOUT: &str = "SELECT COUNT(*) - (SELECT COUNT(*) FROM image_vectors \
     WHERE embedder = $2 AND namespace = $1 AND dimensions > 0) FROM image_vectors WHERE namespace = $1";
/// Some at a time, as long as there are any: a row may have kilobytes.
const DROP_OTHERS: &str = "UPDATE image_vectors \
     SET indexed = 0, embedder = '', dimensions = 0, vector = $2, layers = $2 WHERE (namespace, image_id) IN \
     (SELECT namespace, image_id FROM image_vectors WHERE embedder > '' AND embedder < $1 LIMIT 500) \
     OR (namespace, image_id) IN \
     (SELECT namespace, image_id FROM image_vectors WHERE embedder > $1 LIMIT 500)";

#[cfg(test)]
pub(in crate::store) const STATEMENTS: [&str; 6] =
    [UNINDEXED, COUNT_UNINDEXED, COUNT_WITHOUT, VECTOR, REVISION, DROP_OTHERS];

/// Every vector of an embedder in a namespace, with what filters ask for: embedder, namespace, then os, architecture and variant, or '' for any.
pub(in crate::store) const SCAN: &str = "SELECT v.image_id, v.vector, v.layers, i.labels FROM image_vectors v \
     JOIN images i ON i.namespace = v.namespace AND i.id = v.image_id \
     WHERE v.embedder = $1 AND v.namespace = $2 \
     AND ($3 = '' OR (i.os = $3 AND i.architecture = $4 AND i.variant = $5))";

/// A row of a scan, as the engine holds it for a moment.
pub(in crate::store) struct ScannedRow<'a> {
    pub(in crate::store) image: &'a str,
    pub(in crate::store) vector: &'a [u8],
    pub(in crate::store) layers: &'a [u8],
    /// A JSON object.
    pub(in crate::store) labels: &'a str,
}

/// Takes the rows of a scan one by one and keeps the best.
#[derive(Debug)]
pub(in crate::store) struct Ranking {
    likeness: Likeness,
    besides: String,
    best: Best<(f32, Option<SharedLayers>)>,
}

impl Ranking {
    pub(super) fn of(likeness: Likeness) -> Self {
        let besides = likeness.besides.as_ref().map(Digest::to_string).unwrap_or_default();
        Self { besides, best: Best::of(likeness.limit), likeness }
    }

    /// The values of `SCAN`.
    pub(super) fn values(&self, namespace: &Namespace, embedder: &str) -> Vec<String> {
        let platform = self.likeness.platform.as_ref();
        let [os, architecture, variant] =
            platform.map_or([""; 3], |platform| [platform.os(), platform.architecture(), platform.variant()]);
        [embedder, namespace.as_str(), os, architecture, variant].map(str::to_owned).into()
    }

    /// Looks at a row. A vector that does not fit is none.
    pub(in crate::store) fn see(&mut self, row: &ScannedRow<'_>) -> Result<()> {
        let Some(cosine) = self.likeness.vector.cosine(row.vector) else { return Ok(()) };
        if row.image == self.besides || !self.has_labels(row.labels)? {
            return Ok(());
        }
        let similarity = cosine.clamp(0.0, 1.0);
        let shared = self.likeness.layers.as_ref().map(|layers| layers.shared_with(row.layers));
        let score = score(similarity, shared.map_or(0.0, |shared| shared.share));
        if score >= self.likeness.minimum_score {
            self.best.offer(score, row.image, || (similarity, shared));
        }
        Ok(())
    }

    fn has_labels(&self, labels: &str) -> Result<bool> {
        if self.likeness.labels.is_empty() {
            return Ok(true);
        }
        let labels = read_json(labels)?;
        Ok(self.likeness.labels.iter().all(|wanted| has_label(&labels, wanted)))
    }

    pub(super) fn into_neighbours(self) -> Result<Vec<Neighbour>> {
        let best = self.best.into_sorted().into_iter();
        best.map(|(score, image, (similarity, shared))| {
            Ok(Neighbour { image: read(&image)?, score, similarity, shared })
        })
        .collect()
    }
}

pub(super) async fn namespaces(connection: &mut Connection) -> Result<Vec<Namespace>> {
    let select = "SELECT DISTINCT namespace FROM image_vectors WHERE indexed < revision";
    let namespaces: Vec<String> = sqlx::query_scalar(select).fetch_all(connection).await?;
    namespaces.iter().map(|namespace| read(namespace)).collect()
}

pub(super) async fn unindexed(
    connection: &mut Connection,
    namespace: &Namespace,
    limit: u32,
) -> Result<(Vec<Unindexed>, u64)> {
    let query = sqlx::query_as(UNINDEXED).bind(namespace.as_str()).bind(i64::from(limit));
    let rows: Vec<(String, i64)> = query.fetch_all(&mut *connection).await?;
    let query = sqlx::query_scalar(COUNT_UNINDEXED).bind(namespace.as_str());
    let count: i64 = query.fetch_one(connection).await?;
    let images =
        rows.iter().map(|(image, revision)| Ok(Unindexed { image: read(image)?, revision: *revision }));
    Ok((images.collect::<Result<_>>()?, count.unsigned_abs()))
}

pub(super) async fn revision(
    connection: &mut Connection,
    namespace: &Namespace,
    image: &Digest,
) -> Result<Option<i64>> {
    let query = sqlx::query_scalar(REVISION).bind(namespace.as_str()).bind(image.to_string());
    Ok(query.fetch_optional(connection).await?)
}

pub(super) async fn vector(
    connection: &mut Connection,
    namespace: &Namespace,
    image: &Digest,
    embedder: &str,
) -> Result<Option<Vector>> {
    let query = sqlx::query_as(VECTOR).bind(namespace.as_str()).bind(image.to_string()).bind(embedder);
    let row: Option<(Vec<u8>, i64)> = query.fetch_optional(connection).await?;
    Ok(row.and_then(|(bytes, dimensions)| Vector::from_bytes(&bytes, usize::try_from(dimensions).ok()?)))
}

pub(super) async fn count_without(
    connection: &mut Connection,
    namespace: &Namespace,
    embedder: &str,
) -> Result<u64> {
    let query = sqlx::query_scalar(COUNT_WITHOUT).bind(namespace.as_str()).bind(embedder);
    let count: i64 = query.fetch_one(connection).await?;
    Ok(count.unsigned_abs())
}

/// Some of the vectors that other embedders made. Answers how many.
pub(super) struct DropVectorsOfOthers(pub(super) String);

impl Change for DropVectorsOfOthers {
    type Answer = u64;

    async fn apply(&self, connection: &mut Connection) -> Result<u64> {
        Ok(sqlx::query(DROP_OTHERS)
            .bind(&self.0)
            .bind(&[][..] as &[u8])
            .execute(connection)
            .await?
            .rows_affected())
    }
}

/// Vectors, and what they were made of. What has another revision by now is left to be indexed again.
pub(super) struct RecordVectors {
    pub(super) namespace: Namespace,
    pub(super) embedder: String,
    pub(super) images: Vec<IndexedImage>,
}

impl Change for RecordVectors {
    type Answer = ();

    async fn apply(&self, connection: &mut Connection) -> Result<()> {
        let update = "UPDATE image_vectors \
             SET indexed = $3, embedder = $4, dimensions = $5, vector = $6, layers = $7 \
             WHERE namespace = $1 AND image_id = $2 AND revision = $3";
        for IndexedImage { of, vector, layers } in &self.images {
            let dimensions = vector.as_ref().map_or(0, Vector::dimensions);
            let query = sqlx::query(update).bind(self.namespace.as_str()).bind(of.image.to_string());
            let query = query.bind(of.revision).bind(&self.embedder);
            let query = query.bind(i64::try_from(dimensions).unwrap_or_default());
            let query = query.bind(vector.as_ref().map(Vector::to_bytes).unwrap_or_default());
            query.bind(layers.to_bytes()).execute(&mut *connection).await?;
        }
        Ok(())
    }
}
