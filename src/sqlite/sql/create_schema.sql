-- Version 1 of the schema. Stored on disk: later versions migrate it, nothing here changes.

CREATE TABLE streams (
  number INTEGER PRIMARY KEY,        -- dense, from 1, in the order of first events
  name   TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE types (
  number INTEGER PRIMARY KEY,        -- dense, from 1
  name   TEXT NOT NULL UNIQUE
) STRICT;

-- The log. No index on (stream, version): a page of such an index would be written for every event.
-- A stream is read backwards instead, from its head along "previous".
CREATE TABLE events (
  position       INTEGER PRIMARY KEY,   -- dense, from 1, in commit order
  stream         INTEGER NOT NULL,      -- streams.number
  version        INTEGER NOT NULL,      -- in the stream, dense, from 1
  type           INTEGER NOT NULL,      -- types.number
  schema_version INTEGER NOT NULL,
  time           INTEGER NOT NULL,      -- nanoseconds since 1970, UTC; never decreases
  ordinal        INTEGER NOT NULL,      -- in its batch, from 0; position - ordinal is the first
  previous       INTEGER NOT NULL,      -- position of the stream's previous event; 0: none
  skip           INTEGER NOT NULL,      -- every 256th version: position 256 versions back; else 0
  headers        BLOB,                  -- NULL: none
  -- Of the batch, on its first event only.
  command_id     BLOB,
  command_type   TEXT,
  key            TEXT,                  -- the caller's idempotency key; NULL: none
  correlation_id TEXT,
  causation_id   TEXT,
  trace          BLOB,                  -- trace id, span id, flags: 25 bytes; NULL: none
  attempts       INTEGER,
  decision       BLOB,                  -- see decision_record.hpp
  batch_events   INTEGER,
  checksum       INTEGER,               -- of the batch; see docs/internals/sqlite-format.md
  payload        BLOB NOT NULL
) STRICT;

CREATE UNIQUE INDEX events_by_key ON events (key) WHERE key IS NOT NULL;

-- Where streams end. Written lazily: complete for events up to the position in row 0.
CREATE TABLE heads (
  stream   INTEGER PRIMARY KEY,      -- streams.number; 0: up to where this table is complete
  version  INTEGER NOT NULL,
  position INTEGER NOT NULL,         -- of that version
  skip     INTEGER NOT NULL          -- position of the newest version divisible by 256; 0: none
) STRICT;

CREATE TABLE facts (
  name  TEXT PRIMARY KEY,            -- backup_position, backup_time, fence
  value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO heads (stream, version, position, skip) VALUES (0, 0, 0, 0);

CREATE TRIGGER events_are_never_updated BEFORE UPDATE ON events
BEGIN SELECT RAISE(ABORT, 'events are never updated'); END;
CREATE TRIGGER events_are_never_deleted BEFORE DELETE ON events
BEGIN SELECT RAISE(ABORT, 'events are never deleted'); END;
CREATE TRIGGER streams_are_never_updated BEFORE UPDATE ON streams
BEGIN SELECT RAISE(ABORT, 'streams are never renamed'); END;
CREATE TRIGGER streams_are_never_deleted BEFORE DELETE ON streams
BEGIN SELECT RAISE(ABORT, 'streams are never deleted'); END;
CREATE TRIGGER types_are_never_updated BEFORE UPDATE ON types
BEGIN SELECT RAISE(ABORT, 'event types are never renamed'); END;
CREATE TRIGGER types_are_never_deleted BEFORE DELETE ON types
BEGIN SELECT RAISE(ABORT, 'event types are never deleted'); END;
