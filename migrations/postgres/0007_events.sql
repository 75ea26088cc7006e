-- What was done, in the order in which it was committed. A number is one more than the newest, which stays when old ones are swept: there are no
-- gaps, and who has read up to a number has read all before it.

CREATE TABLE events (
    sequence   BIGINT NOT NULL PRIMARY KEY,
    namespace  TEXT COLLATE "C" NOT NULL,
    time       TEXT COLLATE "C" NOT NULL,
    action     TEXT COLLATE "C" NOT NULL,
    image_id   TEXT COLLATE "C" NOT NULL, -- '' if it concerns no image
    name       TEXT COLLATE "C" NOT NULL, -- a reference, or the registry of a credential; '' if there is none
    attributes TEXT COLLATE "C" NOT NULL  -- JSON object: the image's labels, unless they are long
);

CREATE INDEX events_of_namespace ON events (namespace, sequence);
