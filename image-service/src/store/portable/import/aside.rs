//! What an engine does for each row that comes, put aside while a state is filled: indexes are made of all rows faster than row by row, and names
//! gathered once instead of once for each name.

use sqlx::AssertSqlSafe;

use super::{ASIDE, Connection};

/// From all names there are.
const GATHER: &str =
    concat!("UPDATE image_configs AS i SET (tags, repo_digests) = (SELECT ", gathered_names!(), ")");
/// Images of which the document does not say what they are compared by.
const BEGIN_VECTORS: &str = "INSERT INTO image_vectors (namespace, image_id) \
     SELECT i.namespace, i.id FROM images i WHERE NOT EXISTS \
     (SELECT 1 FROM image_vectors v WHERE v.namespace = i.namespace AND v.image_id = i.id)";

/// The statements that bring it back.
pub(super) struct Aside(Vec<String>);

impl Aside {
    /// Puts indexes and triggers aside, within a transaction.
    pub(super) async fn put(connection: &mut Connection) -> sqlx::Result<Self> {
        let parts: Vec<(String, String)> = sqlx::query_as(ASIDE).fetch_all(&mut *connection).await?;
        let mut back = Vec::with_capacity(parts.len());
        for (away, again) in parts {
            sqlx::query(AssertSqlSafe(away)).execute(&mut *connection).await?;
            back.push(again);
        }
        Ok(Self(back))
    }

    /// Brings them back, and does what the triggers have missed.
    pub(super) async fn bring_back(self, connection: &mut Connection) -> sqlx::Result<()> {
        for again in self.0 {
            sqlx::query(AssertSqlSafe(again)).execute(&mut *connection).await?;
        }
        sqlx::query(BEGIN_VECTORS).execute(&mut *connection).await?;
        sqlx::query(GATHER).execute(connection).await.map(drop)
    }
}
