-- A name leads to the row that a look-up shows, without the index of all IDs between them; and what reads like an ID, of which there are next
-- to none, has an index of its own, so that a short ID is not searched for among all tags.

DROP TRIGGER tags_gathered_after_insert;
DROP TRIGGER tags_gathered_after_update;
DROP TRIGGER tags_gathered_after_delete;
DROP TRIGGER repo_digests_gathered_after_insert;
DROP TRIGGER repo_digests_gathered_after_update;
DROP TRIGGER repo_digests_gathered_after_delete;

CREATE TABLE numbered_configs (
    number       INTEGER NOT NULL PRIMARY KEY, -- of this row, for as long as it is there
    namespace    TEXT    NOT NULL,
    id           TEXT    NOT NULL,
    content      BLOB    NOT NULL,
    layer_sizes  TEXT    NOT NULL DEFAULT '[]', -- JSON array, lowest layer first
    last_tagged  TEXT,
    tags         TEXT, -- 'repository:tag …' in any order; the triggers below are the only ones to write it
    repo_digests TEXT, -- 'repository@digest …', likewise
    UNIQUE (namespace, id),
    FOREIGN KEY (namespace, id) REFERENCES images ON DELETE CASCADE
) STRICT;

INSERT INTO numbered_configs (namespace, id, content, layer_sizes, last_tagged, tags, repo_digests)
    SELECT namespace, id, content, layer_sizes, last_tagged, tags, repo_digests FROM image_configs;
DROP TABLE image_configs;
ALTER TABLE numbered_configs RENAME TO image_configs;

-- The number of the image's config; the triggers below are the only ones to write it.
ALTER TABLE tags ADD COLUMN config INTEGER;
ALTER TABLE repo_digests ADD COLUMN config INTEGER;
UPDATE tags SET config =
    (SELECT c.number FROM image_configs c WHERE c.namespace = tags.namespace AND c.id = tags.image_id);
UPDATE repo_digests SET config =
    (SELECT c.number FROM image_configs c
     WHERE c.namespace = repo_digests.namespace AND c.id = repo_digests.image_id);

-- 'repository:tag' of those that 'dbcc1' and 'sha256:dbcc1' may name, and of some more; NULL for all others. Written by the trigger below.
ALTER TABLE tags ADD COLUMN like_id TEXT;
UPDATE tags SET like_id =
    CASE WHEN substr(repository, 1, 18) = 'docker.io/library/'
         AND ltrim(substr(repository, 19), '0123456789abcdefhs') = '' THEN repository || ':' || tag END;
CREATE INDEX tags_like_ids ON tags (like_id) WHERE like_id IS NOT NULL;

CREATE TRIGGER tags_gathered_after_insert AFTER INSERT ON tags BEGIN
    UPDATE tags SET
        config =
            (SELECT c.number FROM image_configs c WHERE c.namespace = NEW.namespace AND c.id = NEW.image_id),
        like_id =
            CASE WHEN substr(repository, 1, 18) = 'docker.io/library/'
                 AND ltrim(substr(repository, 19), '0123456789abcdefhs') = '' THEN repository || ':' || tag END
    WHERE namespace = NEW.namespace AND repository = NEW.repository AND tag = NEW.tag;
    UPDATE image_configs SET tags =
        (SELECT group_concat(n.repository || ':' || n.tag, ' ') FROM tags n
         WHERE n.namespace = image_configs.namespace AND n.image_id = image_configs.id)
    WHERE namespace = NEW.namespace AND id = NEW.image_id;
END;

CREATE TRIGGER tags_gathered_after_update AFTER UPDATE OF image_id ON tags BEGIN
    UPDATE tags SET config =
        (SELECT c.number FROM image_configs c WHERE c.namespace = NEW.namespace AND c.id = NEW.image_id)
    WHERE namespace = NEW.namespace AND repository = NEW.repository AND tag = NEW.tag;
    UPDATE image_configs SET tags =
        (SELECT group_concat(n.repository || ':' || n.tag, ' ') FROM tags n
         WHERE n.namespace = image_configs.namespace AND n.image_id = image_configs.id)
    WHERE namespace = NEW.namespace AND id IN (OLD.image_id, NEW.image_id);
END;

CREATE TRIGGER tags_gathered_after_delete AFTER DELETE ON tags BEGIN
    UPDATE image_configs SET tags =
        (SELECT group_concat(n.repository || ':' || n.tag, ' ') FROM tags n
         WHERE n.namespace = image_configs.namespace AND n.image_id = image_configs.id)
    WHERE namespace = OLD.namespace AND id = OLD.image_id;
END;

CREATE TRIGGER repo_digests_gathered_after_insert AFTER INSERT ON repo_digests BEGIN
    UPDATE repo_digests SET config =
        (SELECT c.number FROM image_configs c WHERE c.namespace = NEW.namespace AND c.id = NEW.image_id)
    WHERE namespace = NEW.namespace AND repository = NEW.repository AND digest = NEW.digest;
    UPDATE image_configs SET repo_digests =
        (SELECT group_concat(n.repository || '@' || n.digest, ' ') FROM repo_digests n
         WHERE n.namespace = image_configs.namespace AND n.image_id = image_configs.id)
    WHERE namespace = NEW.namespace AND id = NEW.image_id;
END;

CREATE TRIGGER repo_digests_gathered_after_update AFTER UPDATE OF image_id ON repo_digests BEGIN
    UPDATE repo_digests SET config =
        (SELECT c.number FROM image_configs c WHERE c.namespace = NEW.namespace AND c.id = NEW.image_id)
    WHERE namespace = NEW.namespace AND repository = NEW.repository AND digest = NEW.digest;
    UPDATE image_configs SET repo_digests =
        (SELECT group_concat(n.repository || '@' || n.digest, ' ') FROM repo_digests n
         WHERE n.namespace = image_configs.namespace AND n.image_id = image_configs.id)
    WHERE namespace = NEW.namespace AND id IN (OLD.image_id, NEW.image_id);
END;

CREATE TRIGGER repo_digests_gathered_after_delete AFTER DELETE ON repo_digests BEGIN
    UPDATE image_configs SET repo_digests =
        (SELECT group_concat(n.repository || '@' || n.digest, ' ') FROM repo_digests n
         WHERE n.namespace = image_configs.namespace AND n.image_id = image_configs.id)
    WHERE namespace = OLD.namespace AND id = OLD.image_id;
END;
