-- Public registries, and what was run. A public registry is one without a Region: its repositories have `public.ecr` instead.

ALTER TABLE repositories ADD COLUMN catalog TEXT; -- JSON object, as it came

-- When a tag came to point where it points.
ALTER TABLE tags ADD COLUMN created INTEGER NOT NULL DEFAULT 0; -- seconds since 1970

UPDATE tags SET created = (SELECT m.pushed FROM manifests m WHERE m.repository = tags.repository AND m.digest = tags.manifest);

-- The names of public registries. What was given once stays.
CREATE TABLE public_aliases (
    alias      TEXT    NOT NULL PRIMARY KEY,
    account    TEXT    NOT NULL,
    is_default INTEGER NOT NULL -- came with the first repository
) STRICT, WITHOUT ROWID;

CREATE INDEX public_aliases_by_account ON public_aliases (account, is_default, alias);

CREATE TABLE task_definitions (
    account  TEXT    NOT NULL,
    region   TEXT    NOT NULL,
    family   TEXT    NOT NULL,
    revision INTEGER NOT NULL,
    status   TEXT    NOT NULL, -- ACTIVE or INACTIVE
    document TEXT    NOT NULL, -- JSON object, as it is described
    tags     TEXT    NOT NULL, -- JSON array
    PRIMARY KEY (account, region, family, revision)
) STRICT, WITHOUT ROWID;

CREATE TABLE tasks (
    number       INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    account      TEXT    NOT NULL,
    region       TEXT    NOT NULL,
    id           TEXT    NOT NULL,
    family       TEXT    NOT NULL,
    launch_type  TEXT    NOT NULL,
    started_by   TEXT,
    client_token TEXT,
    request      TEXT    NOT NULL, -- a digest of the call that ran it
    stopped      INTEGER,          -- seconds since 1970
    document     TEXT    NOT NULL, -- JSON object, as it is described
    UNIQUE (account, region, id)
) STRICT;

CREATE INDEX tasks_by_token ON tasks (account, region, client_token) WHERE client_token IS NOT NULL;
CREATE INDEX tasks_by_stop ON tasks (stopped) WHERE stopped IS NOT NULL;
