-- A name leads to the row that a look-up shows, without the index of all IDs between them; and what reads like an ID, of which there are next
-- to none, has an index of its own, so that a short ID is not searched for among all tags.

-- Of this row, for as long as it is there.
ALTER TABLE image_configs ADD COLUMN number BIGINT GENERATED ALWAYS AS IDENTITY;
ALTER TABLE image_configs DROP CONSTRAINT image_configs_pkey;
ALTER TABLE image_configs ADD PRIMARY KEY (number);
ALTER TABLE image_configs ADD UNIQUE (namespace, id);

-- The number of the image's config; the triggers below are the only ones to write it.
ALTER TABLE tags ADD COLUMN config BIGINT;
ALTER TABLE repo_digests ADD COLUMN config BIGINT;
UPDATE tags n SET config = c.number FROM image_configs c WHERE c.namespace = n.namespace AND c.id = n.image_id;
UPDATE repo_digests n SET config = c.number FROM image_configs c
    WHERE c.namespace = n.namespace AND c.id = n.image_id;

-- 'repository:tag' of those that 'dbcc1' and 'sha256:dbcc1' may name, and of some more; NULL for all others. Written by the trigger below.
ALTER TABLE tags ADD COLUMN like_id TEXT COLLATE "C";
UPDATE tags SET like_id = repository || ':' || tag
    WHERE substr(repository, 1, 18) = 'docker.io/library/'
      AND ltrim(substr(repository, 19), '0123456789abcdefhs') = '';
CREATE INDEX tags_like_ids ON tags (like_id) WHERE like_id IS NOT NULL;

CREATE FUNCTION tags_led() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    NEW.config := (SELECT c.number FROM image_configs c WHERE c.namespace = NEW.namespace AND c.id = NEW.image_id);
    NEW.like_id :=
        CASE WHEN substr(NEW.repository, 1, 18) = 'docker.io/library/'
             AND ltrim(substr(NEW.repository, 19), '0123456789abcdefhs') = '' THEN NEW.repository || ':' || NEW.tag END;
    RETURN NEW;
END
$$;

CREATE FUNCTION repo_digests_led() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    NEW.config := (SELECT c.number FROM image_configs c WHERE c.namespace = NEW.namespace AND c.id = NEW.image_id);
    RETURN NEW;
END
$$;

CREATE TRIGGER tags_led BEFORE INSERT OR UPDATE OF image_id ON tags FOR EACH ROW EXECUTE FUNCTION tags_led();
CREATE TRIGGER repo_digests_led BEFORE INSERT OR UPDATE OF image_id ON repo_digests
    FOR EACH ROW EXECUTE FUNCTION repo_digests_led();
