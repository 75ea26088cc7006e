-- What was done, in the order in which it was committed. A number is one more than the newest, which stays when old ones are swept: there are no
-- gaps, and who has read up to a number has read all before it.

CREATE TABLE events (
    sequence   INTEGER NOT NULL PRIMARY KEY,
    namespace  TEXT    NOT NULL,
    time       TEXT    NOT NULL,
    action     TEXT    NOT NULL,
    image_id   TEXT    NOT NULL, -- '' if it concerns no image
    name       TEXT    NOT NULL, -- a reference, or the registry of a credential; '' if there is none
    attributes TEXT    NOT NULL  -- JSON object: the image's labels, unless they are long
) STRICT;

CREATE INDEX events_of_namespace ON events (namespace, sequence);
