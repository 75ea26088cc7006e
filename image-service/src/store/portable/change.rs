//! Changes: one transaction each, carried to its end even if the caller goes away, and only then answered.

use std::sync::Arc;

use sqlx::Connection as _;
use tracing::Instrument;

use super::{Answers, BEGIN, Connection, LOCK, Pool, Store};
use crate::error::{Error, Result};

/// Something to do within one transaction. An error undoes it.
pub(super) trait Change: Send + 'static {
    type Answer: Send + 'static;

    fn apply(self, connection: &mut Connection) -> impl Future<Output = Result<Self::Answer>> + Send;
}

impl Store {
    /// In a task of its own: a caller that is cancelled while the commit is under way must not keep kept answers from learning of it.
    pub(super) async fn commit<C: Change>(&self, change: C) -> Result<C::Answer> {
        let (writer, answers, ownership) =
            (self.writer.clone(), Arc::clone(&self.answers), Arc::clone(&self.ownership));
        let changes = self.changes.clone();
        let work = async move {
            let _ownership = ownership;
            let answer = run(&writer, &answers, change).await?;
            changes.send_modify(|count| *count += 1);
            Ok(answer)
        };
        tokio::spawn(work.in_current_span()).await.map_err(Error::internal)?
    }
}

/// The connection is given back last: while kept answers do not know of a commit that has ended, no other one begins.
async fn run<C: Change>(writer: &Pool, answers: &Answers, change: C) -> Result<C::Answer> {
    let mut connection = writer.acquire().await?;
    let mut transaction = connection.begin_with(BEGIN).await?;
    if let Some(lock) = LOCK {
        sqlx::query(lock).execute(&mut *transaction).await?;
    }
    let answer = change.apply(&mut transaction).await?;
    let _changing = answers.changing();
    transaction.commit().await?;
    Ok(answer)
}
