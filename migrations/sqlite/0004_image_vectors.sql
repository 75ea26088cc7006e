-- What images are compared by. Each image has a row from its beginning, so that what is still to be indexed is known after a crash as well.

CREATE TABLE image_vectors (
    namespace  TEXT    NOT NULL,
    image_id   TEXT    NOT NULL,
    revision   INTEGER NOT NULL DEFAULT 1, -- goes up when the image's names change
    indexed    INTEGER NOT NULL DEFAULT 0, -- the revision that the rest of the row was made of
    embedder   TEXT    NOT NULL DEFAULT '', -- its version
    dimensions INTEGER NOT NULL DEFAULT 0,
    vector     BLOB    NOT NULL DEFAULT x'', -- 32-bit floats, little end first; empty if the embedder gives none
    layers     BLOB    NOT NULL DEFAULT x'', -- the first sixteen bytes of each diff ID
    PRIMARY KEY (namespace, image_id),
    FOREIGN KEY (namespace, image_id) REFERENCES images ON DELETE CASCADE
) STRICT;

CREATE INDEX image_vectors_unindexed ON image_vectors (namespace, image_id, revision, indexed) WHERE indexed < revision;
CREATE INDEX image_vectors_by_embedder ON image_vectors (embedder, namespace, dimensions);

INSERT INTO image_vectors (namespace, image_id) SELECT namespace, id FROM images;

CREATE TRIGGER image_vectors_begun AFTER INSERT ON image_configs BEGIN
    INSERT INTO image_vectors (namespace, image_id) VALUES (NEW.namespace, NEW.id);
END;

CREATE TRIGGER image_vectors_outdated AFTER UPDATE OF tags, repo_digests ON image_configs
WHEN OLD.tags IS DISTINCT FROM NEW.tags OR OLD.repo_digests IS DISTINCT FROM NEW.repo_digests BEGIN
    UPDATE image_vectors SET revision = revision + 1 WHERE namespace = NEW.namespace AND image_id = NEW.id;
END;
