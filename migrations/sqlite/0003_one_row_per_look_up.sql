-- All that a look-up shows of an image lies in one row, beside its config: among 100,000 images every further index costs it three pages.

ALTER TABLE image_configs ADD COLUMN layer_sizes TEXT NOT NULL DEFAULT '[]'; -- JSON array, lowest layer first
ALTER TABLE image_configs ADD COLUMN last_tagged TEXT;
-- 'repository:tag …' and 'repository@digest …', in any order. The triggers below are the only ones to write them.
ALTER TABLE image_configs ADD COLUMN tags TEXT;
ALTER TABLE image_configs ADD COLUMN repo_digests TEXT;

UPDATE image_configs AS c SET
    (layer_sizes, last_tagged) =
        (SELECT i.layer_sizes, i.last_tagged FROM images i WHERE i.namespace = c.namespace AND i.id = c.id),
    tags = (SELECT group_concat(t.repository || ':' || t.tag, ' ') FROM tags t
            WHERE t.namespace = c.namespace AND t.image_id = c.id),
    repo_digests = (SELECT group_concat(d.repository || '@' || d.digest, ' ') FROM repo_digests d
                    WHERE d.namespace = c.namespace AND d.image_id = c.id);

ALTER TABLE images DROP COLUMN layer_sizes;
ALTER TABLE images DROP COLUMN last_tagged;

CREATE TRIGGER tags_gathered_after_insert AFTER INSERT ON tags BEGIN
    UPDATE image_configs SET tags =
        (SELECT group_concat(n.repository || ':' || n.tag, ' ') FROM tags n
         WHERE n.namespace = image_configs.namespace AND n.image_id = image_configs.id)
    WHERE namespace = NEW.namespace AND id = NEW.image_id;
END;

CREATE TRIGGER tags_gathered_after_update AFTER UPDATE OF image_id ON tags BEGIN
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
    UPDATE image_configs SET repo_digests =
        (SELECT group_concat(n.repository || '@' || n.digest, ' ') FROM repo_digests n
         WHERE n.namespace = image_configs.namespace AND n.image_id = image_configs.id)
    WHERE namespace = NEW.namespace AND id = NEW.image_id;
END;

CREATE TRIGGER repo_digests_gathered_after_update AFTER UPDATE OF image_id ON repo_digests BEGIN
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
