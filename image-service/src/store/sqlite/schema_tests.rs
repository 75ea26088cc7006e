use rusqlite::Connection;

const FIRST: &str = include_str!("../../../../migrations/sqlite/0001_images_and_credentials.sql");
const LOCATIONS: &str = include_str!("../../../../migrations/sqlite/0002_locations.sql");
const ONE_ROW: &str = include_str!("../../../../migrations/sqlite/0003_one_row_per_look_up.sql");
const NUMBERED: &str = include_str!("../../../../migrations/sqlite/0005_names_lead_to_configs.sql");

const FILL: &str = "
    INSERT INTO images VALUES ('default', 'a', 3, '', 'linux', 'amd64', '', '{}', '[1,2]', '2024-01-01T00:00:00.000000000Z');
    INSERT INTO images VALUES ('default', 'b', 0, '', 'linux', 'amd64', '', '{}', '[]', NULL);
    INSERT INTO image_configs VALUES ('default', 'a', x'7b7d'), ('default', 'b', x'7b7d');
    INSERT INTO tags VALUES ('default', 'app', '1', 'a', NULL, NULL, ''), ('default', 'app', '2', 'a', NULL, NULL, '');
    INSERT INTO repo_digests VALUES ('default', 'app', 'top', 'a', 'linux/amd64');";

type Row = (String, Option<String>, Option<String>, Option<String>);

fn row(database: &Connection, id: &str) -> Row {
    let select = "SELECT layer_sizes, last_tagged, tags, repo_digests FROM image_configs WHERE id = ?1";
    database.query_row(select, [id], |row| row.try_into()).unwrap()
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn assert_that_names_lead_to_their_images(database: &Connection) {
    let select = "SELECT count(*) FROM (SELECT image_id, config FROM tags UNION ALL \
         SELECT image_id, config FROM repo_digests) n LEFT JOIN image_configs c ON c.number = n.config \
         WHERE c.id IS NULL OR c.id <> n.image_id";
    assert_eq!(database.query_row(select, [], |row| row.get::<_, i64>(0)), Ok(0));
}

#[test]
fn images_of_the_first_version_keep_their_names_and_sizes() {
    let database = Connection::open_in_memory().unwrap();
    for step in [FIRST, FILL, LOCATIONS, ONE_ROW, NUMBERED] {
        database.execute_batch(step).unwrap();
    }
    assert_that_names_lead_to_their_images(&database);
    let tagged = some("2024-01-01T00:00:00.000000000Z");
    assert_eq!(
        row(&database, "a"),
        ("[1,2]".to_owned(), tagged.clone(), some("app:1 app:2"), some("app@top"))
    );
    assert_eq!(row(&database, "b"), ("[]".to_owned(), None, None, None));

    database
        .execute_batch("UPDATE tags SET image_id = 'b' WHERE tag = '2'; DELETE FROM repo_digests")
        .unwrap();
    assert_eq!(row(&database, "a"), ("[1,2]".to_owned(), tagged, some("app:1"), None));
    assert_eq!(row(&database, "b"), ("[]".to_owned(), None, some("app:2"), None));
    assert_that_names_lead_to_their_images(&database);
}
