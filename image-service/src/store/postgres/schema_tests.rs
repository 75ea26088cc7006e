use std::sync::Arc;

use fixtures::peers::Postgres;

const FIRST: &str = include_str!("../../../../migrations/postgres/0001_images_and_credentials.sql");
const LOCATIONS: &str = include_str!("../../../../migrations/postgres/0002_locations.sql");
const ONE_ROW: &str = include_str!("../../../../migrations/postgres/0003_one_row_per_look_up.sql");
const VECTORS: &str = include_str!("../../../../migrations/postgres/0004_image_vectors.sql");
const NUMBERED: &str = include_str!("../../../../migrations/postgres/0005_names_lead_to_configs.sql");

const FILL: &str = "
    INSERT INTO images VALUES ('default', 'a', 3, '', 'linux', 'amd64', '', '{}', '[1,2]', '2024-01-01T00:00:00.000000000Z');
    INSERT INTO images VALUES ('default', 'b', 0, '', 'linux', 'amd64', '', '{}', '[]', NULL);
    INSERT INTO image_configs VALUES ('default', 'a', '{}'), ('default', 'b', '{}');
    INSERT INTO tags VALUES ('default', 'app', '1', 'a', NULL, NULL, ''), ('default', 'app', '2', 'a', NULL, NULL, '');
    INSERT INTO tags VALUES ('default', 'docker.io/library/dbcc1', '3', 'b', NULL, NULL, '');
    INSERT INTO repo_digests VALUES ('default', 'app', 'top', 'a', 'linux/amd64');";

const ROWS: &str = "SELECT id, layer_sizes, last_tagged, tags, repo_digests FROM image_configs ORDER BY id";
const ASTRAY: &str = "SELECT count(*) FROM (SELECT image_id, config FROM tags UNION ALL \
     SELECT image_id, config FROM repo_digests) n LEFT JOIN image_configs c ON c.number = n.config \
     WHERE c.id IS NULL OR c.id <> n.image_id";

/// A database of the first version with rows in it, brought up step by step.
struct Grown {
    server: Arc<Postgres>,
    database: String,
}

impl Grown {
    async fn up() -> Self {
        let server = Postgres::shared().await;
        let database = server.database().await.rsplit_once('/').unwrap().1.to_owned();
        let grown = Self { server, database };
        for step in [FIRST, FILL, LOCATIONS, ONE_ROW, VECTORS, NUMBERED] {
            grown.sql(step).await;
        }
        grown
    }

    async fn sql(&self, statement: &str) -> String {
        self.server.sql(&self.database, statement).await
    }
}

#[tokio::test]
async fn images_of_the_first_version_keep_their_names_and_sizes() {
    let grown = Grown::up().await;
    assert_eq!(grown.sql(ASTRAY).await, "0");
    assert_eq!(
        grown.sql(ROWS).await,
        "a|[1,2]|2024-01-01T00:00:00.000000000Z|app:1 app:2|app@top\nb|[]||docker.io/library/dbcc1:3|"
    );
    assert_eq!(
        grown.sql("SELECT tag, like_id, target FROM tags WHERE like_id IS NOT NULL").await,
        "3|docker.io/library/dbcc1:3|"
    );
    assert_eq!(grown.sql("SELECT origin FROM repo_digests").await, "pulled");

    grown.sql("UPDATE tags SET image_id = 'b' WHERE tag = '2'; DELETE FROM repo_digests").await;
    assert_eq!(
        grown.sql("SELECT id, string_to_array(tags, ' ') @> '{app:2}' FROM image_configs ORDER BY id").await,
        "a|f\nb|t"
    );
    assert_eq!(grown.sql(ASTRAY).await, "0");
}

#[tokio::test]
async fn images_of_before_are_to_be_indexed_and_again_when_a_name_changes() {
    let grown = Grown::up().await;
    let revisions = "SELECT image_id, revision, indexed FROM image_vectors ORDER BY image_id";
    assert_eq!(grown.sql(revisions).await, "a|1|0\nb|1|0");
    grown.sql("UPDATE image_configs SET layer_sizes = '[7]', last_tagged = 'now'").await;
    assert_eq!(grown.sql(revisions).await, "a|1|0\nb|1|0", "only names count");
    grown.sql("UPDATE tags SET image_id = 'b' WHERE tag = '2'").await;
    assert_eq!(
        grown.sql(revisions).await,
        "a|2|0\nb|2|0",
        "for the image that lost it, and for the one that got it"
    );
    grown.sql("DELETE FROM tags WHERE tag = '1'").await;
    assert_eq!(grown.sql(revisions).await, "a|3|0\nb|2|0");
}
