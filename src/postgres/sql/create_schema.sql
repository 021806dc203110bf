-- Version 1 of the schema. Stored: later versions migrate it, nothing here changes.
-- @schema@ and @lock@ are replaced before this is run.

CREATE TABLE @schema@.streams (
  number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name   text COLLATE "C" NOT NULL UNIQUE
);

CREATE TABLE @schema@.types (
  number integer PRIMARY KEY,        -- dense, from 1
  name   text COLLATE "C" NOT NULL UNIQUE
);

-- The log. Positions are given under the commit lock: dense, from 1, in commit order.
CREATE TABLE @schema@.events (
  position       bigint  NOT NULL,
  stream         bigint  NOT NULL,   -- streams.number
  version        bigint  NOT NULL,   -- in the stream, dense, from 1
  time           bigint  NOT NULL,   -- nanoseconds since 1970, UTC; never decreases
  type           integer NOT NULL,   -- types.number
  schema_version integer NOT NULL,
  ordinal        integer NOT NULL,   -- in its batch, from 0; position - ordinal is the first
  -- Of the batch, on its first event only.
  attempts       integer,
  batch_events   integer,
  checksum       bigint,             -- of the batch; see docs/internals/postgres.md
  command_id     uuid,
  command_type   text,
  key            text,               -- the caller's idempotency key; NULL: none
  correlation_id text,
  causation_id   text,
  trace          bytea,              -- trace id, span id, flags: 25 bytes; NULL: none
  decision       bytea,              -- see decision_record.hpp
  headers        bytea,              -- NULL: none
  payload        bytea   NOT NULL,
  CONSTRAINT events_by_position PRIMARY KEY (position),
  CONSTRAINT events_by_version UNIQUE (stream, version)
);
CREATE UNIQUE INDEX events_by_key ON @schema@.events (key) WHERE key IS NOT NULL;
CREATE INDEX events_by_type ON @schema@.events (type, position);

CREATE TABLE @schema@.facts (
  name  text PRIMARY KEY,            -- schema_version, backup_position, backup_time
  value bigint NOT NULL
);
INSERT INTO @schema@.facts (name, value) VALUES ('schema_version', 1);

-- Stores that append. A call with another fence than the writer's is refused: it was sent before
-- the writer gave it up.
CREATE TABLE @schema@.writers (
  id    uuid PRIMARY KEY,
  fence bigint NOT NULL,
  since timestamptz NOT NULL DEFAULT now()
);

-- Which log this is: a checkpoint of another one is recognised.
CREATE TABLE @schema@.log_identity (id uuid NOT NULL);
INSERT INTO @schema@.log_identity (id) VALUES (gen_random_uuid());

CREATE TABLE @schema@.projections (
  name        text COLLATE "C" PRIMARY KEY,
  position    bigint  NOT NULL DEFAULT 0,      -- the checkpoint
  saved_at    bigint  NOT NULL DEFAULT 0,      -- nanoseconds since 1970, as every time here
  token       bigint  NOT NULL DEFAULT 0,      -- of the lease; grows with each leader
  holder      text    NOT NULL DEFAULT '',     -- empty: nobody leads
  expires     bigint  NOT NULL DEFAULT 0,
  paused      boolean NOT NULL DEFAULT false,
  requests    bigint  NOT NULL DEFAULT 0,
  resets      bigint  NOT NULL DEFAULT 0,
  resets_done bigint  NOT NULL DEFAULT 0,
  reset_to    bigint  NOT NULL DEFAULT 0,
  skip        bigint  NOT NULL DEFAULT 0,
  quiet_until bigint  NOT NULL DEFAULT 0,      -- side effects are suppressed up to here
  revision    bigint  NOT NULL DEFAULT 0       -- one more with every change
);

CREATE TABLE @schema@.dead_letters (
  projection    text COLLATE "C" NOT NULL,
  position      bigint  NOT NULL,
  reason        integer NOT NULL,              -- see DeadLetterReason
  state         integer NOT NULL,              -- see DeadLetterState
  message       text    NOT NULL,
  attempts      integer NOT NULL,
  trace_id      text    NOT NULL,
  first_failure bigint  NOT NULL,
  last_failure  bigint  NOT NULL,
  PRIMARY KEY (projection, position)
);

-- For people: names instead of numbers. Every column of a batch is on its first event.
CREATE VIEW @schema@.log AS
  SELECT e.position, s.name AS stream, e.version, t.name AS type, e.schema_version,
         to_timestamp(e.time / 1000000000.0) AS time, e.ordinal, e.payload, e.headers,
         e.command_id, e.command_type, e.key, e.correlation_id, e.causation_id, e.attempts
    FROM @schema@.events e
    JOIN @schema@.streams s ON s.number = e.stream
    JOIN @schema@.types t ON t.number = e.type;

CREATE FUNCTION @schema@.refuse_change() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RAISE EXCEPTION '% of % is refused: what is stored stays', TG_OP, TG_TABLE_NAME
    USING ERRCODE = 'EC002';
END $$;
CREATE TRIGGER stays BEFORE UPDATE OR DELETE OR TRUNCATE ON @schema@.events
  FOR EACH STATEMENT EXECUTE FUNCTION @schema@.refuse_change();
CREATE TRIGGER stays BEFORE UPDATE OR DELETE OR TRUNCATE ON @schema@.streams
  FOR EACH STATEMENT EXECUTE FUNCTION @schema@.refuse_change();
CREATE TRIGGER stays BEFORE UPDATE OR DELETE OR TRUNCATE ON @schema@.types
  FOR EACH STATEMENT EXECUTE FUNCTION @schema@.refuse_change();
