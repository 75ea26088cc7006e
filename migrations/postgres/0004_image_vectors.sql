-- What images are compared by. Each image has a row from its beginning, so that what is still to be indexed is known after a crash as well.

CREATE TABLE image_vectors (
    namespace TEXT COLLATE "C" NOT NULL,
    image_id TEXT COLLATE "C" NOT NULL,
    revision BIGINT NOT NULL DEFAULT 1, -- goes up when the image's names change
    indexed BIGINT NOT NULL DEFAULT 0, -- the revision that the rest of the row was made of
    embedder TEXT COLLATE "C" NOT NULL DEFAULT '', -- its version
    dimensions BIGINT NOT NULL DEFAULT 0,
    vector BYTEA NOT NULL DEFAULT '', -- 32-bit floats, little end first; empty if the embedder gives none
    layers BYTEA NOT NULL DEFAULT '', -- the first sixteen bytes of each diff ID
    PRIMARY KEY (namespace, image_id),
    FOREIGN KEY (namespace, image_id) REFERENCES images ON DELETE CASCADE
);

CREATE INDEX image_vectors_unindexed ON image_vectors (namespace, image_id, revision, indexed) WHERE indexed < revision;
CREATE INDEX image_vectors_by_embedder ON image_vectors (embedder, namespace, dimensions);

INSERT INTO image_vectors (namespace, image_id) SELECT namespace, id FROM images;

CREATE FUNCTION image_vectors_begun() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO image_vectors (namespace, image_id) VALUES (NEW.namespace, NEW.id);
    RETURN NULL;
END
$$;

CREATE FUNCTION image_vectors_outdated() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        UPDATE image_vectors SET revision = revision + 1
        WHERE namespace = OLD.namespace AND image_id = OLD.image_id;
    END IF;
    IF TG_OP = 'INSERT' OR TG_OP = 'UPDATE' THEN
        UPDATE image_vectors SET revision = revision + 1
        WHERE namespace = NEW.namespace AND image_id = NEW.image_id;
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER image_vectors_begun AFTER INSERT ON images FOR EACH ROW EXECUTE FUNCTION image_vectors_begun();

CREATE TRIGGER image_vectors_outdated AFTER INSERT OR DELETE ON tags
    FOR EACH ROW EXECUTE FUNCTION image_vectors_outdated();
CREATE TRIGGER image_vectors_outdated_by_move AFTER UPDATE OF image_id ON tags
    FOR EACH ROW WHEN (OLD.image_id <> NEW.image_id) EXECUTE FUNCTION image_vectors_outdated();
CREATE TRIGGER image_vectors_outdated AFTER INSERT OR DELETE ON repo_digests
    FOR EACH ROW EXECUTE FUNCTION image_vectors_outdated();
CREATE TRIGGER image_vectors_outdated_by_move AFTER UPDATE OF image_id ON repo_digests
    FOR EACH ROW WHEN (OLD.image_id <> NEW.image_id) EXECUTE FUNCTION image_vectors_outdated();
