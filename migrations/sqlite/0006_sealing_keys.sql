-- The keys that credentials are sealed under, by their fingerprints, which every seal begins with. One is in force: nothing is sealed under another.

CREATE TABLE sealing_keys (
    id       TEXT    NOT NULL PRIMARY KEY,
    wrapped  BLOB, -- the key, encrypted by a key service; NULL if it is kept elsewhere
    in_force INTEGER NOT NULL, -- 1 or 0
    made     TEXT    NOT NULL
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX sealing_keys_in_force ON sealing_keys (in_force) WHERE in_force = 1;
