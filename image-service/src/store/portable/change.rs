//! Changes: one transaction each, carried to its end even if the caller goes away, and only then answered. What the database undoes for the sake
//! of others is done again.

use std::{sync::Arc, time::Duration};

use sqlx::Connection as _;
use telemetry::Context;

use super::{Answers, BEGIN, Connection, ENGINE, LOCK, Pool, Store, pools};
use crate::{
    error::{Error, Result},
    store::{encoding::random_fraction, error::is_undone_for_others, watched::watch},
};

/// Before the first repetition, at most; it doubles each time.
const PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Something to do within one transaction. An error undoes it; it may be done again, in another transaction.
pub(super) trait Change: Send + Sync + 'static {
    type Answer: Send + 'static;

    fn apply(&self, connection: &mut Connection) -> impl Future<Output = Result<Self::Answer>> + Send;
}

impl Store {
    /// In a task of its own: a caller that is cancelled while the commit is under way must not keep kept answers from learning of it. `operation`
    /// is how it is told of.
    pub(super) async fn commit<C: Change>(&self, operation: &'static str, change: C) -> Result<C::Answer> {
        let (writer, answers, ownership) =
            (self.writer.clone(), Arc::clone(&self.answers), Arc::clone(&self.ownership));
        let (changes, repetitions) = (self.changes.clone(), self.repetitions);
        let work = async move {
            let _ownership = ownership;
            let answer = run_again(&writer, &answers, &change, repetitions).await?;
            changes.send_modify(|count| *count += 1);
            Ok(answer)
        };
        let carried_out =
            async { tokio::spawn(Context::current().scope(work)).await.map_err(Error::internal)? };
        watch(ENGINE, operation, carried_out).await
    }
}

/// Those who were in each other's way do not come back at the same time.
async fn run_again<C: Change>(
    writer: &Pool,
    answers: &Answers,
    change: &C,
    repetitions: u32,
) -> Result<C::Answer> {
    let mut pause = PAUSE;
    for _ in 0..repetitions {
        match run(writer, answers, change).await {
            Err(error) if is_undone_for_others(&error) => {
                tracing::debug!("a change was undone for others and is made again: {error}");
            }
            done => return done,
        }
        tokio::time::sleep(pause.mul_f64(random_fraction())).await;
        pause = (2 * pause).min(LONGEST_PAUSE);
    }
    run(writer, answers, change).await
}

/// The connection is given back last: while kept answers do not know of a commit that has ended, no other one begins. One that could not do
/// its work is not used again: a database that gives up in the middle, as SQLite does on a full disk, has rolled back without its knowing.
async fn run<C: Change>(writer: &Pool, answers: &Answers, change: &C) -> Result<C::Answer> {
    let mut connection = pools::taken("write", writer).await?;
    let answer = within_transaction(&mut connection, answers, change).await;
    if matches!(answer, Err(Error::StoreUnavailable(_))) {
        connection.close_on_drop();
    }
    answer
}

async fn within_transaction<C: Change>(
    connection: &mut Connection,
    answers: &Answers,
    change: &C,
) -> Result<C::Answer> {
    let mut transaction = connection.begin_with(BEGIN).await?;
    if let Some(lock) = LOCK {
        sqlx::query(lock).execute(&mut *transaction).await?;
    }
    let answer = change.apply(&mut transaction).await?;
    let _changing = answers.changing();
    transaction.commit().await?;
    Ok(answer)
}
