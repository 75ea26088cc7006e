-- What a registry does by itself: repositories it makes, images it copies to other registries, images it fetches from upstream.

CREATE TABLE creation_templates (
    account    TEXT    NOT NULL,
    region     TEXT    NOT NULL,
    prefix     TEXT    NOT NULL, -- without a slash at its end; 'ROOT' is for all that no other takes
    document   TEXT    NOT NULL, -- JSON object, as clients gave it
    repository TEXT    NOT NULL, -- JSON object: what a repository is made of
    created    INTEGER NOT NULL,
    updated    INTEGER NOT NULL,
    PRIMARY KEY (account, region, prefix)
) STRICT, WITHOUT ROWID;

-- An image on its way to another registry, once for each tag that was pushed and once without ('').
CREATE TABLE replications (
    repository INTEGER NOT NULL,
    manifest   TEXT    NOT NULL,
    tag        TEXT    NOT NULL,
    account    TEXT    NOT NULL, -- where it goes
    region     TEXT    NOT NULL,
    status     TEXT    NOT NULL, -- as the interface calls it
    failure    TEXT,
    queued     INTEGER NOT NULL,
    PRIMARY KEY (repository, manifest, tag, account, region),
    FOREIGN KEY (repository, manifest) REFERENCES manifests ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE INDEX replications_by_time ON replications (queued) WHERE status = 'IN_PROGRESS';

-- A deletion on its way to another registry. What was deleted is gone, so it is known by names.
CREATE TABLE replicated_deletions (
    id           INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    from_account TEXT    NOT NULL,
    from_region  TEXT    NOT NULL,
    account      TEXT    NOT NULL, -- where it goes
    region       TEXT    NOT NULL,
    repository   TEXT    NOT NULL,
    manifest     TEXT    NOT NULL,
    tag          TEXT, -- the one that went; all of the image, if there is none
    queued       INTEGER NOT NULL
) STRICT;

CREATE TABLE backfills (
    seq        INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    id         TEXT    NOT NULL UNIQUE,
    account    TEXT    NOT NULL,
    region     TEXT    NOT NULL,
    to_account TEXT    NOT NULL,
    to_region  TEXT    NOT NULL,
    status     TEXT    NOT NULL, -- as the interface calls it
    failure    TEXT,
    started    INTEGER NOT NULL,
    stepped    INTEGER NOT NULL, -- when what it does now was begun
    prepared   INTEGER NOT NULL DEFAULT 0, -- whether its images are known
    ended      INTEGER
) STRICT;

CREATE INDEX backfills_by_registry ON backfills (account, region, seq);

-- The images of a backfill. They are told of after they are gone, so they are known by names.
CREATE TABLE backfill_images (
    backfill   INTEGER NOT NULL REFERENCES backfills ON DELETE CASCADE,
    position   INTEGER NOT NULL,
    repository TEXT    NOT NULL,
    manifest   TEXT    NOT NULL,
    tag        TEXT,
    is_index   INTEGER NOT NULL,
    status     TEXT, -- nothing before its turn
    failure    TEXT,
    PRIMARY KEY (backfill, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE pull_through_rules (
    account    TEXT    NOT NULL,
    region     TEXT    NOT NULL,
    prefix     TEXT    NOT NULL, -- without a slash at its end; 'ROOT' is for all that no other takes
    url        TEXT    NOT NULL, -- a host
    upstream   TEXT    NOT NULL, -- as the interface calls it
    from_prefix TEXT, -- of names there
    credential TEXT, -- the name of a secret among all of AWS's resources
    role       TEXT,
    created    INTEGER NOT NULL,
    updated    INTEGER NOT NULL,
    PRIMARY KEY (account, region, prefix)
) STRICT, WITHOUT ROWID;

-- When an upstream was last asked what a tag points at.
CREATE TABLE upstream_tags (
    repository INTEGER NOT NULL REFERENCES repositories ON DELETE CASCADE,
    tag        TEXT    NOT NULL,
    asked      INTEGER NOT NULL,
    PRIMARY KEY (repository, tag)
) STRICT, WITHOUT ROWID;

-- What an index from upstream refers to and nobody has pulled yet.
CREATE TABLE absent_children (
    repository INTEGER NOT NULL,
    child      TEXT    NOT NULL,
    manifest   TEXT    NOT NULL,
    PRIMARY KEY (repository, child, manifest),
    FOREIGN KEY (repository, manifest) REFERENCES manifests ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
