-- Digests are `algorithm:hex`; repositories are canonical (`docker.io/library/nginx`).
-- Times are RFC 3339 in UTC with nine decimals, so that they sort as text.

CREATE TABLE store_identity (
    singleton INTEGER NOT NULL PRIMARY KEY CHECK (singleton = 1),
    id        TEXT    NOT NULL
) STRICT;

CREATE TABLE images (
    namespace    TEXT    NOT NULL,
    id           TEXT    NOT NULL,
    size         INTEGER NOT NULL, -- sum of layer_sizes
    created      TEXT    NOT NULL, -- '' if the config has no usable date: sorts last, newest first
    os           TEXT    NOT NULL,
    architecture TEXT    NOT NULL,
    variant      TEXT    NOT NULL,
    labels       TEXT    NOT NULL, -- JSON object
    layer_sizes  TEXT    NOT NULL, -- JSON array, lowest layer first
    last_tagged  TEXT,
    PRIMARY KEY (namespace, id)
) STRICT;

CREATE INDEX images_newest_first ON images (namespace, created DESC, id DESC);

-- Apart from images, so that a listing reads no configs.
CREATE TABLE image_configs (
    namespace TEXT NOT NULL,
    id        TEXT NOT NULL,
    content   BLOB NOT NULL,
    PRIMARY KEY (namespace, id),
    FOREIGN KEY (namespace, id) REFERENCES images ON DELETE CASCADE
) STRICT;

CREATE TABLE manifests (
    namespace  TEXT NOT NULL,
    digest     TEXT NOT NULL,
    media_type TEXT NOT NULL,
    content    BLOB NOT NULL,
    PRIMARY KEY (namespace, digest)
) STRICT;

-- An index is shared by the images of its platforms.
CREATE TABLE image_manifests (
    namespace TEXT NOT NULL,
    image_id  TEXT NOT NULL,
    digest    TEXT NOT NULL,
    PRIMARY KEY (namespace, image_id, digest),
    FOREIGN KEY (namespace, image_id) REFERENCES images ON DELETE CASCADE,
    FOREIGN KEY (namespace, digest) REFERENCES manifests ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE INDEX image_manifests_by_digest ON image_manifests (namespace, digest);

-- No cascade from here on: an image goes only after its names.
CREATE TABLE tags (
    namespace  TEXT NOT NULL,
    repository TEXT NOT NULL,
    tag        TEXT NOT NULL,
    image_id   TEXT NOT NULL,
    target     TEXT, -- what the registry's tag pointed at; NULL for a tag that was made here
    platform   TEXT, -- what was asked for; NULL for a tag that was made here
    updated    TEXT NOT NULL,
    PRIMARY KEY (namespace, repository, tag),
    FOREIGN KEY (namespace, image_id) REFERENCES images
) STRICT, WITHOUT ROWID;

CREATE INDEX tags_by_image ON tags (namespace, image_id);

CREATE TABLE repo_digests (
    namespace  TEXT NOT NULL,
    repository TEXT NOT NULL,
    digest     TEXT NOT NULL,
    image_id   TEXT NOT NULL,
    platform   TEXT NOT NULL,
    PRIMARY KEY (namespace, repository, digest),
    FOREIGN KEY (namespace, image_id) REFERENCES images
) STRICT, WITHOUT ROWID;

CREATE INDEX repo_digests_by_image ON repo_digests (namespace, image_id);

CREATE TABLE credentials (
    namespace TEXT NOT NULL,
    registry  TEXT NOT NULL,
    username  TEXT NOT NULL, -- may be empty
    kind      TEXT NOT NULL CHECK (kind IN ('password', 'identity-token', 'registry-token')),
    sealed    BLOB NOT NULL,
    updated   TEXT NOT NULL,
    PRIMARY KEY (namespace, registry)
) STRICT, WITHOUT ROWID;
