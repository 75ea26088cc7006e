-- Scans of images and what is to come of them, storage classes, signatures that were asked for, and whose pulls do not count.

ALTER TABLE manifests ADD COLUMN is_archived INTEGER NOT NULL DEFAULT 0;
ALTER TABLE manifests ADD COLUMN archived INTEGER;  -- when it last was, in seconds since 1970
ALTER TABLE manifests ADD COLUMN activated INTEGER; -- when it was or will be back from the archive, in seconds since 1970

-- Few images ever were in the archive; of the others nothing needs to be read to know that.
CREATE INDEX manifests_once_archived ON manifests (repository, digest, is_archived, activated) WHERE archived IS NOT NULL;

-- The last scan of an image by each kind of scanning.
CREATE TABLE scans (
    repository INTEGER NOT NULL,
    manifest   TEXT    NOT NULL,
    kind       TEXT    NOT NULL, -- BASIC or ENHANCED
    started    INTEGER NOT NULL,
    ends       INTEGER NOT NULL, -- unless it is held back
    PRIMARY KEY (repository, manifest, kind),
    FOREIGN KEY (repository, manifest) REFERENCES manifests ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

-- What scans come to. An empty repository or digest stands for all of them; the narrowest script counts.
CREATE TABLE scan_scripts (
    account    TEXT NOT NULL,
    region     TEXT NOT NULL,
    repository TEXT NOT NULL,
    digest     TEXT NOT NULL,
    outcome    TEXT,    -- JSON object
    held       INTEGER, -- since when scans are held back
    PRIMARY KEY (account, region, repository, digest)
) STRICT, WITHOUT ROWID;

-- The signing profiles that an image was to be signed with when it was pushed.
CREATE TABLE signings (
    repository INTEGER NOT NULL,
    manifest   TEXT    NOT NULL,
    profile    TEXT    NOT NULL,
    started    INTEGER NOT NULL,
    PRIMARY KEY (repository, manifest, profile),
    FOREIGN KEY (repository, manifest) REFERENCES manifests ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE TABLE pull_time_exclusions (
    account   TEXT    NOT NULL,
    region    TEXT    NOT NULL,
    principal TEXT    NOT NULL,
    created   INTEGER NOT NULL,
    PRIMARY KEY (account, region, principal)
) STRICT, WITHOUT ROWID;
