use rusqlite::StatementStatus;

use super::*;

const WORD: Question =
    Question { statement: "SELECT 0, word, '', NULL, x'', NULL, NULL FROM words", values: Vec::new() };

/// A database with one word in it, and who may change that.
fn words(folder: &Path) -> (Connection, Finder) {
    let path = folder.join("words.sqlite");
    let writer = Connection::open(&path).unwrap();
    writer
        .execute_batch(
            "PRAGMA journal_mode = WAL; CREATE TABLE words (word TEXT); INSERT INTO words VALUES ('first')",
        )
        .unwrap();
    (writer, Finder::open(&path).unwrap())
}

fn word(rows: Vec<ImageRow>) -> String {
    rows.into_iter().next().unwrap().1
}

#[test]
fn every_connection_sees_a_change_as_soon_as_it_was_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let (writer, finder) = words(folder.path());
    let read = || -> Vec<String> {
        let connections = finder.0.connections.iter().map(lock);
        let read = |mut connection: MutexGuard<'_, Option<Connection>>| {
            word(rows(opened(&mut connection, &finder.0.database).unwrap(), &WORD).unwrap())
        };
        connections.map(read).collect()
    };
    assert_eq!(read(), ["first"; CONNECTIONS]);
    for change in ["second", "third"] {
        writer.execute("UPDATE words SET word = ?1", [change]).unwrap();
        assert_eq!(read(), [change; CONNECTIONS]);
    }
}

#[tokio::test]
async fn while_pages_come_from_the_disk_other_threads_look_up() {
    let folder = tempfile::tempdir().unwrap();
    let (_writer, finder) = words(folder.path());
    finder.0.waits_for_disk.store(true, Relaxed);
    // No thread that serves requests gets at a connection now.
    let held: Vec<_> = finder.0.connections.iter().map(lock).collect();
    let mut answer = std::pin::pin!(finder.rows(WORD));
    assert!(futures_util::poll!(&mut answer).is_pending());
    drop(held);
    assert_eq!(word(answer.await.unwrap()), "first");
}

#[tokio::test]
async fn more_look_ups_than_connections_wait_their_turn() {
    let folder = tempfile::tempdir().unwrap();
    let (_writer, finder) = words(folder.path());
    std::thread::scope(|scope| {
        for _ in 0..4 * CONNECTIONS {
            scope.spawn(|| (0..50).for_each(|_| assert_eq!(word(finder.0.rows(&WORD).unwrap()), "first")));
        }
    });
}

#[test]
fn a_look_up_is_planned_once_whatever_is_known_of_the_table() {
    const AFTER: &str = "SELECT 0, word, '', NULL, x'', NULL, NULL FROM words WHERE word > ?1";
    let folder = tempfile::tempdir().unwrap();
    let (writer, finder) = words(folder.path());
    writer.execute_batch("CREATE INDEX by_word ON words (word); ANALYZE").unwrap();
    let connection = lock(&finder.0.connections[0]);
    let connection = connection.as_ref().unwrap();
    let planned_again = |end: &str| {
        rows(connection, &Question { statement: AFTER, values: vec![end.to_owned()] }).unwrap();
        connection.prepare_cached(AFTER).unwrap().get_status(StatementStatus::RePrepare)
    };
    let since_the_schema_was_read = planned_again("a");
    assert_eq!(planned_again("b"), since_the_schema_was_read);
}

#[test]
fn one_connection_does_until_two_threads_look_up() {
    let folder = tempfile::tempdir().unwrap();
    let (_writer, finder) = words(folder.path());
    let open = || finder.0.connections.iter().filter(|connection| lock(connection).is_some()).count();
    finder.0.rows(&WORD).unwrap();
    assert_eq!(open(), 1);
    let held = lock(&finder.0.connections[0]);
    finder.0.rows(&WORD).unwrap();
    drop(held);
    assert_eq!(open(), 2);
    finder.close();
    assert_eq!(open(), 0);
    assert!(matches!(finder.0.rows(&WORD), Err(Error::StoreUnavailable(_))));
}
