-- Version 2 of the schema. Stored on disk: later versions migrate it, nothing here changes.

-- Which log this is: one row, made with this version of the schema.
CREATE TABLE log (
  id BLOB NOT NULL                   -- a UUID
) STRICT;

CREATE TABLE projections (
  name        TEXT PRIMARY KEY,
  position    INTEGER NOT NULL,      -- the checkpoint
  saved_at    INTEGER NOT NULL,      -- nanoseconds since 1970, UTC; all times
  token       INTEGER NOT NULL,      -- of the newest lease
  holder      TEXT NOT NULL,         -- of the lease; empty: given back
  expires     INTEGER NOT NULL,
  paused      INTEGER NOT NULL,
  requests    INTEGER NOT NULL,
  resets      INTEGER NOT NULL,
  resets_done INTEGER NOT NULL,
  reset_to    INTEGER NOT NULL,
  skip        INTEGER NOT NULL,      -- position of the event to leave out; 0: none
  quiet_until INTEGER NOT NULL       -- side effects are suppressed up to here
) STRICT, WITHOUT ROWID;

CREATE TABLE dead_letters (
  projection    TEXT NOT NULL,
  position      INTEGER NOT NULL,
  reason        INTEGER NOT NULL,    -- DeadLetterReason
  state         INTEGER NOT NULL,    -- DeadLetterState
  message       TEXT NOT NULL,
  attempts      INTEGER NOT NULL,
  trace_id      TEXT NOT NULL,
  first_failure INTEGER NOT NULL,
  last_failure  INTEGER NOT NULL,
  PRIMARY KEY (projection, position)
) STRICT, WITHOUT ROWID;

CREATE INDEX dead_letters_by_state ON dead_letters (projection, state);

-- Which types of events are in a zone, 4,096 positions: zone 0 is 1 to 4,096. Only of zones that are
-- full; who looks for rare types passes over the others.
CREATE TABLE zones (
  type INTEGER NOT NULL,             -- types.number
  zone INTEGER NOT NULL,
  PRIMARY KEY (type, zone)
) STRICT, WITHOUT ROWID;

INSERT INTO zones (type, zone)
  SELECT DISTINCT type, (position - 1) / 4096 FROM events
   WHERE position <= (SELECT coalesce(max(position), 0) FROM events) / 4096 * 4096;
