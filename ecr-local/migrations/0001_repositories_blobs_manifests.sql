-- Digests are `algorithm:hex`. Times are whole seconds since 1970. A repository is known by its registry (account and region) and its name;
-- everything else points at its id, which is never used again.

CREATE TABLE repositories (
    id      INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    account TEXT    NOT NULL,
    region  TEXT    NOT NULL,
    name    TEXT    NOT NULL,
    created INTEGER NOT NULL,
    UNIQUE (account, region, name)
) STRICT;

-- What lies in the folder of blobs. A row is written after its file is on disk and goes before the file does.
CREATE TABLE blobs (
    digest TEXT    NOT NULL PRIMARY KEY,
    size   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Which repositories have a blob.
CREATE TABLE repository_blobs (
    repository INTEGER NOT NULL REFERENCES repositories ON DELETE CASCADE,
    digest     TEXT    NOT NULL REFERENCES blobs,
    touched    INTEGER NOT NULL, -- when a client was last told that it is here, or a manifest last referred to it
    PRIMARY KEY (repository, digest)
) STRICT, WITHOUT ROWID;

CREATE INDEX repository_blobs_by_digest ON repository_blobs (digest);
CREATE INDEX repository_blobs_by_touch ON repository_blobs (touched);

CREATE TABLE manifests (
    repository    INTEGER NOT NULL REFERENCES repositories ON DELETE CASCADE,
    digest        TEXT    NOT NULL,
    media_type    TEXT    NOT NULL,
    artifact_type TEXT    NOT NULL, -- as the referrers list gives it; '' if there is none
    subject       TEXT,
    annotations   TEXT    NOT NULL, -- JSON object
    pushed        INTEGER NOT NULL,
    content       BLOB    NOT NULL,
    PRIMARY KEY (repository, digest)
) STRICT;

CREATE INDEX manifests_by_subject ON manifests (repository, subject, digest) WHERE subject IS NOT NULL;

-- What a manifest refers to is there: no cascade from the right-hand side.
CREATE TABLE manifest_blobs (
    repository INTEGER NOT NULL,
    manifest   TEXT    NOT NULL,
    digest     TEXT    NOT NULL,
    PRIMARY KEY (repository, manifest, digest),
    FOREIGN KEY (repository, manifest) REFERENCES manifests ON DELETE CASCADE,
    FOREIGN KEY (repository, digest) REFERENCES repository_blobs
) STRICT, WITHOUT ROWID;

CREATE INDEX manifest_blobs_by_digest ON manifest_blobs (repository, digest);

CREATE TABLE manifest_children (
    repository INTEGER NOT NULL,
    manifest   TEXT    NOT NULL,
    child      TEXT    NOT NULL,
    PRIMARY KEY (repository, manifest, child),
    FOREIGN KEY (repository, manifest) REFERENCES manifests ON DELETE CASCADE,
    FOREIGN KEY (repository, child) REFERENCES manifests
) STRICT, WITHOUT ROWID;

CREATE INDEX manifest_children_by_child ON manifest_children (repository, child);

CREATE TABLE tags (
    repository INTEGER NOT NULL,
    tag        TEXT    NOT NULL,
    manifest   TEXT    NOT NULL,
    PRIMARY KEY (repository, tag),
    FOREIGN KEY (repository, manifest) REFERENCES manifests ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE INDEX tags_by_manifest ON tags (repository, manifest);
