-- All that a look-up shows of an image lies in one row, beside its config.

ALTER TABLE image_configs ADD COLUMN layer_sizes TEXT COLLATE "C" NOT NULL DEFAULT '[]'; -- JSON array, lowest layer first
ALTER TABLE image_configs ADD COLUMN last_tagged TEXT COLLATE "C";
-- 'repository:tag …' and 'repository@digest …', in any order. The triggers below are the only ones to write them.
ALTER TABLE image_configs ADD COLUMN tags TEXT COLLATE "C";
ALTER TABLE image_configs ADD COLUMN repo_digests TEXT COLLATE "C";

UPDATE image_configs c SET layer_sizes = i.layer_sizes, last_tagged = i.last_tagged
    FROM images i WHERE i.namespace = c.namespace AND i.id = c.id;
UPDATE image_configs c SET
    tags = (SELECT string_agg(t.repository || ':' || t.tag, ' ') FROM tags t
            WHERE t.namespace = c.namespace AND t.image_id = c.id),
    repo_digests = (SELECT string_agg(d.repository || '@' || d.digest, ' ') FROM repo_digests d
                    WHERE d.namespace = c.namespace AND d.image_id = c.id);

ALTER TABLE images DROP COLUMN layer_sizes;
ALTER TABLE images DROP COLUMN last_tagged;

CREATE FUNCTION gather_tags(of_namespace TEXT, of_image TEXT) RETURNS VOID LANGUAGE SQL AS $$
    UPDATE image_configs SET tags =
        (SELECT string_agg(n.repository || ':' || n.tag, ' ') FROM tags n
         WHERE n.namespace = of_namespace AND n.image_id = of_image)
    WHERE namespace = of_namespace AND id = of_image;
$$;

CREATE FUNCTION gather_repo_digests(of_namespace TEXT, of_image TEXT) RETURNS VOID LANGUAGE SQL AS $$
    UPDATE image_configs SET repo_digests =
        (SELECT string_agg(n.repository || '@' || n.digest, ' ') FROM repo_digests n
         WHERE n.namespace = of_namespace AND n.image_id = of_image)
    WHERE namespace = of_namespace AND id = of_image;
$$;

CREATE FUNCTION tags_gathered() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN PERFORM gather_tags(OLD.namespace, OLD.image_id); END IF;
    IF TG_OP <> 'DELETE' THEN PERFORM gather_tags(NEW.namespace, NEW.image_id); END IF;
    RETURN NULL;
END
$$;

CREATE FUNCTION repo_digests_gathered() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN PERFORM gather_repo_digests(OLD.namespace, OLD.image_id); END IF;
    IF TG_OP <> 'DELETE' THEN PERFORM gather_repo_digests(NEW.namespace, NEW.image_id); END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER tags_gathered AFTER INSERT OR DELETE OR UPDATE OF image_id ON tags
    FOR EACH ROW EXECUTE FUNCTION tags_gathered();
CREATE TRIGGER repo_digests_gathered AFTER INSERT OR DELETE OR UPDATE OF image_id ON repo_digests
    FOR EACH ROW EXECUTE FUNCTION repo_digests_gathered();
