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

CREATE TRIGGER image_vectors_begun AFTER INSERT ON images BEGIN
    INSERT INTO image_vectors (namespace, image_id) VALUES (NEW.namespace, NEW.id);
END;

CREATE TRIGGER image_vectors_outdated_by_new_tag AFTER INSERT ON tags BEGIN
    UPDATE image_vectors SET revision = revision + 1 WHERE namespace = NEW.namespace AND image_id = NEW.image_id;
END;

CREATE TRIGGER image_vectors_outdated_by_moved_tag AFTER UPDATE OF image_id ON tags
WHEN OLD.image_id <> NEW.image_id BEGIN
    UPDATE image_vectors SET revision = revision + 1
    WHERE namespace = NEW.namespace AND image_id IN (OLD.image_id, NEW.image_id);
END;

CREATE TRIGGER image_vectors_outdated_by_lost_tag AFTER DELETE ON tags BEGIN
    UPDATE image_vectors SET revision = revision + 1 WHERE namespace = OLD.namespace AND image_id = OLD.image_id;
END;

CREATE TRIGGER image_vectors_outdated_by_new_digest AFTER INSERT ON repo_digests BEGIN
    UPDATE image_vectors SET revision = revision + 1 WHERE namespace = NEW.namespace AND image_id = NEW.image_id;
END;

CREATE TRIGGER image_vectors_outdated_by_moved_digest AFTER UPDATE OF image_id ON repo_digests
WHEN OLD.image_id <> NEW.image_id BEGIN
    UPDATE image_vectors SET revision = revision + 1
    WHERE namespace = NEW.namespace AND image_id IN (OLD.image_id, NEW.image_id);
END;

CREATE TRIGGER image_vectors_outdated_by_lost_digest AFTER DELETE ON repo_digests BEGIN
    UPDATE image_vectors SET revision = revision + 1 WHERE namespace = OLD.namespace AND image_id = OLD.image_id;
END;
