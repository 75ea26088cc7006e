//! Indexes from upstream: what they refer to comes when somebody pulls it.

use super::{Change, Result, push::measure};

/// Notes that an index refers to a manifest that is not here yet.
pub(super) async fn note_absent(
    change: &mut Change,
    repository: i64,
    index: &str,
    child: &str,
) -> Result<()> {
    let insert = "INSERT INTO absent_children (repository, child, manifest) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
    let query = sqlx::query(insert).bind(repository).bind(child).bind(index);
    query.execute(&mut **change).await.map(drop)
}

/// Lets the indexes that were waiting for a manifest refer to it.
pub(super) async fn fill_in(change: &mut Change, repository: i64, child: &str) -> Result<()> {
    let delete = "DELETE FROM absent_children WHERE repository = $1 AND child = $2 RETURNING manifest";
    let query = sqlx::query_scalar(delete).bind(repository).bind(child);
    let indexes: Vec<String> = query.fetch_all(&mut **change).await?;
    for index in indexes {
        let insert = "INSERT INTO manifest_children (repository, manifest, child) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
        let query = sqlx::query(insert).bind(repository).bind(&index).bind(child);
        query.execute(&mut **change).await?;
        measure(change, repository, &index).await?;
    }
    Ok(())
}
