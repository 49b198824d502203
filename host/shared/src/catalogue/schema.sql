-- One row. Whoever changes anything holds it, so that changes come one after the other.
CREATE TABLE meta (
    is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
    format bigint NOT NULL,
    -- Given when the tables are made: a host follows this one catalogue.
    catalogue uuid NOT NULL,
    -- Counts changes. What a change wrote bears its number.
    position bigint NOT NULL DEFAULT 0,
    -- The generation that serves.
    generation bigint NOT NULL DEFAULT 0,
    version_sequence bigint NOT NULL DEFAULT 0,
    event_sequence bigint NOT NULL DEFAULT 0,
    -- The last change that took packages away.
    removed_at bigint NOT NULL DEFAULT 0
);

-- Records are JSON, as a host's own catalogue has it.
CREATE TABLE generations (
    number bigint PRIMARY KEY,
    position bigint NOT NULL,
    record text NOT NULL CHECK (octet_length(record) <= 16777216)
);
CREATE INDEX ON generations (position);

CREATE TABLE settings (
    digest text PRIMARY KEY CHECK (octet_length(digest) <= 128),
    position bigint NOT NULL,
    -- Byte for byte: its digest is that of the text.
    record text NOT NULL CHECK (octet_length(record) <= 65536)
);
CREATE INDEX ON settings (position);

CREATE TABLE versions (
    package text PRIMARY KEY CHECK (octet_length(package) <= 128),
    position bigint NOT NULL,
    sequence bigint NOT NULL UNIQUE,
    record text NOT NULL CHECK (octet_length(record) <= 1048576)
);
CREATE INDEX ON versions (position);

CREATE TABLE names (
    name text PRIMARY KEY CHECK (octet_length(name) <= 1024),
    position bigint NOT NULL,
    -- The highest version ever published, whether it is still there or not.
    newest text CHECK (octet_length(newest) <= 1024),
    -- The last attempt to publish.
    attempt text CHECK (octet_length(attempt) <= 65536)
);
CREATE INDEX ON names (position);

CREATE TABLE events (
    sequence bigint PRIMARY KEY,
    position bigint NOT NULL,
    actor text NOT NULL CHECK (octet_length(actor) <= 1024),
    record text NOT NULL CHECK (octet_length(record) <= 65536)
);
CREATE INDEX ON events (position);
CREATE INDEX ON events (actor, sequence);
