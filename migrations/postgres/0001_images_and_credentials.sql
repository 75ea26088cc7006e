-- Digests are `algorithm:hex`; repositories are canonical (`docker.io/library/nginx`).
-- Times are RFC 3339 in UTC with nine decimals, so that they sort as text: by bytes, whatever the language of the database.

CREATE TABLE store_identity (
    singleton BIGINT NOT NULL PRIMARY KEY CHECK (singleton = 1),
    id        TEXT COLLATE "C" NOT NULL
);

CREATE TABLE images (
    namespace    TEXT COLLATE "C" NOT NULL,
    id           TEXT COLLATE "C" NOT NULL,
    size         BIGINT NOT NULL, -- sum of layer_sizes
    created      TEXT COLLATE "C" NOT NULL, -- '' if the config has no usable date: sorts last, newest first
    os           TEXT COLLATE "C" NOT NULL,
    architecture TEXT COLLATE "C" NOT NULL,
    variant      TEXT COLLATE "C" NOT NULL,
    labels       TEXT COLLATE "C" NOT NULL, -- JSON object
    layer_sizes  TEXT COLLATE "C" NOT NULL, -- JSON array, lowest layer first
    last_tagged  TEXT COLLATE "C",
    PRIMARY KEY (namespace, id)
);

CREATE INDEX images_newest_first ON images (namespace, created DESC, id DESC);

-- Apart from images, so that a listing reads no configs.
CREATE TABLE image_configs (
    namespace TEXT COLLATE "C" NOT NULL,
    id        TEXT COLLATE "C" NOT NULL,
    content   BYTEA NOT NULL,
    PRIMARY KEY (namespace, id),
    FOREIGN KEY (namespace, id) REFERENCES images ON DELETE CASCADE
);

CREATE TABLE manifests (
    namespace  TEXT COLLATE "C" NOT NULL,
    digest     TEXT COLLATE "C" NOT NULL,
    media_type TEXT COLLATE "C" NOT NULL,
    content    BYTEA NOT NULL,
    PRIMARY KEY (namespace, digest)
);

-- An index is shared by the images of its platforms.
CREATE TABLE image_manifests (
    namespace TEXT COLLATE "C" NOT NULL,
    image_id  TEXT COLLATE "C" NOT NULL,
    digest    TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (namespace, image_id, digest),
    FOREIGN KEY (namespace, image_id) REFERENCES images ON DELETE CASCADE,
    FOREIGN KEY (namespace, digest) REFERENCES manifests ON DELETE CASCADE
);

CREATE INDEX image_manifests_by_digest ON image_manifests (namespace, digest);

-- No cascade from here on: an image goes only after its names.
CREATE TABLE tags (
    namespace  TEXT COLLATE "C" NOT NULL,
    repository TEXT COLLATE "C" NOT NULL,
    tag        TEXT COLLATE "C" NOT NULL,
    image_id   TEXT COLLATE "C" NOT NULL,
    target     TEXT COLLATE "C", -- what the registry's tag pointed at; NULL for a tag that was made here
    platform   TEXT COLLATE "C", -- what was asked for; NULL for a tag that was made here
    updated    TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (namespace, repository, tag),
    FOREIGN KEY (namespace, image_id) REFERENCES images
);

CREATE INDEX tags_by_image ON tags (namespace, image_id);

CREATE TABLE repo_digests (
    namespace  TEXT COLLATE "C" NOT NULL,
    repository TEXT COLLATE "C" NOT NULL,
    digest     TEXT COLLATE "C" NOT NULL,
    image_id   TEXT COLLATE "C" NOT NULL,
    platform   TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (namespace, repository, digest),
    FOREIGN KEY (namespace, image_id) REFERENCES images
);

CREATE INDEX repo_digests_by_image ON repo_digests (namespace, image_id);

CREATE TABLE credentials (
    namespace TEXT COLLATE "C" NOT NULL,
    registry  TEXT COLLATE "C" NOT NULL,
    username  TEXT COLLATE "C" NOT NULL, -- may be empty
    kind      TEXT COLLATE "C" NOT NULL CHECK (kind IN ('password', 'identity-token', 'registry-token')),
    sealed    BYTEA NOT NULL,
    updated   TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (namespace, registry)
);
