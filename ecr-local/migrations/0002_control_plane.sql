-- What the control plane knows beside images. Texts that hold JSON say so.

ALTER TABLE repositories ADD COLUMN mutability TEXT NOT NULL DEFAULT 'MUTABLE';
ALTER TABLE repositories ADD COLUMN mutability_filters TEXT NOT NULL DEFAULT '[]'; -- JSON array of patterns
ALTER TABLE repositories ADD COLUMN scan_on_push INTEGER NOT NULL DEFAULT 0;
ALTER TABLE repositories ADD COLUMN encryption TEXT NOT NULL DEFAULT '{"encryptionType":"AES256"}'; -- JSON object
ALTER TABLE repositories ADD COLUMN policy TEXT;
ALTER TABLE repositories ADD COLUMN lifecycle_policy TEXT;

-- Compressed bytes: those of config and layers, or of the largest child.
ALTER TABLE manifests ADD COLUMN size INTEGER NOT NULL DEFAULT 0;
ALTER TABLE manifests ADD COLUMN pulled INTEGER; -- roughly when it was last pulled

UPDATE manifests SET size = coalesce((SELECT sum(b.size) FROM manifest_blobs l JOIN blobs b ON b.digest = l.digest
    WHERE l.repository = manifests.repository AND l.manifest = manifests.digest), 0);
UPDATE manifests SET size = (SELECT max(c.size) FROM manifest_children l
        JOIN manifests c ON c.repository = l.repository AND c.digest = l.child
        WHERE l.repository = manifests.repository AND l.manifest = manifests.digest)
    WHERE EXISTS (SELECT 1 FROM manifest_children l WHERE l.repository = manifests.repository AND l.manifest = manifests.digest);

CREATE INDEX manifests_by_push ON manifests (repository, pushed, digest);

-- What parts an upload came in, if it came in parts. Its bytes are in a file.
CREATE TABLE upload_parts (
    repository INTEGER NOT NULL REFERENCES repositories ON DELETE CASCADE,
    id         TEXT    NOT NULL,
    parts      INTEGER NOT NULL,
    last_bytes INTEGER NOT NULL, -- of the last part
    least      INTEGER,          -- bytes of the smallest one before it
    PRIMARY KEY (repository, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE resource_tags (
    repository INTEGER NOT NULL REFERENCES repositories ON DELETE CASCADE,
    tag_key    TEXT    NOT NULL,
    tag_value  TEXT    NOT NULL,
    PRIMARY KEY (repository, tag_key)
) STRICT, WITHOUT ROWID;

-- Settings of a registry as JSON, by name.
CREATE TABLE registry_settings (
    account TEXT NOT NULL,
    region  TEXT NOT NULL,
    name    TEXT NOT NULL,
    value   TEXT NOT NULL,
    PRIMARY KEY (account, region, name)
) STRICT, WITHOUT ROWID;
