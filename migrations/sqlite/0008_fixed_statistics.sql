-- What SQLite plans by, the same in every database whatever it holds. Without it a namespace passes for ten rows, and what it counts in a new
-- database passes for all there will be: either way it looks for the names of an image among all names of the namespace.
ANALYZE sqlite_schema;
DELETE FROM sqlite_stat1;
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('tags', 'tags', '1000000 1000000 4 1'),
    ('tags', 'tags_by_image', '1000000 1000000 2'),
    ('repo_digests', 'repo_digests', '1000000 1000000 2 1'),
    ('repo_digests', 'repo_digests_by_image', '1000000 1000000 2');
ANALYZE sqlite_schema;
