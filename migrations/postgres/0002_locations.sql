-- Where images and layers are.

ALTER TABLE repo_digests ADD COLUMN origin TEXT COLLATE "C" NOT NULL DEFAULT 'pulled' CHECK (origin IN ('pulled', 'pushed'));

-- What the staging registry holds for an image. The manifest is linked in image_manifests as well.
CREATE TABLE staged_images (
    namespace  TEXT COLLATE "C" NOT NULL,
    image_id   TEXT COLLATE "C" NOT NULL,
    repository TEXT COLLATE "C" NOT NULL,
    digest     TEXT COLLATE "C" NOT NULL, -- of the manifest
    updated    TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (namespace, image_id, repository),
    FOREIGN KEY (namespace, image_id) REFERENCES images ON DELETE CASCADE
);

CREATE INDEX staged_images_by_manifest ON staged_images (repository, digest);

-- Layers that a repository has: of no namespace, as nobody is told of one who has not brought its content.
CREATE TABLE staged_layers (
    repository        TEXT COLLATE "C" NOT NULL,
    diff_id           TEXT COLLATE "C" NOT NULL,
    uncompressed_size BIGINT NOT NULL,
    head              TEXT COLLATE "C" NOT NULL, -- digest of the first bytes of the uncompressed layer
    digest            TEXT COLLATE "C" NOT NULL, -- of the blob
    media_type        TEXT COLLATE "C" NOT NULL,
    size              BIGINT NOT NULL,
    made_here         BIGINT NOT NULL, -- 1 if the blob was compressed here, 0 if a client brought it as it is
    updated           TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (repository, diff_id)
);

CREATE INDEX staged_layers_by_digest ON staged_layers (repository, digest);
CREATE INDEX staged_layers_by_head ON staged_layers (repository, uncompressed_size, head);

-- Manifests that a repository may hold, whether or not an image needs them: noted before they are pushed, and when what an image needed them
-- for is gone.
CREATE TABLE manifest_notes (
    repository TEXT COLLATE "C" NOT NULL,
    digest     TEXT COLLATE "C" NOT NULL,
    noted      TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (repository, digest)
);
