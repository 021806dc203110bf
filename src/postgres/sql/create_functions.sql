-- What changes the tables. A role that runs a service may call these and read, nothing else.
-- @schema@ and @lock@ are replaced before this is run.

-- Takes the commit lock until the transaction ends, at most for p_wait milliseconds.
CREATE OR REPLACE FUNCTION @schema@.lock_log(p_wait integer) RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM set_config('lock_timeout', p_wait::text, true);
  PERFORM pg_advisory_xact_lock(@lock@);
END $$;

-- The numbers of streams, where they are not known (0) those that are stored, else 0.
-- Subqueries rather than joins, here and below: their plans do not depend on how large the tables
-- were when they were made. Arrays are unnested in a list of columns where each call does it: a
-- function in FROM costs a buffer of its own.
CREATE OR REPLACE FUNCTION @schema@.numbers_of(p_names text[], p_numbers bigint[]) RETURNS bigint[]
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RETURN ARRAY(
    SELECT CASE WHEN u.number <> 0 THEN u.number
                ELSE coalesce((SELECT s.number FROM @schema@.streams s WHERE s.name = u.name), 0) END
      FROM (SELECT unnest(p_names) AS name, unnest(p_numbers) AS number) u);
END $$;

-- Appends the batches of one group. The caller has decided them on versions that it assumes:
-- stream i of the group is p_names[i], its number p_numbers[i] (0: unknown) and its version before
-- the group p_assumed[i] (-1: nothing assumed). Where p_known is the head, what the caller knows is
-- true; what is flagged 1 is looked up all the same, for which p_looks_up has to be true. Streams that are connected by batches are one
-- component. A component is left out whole when a version flagged 2 is not the assumed one, when a
-- stream flagged 4 does not exist, or when one of its keys is in use. The id of a component is the
-- number of events before its first batch; where p_known is the head, all events behind that of a
-- component that is left out are left out too.
-- With p_first, nothing is stored unless that is the next position and p_time is not too old.
-- Event i is version p_assumed + e_offset[i] of its stream; columns of batches are NULL but for the
-- first event of each.
CREATE OR REPLACE FUNCTION @schema@.append(
  p_writer uuid, p_fence bigint, p_wait integer, p_relaxed boolean,
  p_known bigint, p_first bigint, p_time bigint,
  p_names text[], p_numbers bigint[], p_assumed bigint[], p_flags integer[],
  p_components bigint[], p_looks_up boolean,
  p_types text[], p_type_numbers integer[],
  p_keys text[], p_key_components bigint[],
  e_stream integer[], e_offset bigint[], e_component bigint[], e_type integer[],
  e_schema_version integer[], e_ordinal integer[], e_payload bytea[], e_headers bytea[],
  e_attempts integer[], e_batch_events integer[], e_checksum bigint[], e_command_id uuid[],
  e_command_type text[], e_key text[], e_correlation_id text[], e_causation_id text[],
  e_trace bytea[], e_decision bytea[],
  OUT head bigint, OUT stamp bigint, OUT numbers bigint[], OUT versions bigint[],
  OUT type_numbers integer[], OUT failed bigint[], OUT key_positions bigint[],
  OUT lock_wait bigint)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_generic_plan AS $$
DECLARE
  asked timestamptz := clock_timestamp();
  trusted boolean;
  cut bigint;
  places bigint[];                    -- of events: 1, 2, 3 …; 0: left out; NULL: all are stored
BEGIN
  PERFORM set_config('lock_timeout', p_wait::text, true), pg_advisory_xact_lock(@lock@);
  lock_wait := extract(epoch FROM clock_timestamp() - asked) * 1000000;
  IF p_relaxed THEN PERFORM set_config('synchronous_commit', 'off', true); END IF;

  SELECT coalesce(l.position, 0), greatest(l.time, p_time) INTO head, stamp
    FROM @schema@.writers w
    LEFT JOIN LATERAL (
      SELECT e.position, e.time FROM @schema@.events e ORDER BY e.position DESC LIMIT 1) l ON true
   WHERE w.id = p_writer AND w.fence = p_fence;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'this append was given up' USING ERRCODE = 'EC001';
  END IF;
  trusted := head = p_known;
  IF p_first <> 0 AND head + 1 <> p_first THEN
    RAISE EXCEPTION 'position % does not follow the head, %', p_first, head
      USING ERRCODE = 'EC003';
  ELSIF p_first <> 0 AND stamp <> p_time THEN
    RAISE EXCEPTION 'the batch is older than the one before it' USING ERRCODE = 'EC004';
  END IF;

  numbers := p_numbers;
  IF 0 = ANY (p_numbers) THEN
    numbers := @schema@.numbers_of(p_names, p_numbers);
  END IF;

  versions := p_assumed;
  IF p_looks_up OR NOT trusted THEN
    versions := ARRAY(
      SELECT CASE WHEN trusted AND u.flags & 1 = 0 THEN u.assumed
                  WHEN u.number = 0 THEN 0
                  ELSE coalesce((SELECT e.version FROM @schema@.events e
                                  WHERE e.stream = u.number ORDER BY e.version DESC LIMIT 1), 0) END
        FROM (SELECT unnest(numbers) AS number, unnest(p_assumed) AS assumed,
                     unnest(p_flags) AS flags) u);
    failed := ARRAY(
      SELECT DISTINCT u.component
        FROM (SELECT unnest(p_assumed) AS assumed, unnest(versions) AS actual,
                     unnest(p_flags) AS flags, unnest(p_components) AS component) u
       WHERE (u.flags & 2 <> 0 AND u.assumed <> u.actual) OR (u.flags & 4 <> 0 AND u.actual = 0));
  END IF;

  IF cardinality(p_keys) > 0 THEN
    key_positions := ARRAY(
      SELECT coalesce((SELECT e.position FROM @schema@.events e WHERE e.key = u.key), 0)
        FROM (SELECT unnest(p_keys) AS key) u);
    failed := failed || ARRAY(
      SELECT u.component
        FROM (SELECT unnest(key_positions) AS position, unnest(p_key_components) AS component) u
       WHERE u.position <> 0 AND u.component >= 0);
  END IF;

  IF cardinality(e_stream) = 0 THEN RETURN; END IF;
  IF cardinality(failed) > 0 THEN
    IF trusted THEN SELECT min(f) INTO cut FROM unnest(failed) f; END IF;
    places := ARRAY(
      SELECT CASE WHEN u.stays THEN count(*) FILTER (WHERE u.stays) OVER (ORDER BY u.i) ELSE 0 END
        FROM (SELECT v.i, NOT v.component = ANY (failed) AND (cut IS NULL OR v.i <= cut) AS stays
                FROM unnest(e_component) WITH ORDINALITY v (component, i)) u
       ORDER BY u.i);
  END IF;

  IF 0 = ANY (numbers) THEN
    INSERT INTO @schema@.streams (name)
      SELECT u.name FROM unnest(p_names, numbers) WITH ORDINALITY u (name, number, i)
       WHERE u.number = 0
         AND u.i IN (SELECT v.stream FROM unnest(e_stream) WITH ORDINALITY v (stream, i)
                      WHERE places IS NULL OR places[v.i] <> 0)
       ORDER BY u.i;
    numbers := @schema@.numbers_of(p_names, numbers);
  END IF;

  type_numbers := p_type_numbers;
  IF 0 = ANY (p_type_numbers) THEN
    INSERT INTO @schema@.types (number, name)
      SELECT (SELECT coalesce(max(t.number), 0) FROM @schema@.types t) + row_number() OVER (), u.name
        FROM unnest(p_types) u (name)
       WHERE NOT EXISTS (SELECT FROM @schema@.types t WHERE t.name = u.name);
    type_numbers := ARRAY(
      SELECT (SELECT t.number FROM @schema@.types t WHERE t.name = u.name)
        FROM (SELECT unnest(p_types) AS name) u);
  END IF;

  INSERT INTO @schema@.events (
      position, stream, version, time, type, schema_version, ordinal, attempts, batch_events,
      checksum, command_id, command_type, key, correlation_id, causation_id, trace, decision,
      headers, payload)
    SELECT head + CASE WHEN places IS NULL THEN u.i ELSE places[u.i] END,
           numbers[u.stream], versions[u.stream] + u.version_offset, stamp, type_numbers[u.type],
           u.schema_version, u.ordinal, u.attempts, u.batch_events, u.checksum, u.command_id,
           u.command_type, u.key, u.correlation_id, u.causation_id, u.trace, u.decision, u.headers,
           u.payload
      FROM (SELECT generate_series(1, cardinality(e_stream)) AS i,
                   unnest(e_stream) AS stream, unnest(e_offset) AS version_offset,
                   unnest(e_type) AS type, unnest(e_schema_version) AS schema_version,
                   unnest(e_ordinal) AS ordinal, unnest(e_attempts) AS attempts,
                   unnest(e_batch_events) AS batch_events, unnest(e_checksum) AS checksum,
                   unnest(e_command_id) AS command_id, unnest(e_command_type) AS command_type,
                   unnest(e_key) AS key, unnest(e_correlation_id) AS correlation_id,
                   unnest(e_causation_id) AS causation_id, unnest(e_trace) AS trace,
                   unnest(e_decision) AS decision, unnest(e_headers) AS headers,
                   unnest(e_payload) AS payload) u
     WHERE places IS NULL OR places[u.i] <> 0;
END $$;

-- Gives up what the writer has sent before and was not answered: from now on only calls with
-- p_fence are taken. Returns which of p_ids are stored after position p_after.
CREATE OR REPLACE FUNCTION @schema@.give_up(
  p_writer uuid, p_fence bigint, p_wait integer, p_after bigint, p_ids uuid[])
RETURNS TABLE (command_id uuid, first bigint, stamp bigint, events integer)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
  PERFORM @schema@.lock_log(p_wait);
  INSERT INTO @schema@.writers (id, fence) VALUES (p_writer, p_fence)
    ON CONFLICT (id) DO UPDATE SET fence = excluded.fence;
  -- Stores that are gone for good.
  DELETE FROM @schema@.writers w WHERE w.since < now() - interval '30 days' AND w.id <> p_writer;
  RETURN QUERY
    SELECT e.command_id, e.position, e.time, e.batch_events FROM @schema@.events e
     WHERE e.position > p_after AND e.ordinal = 0 AND e.command_id = ANY (p_ids);
END $$;

-- Remembers a number, such as the position of the last backup.
CREATE OR REPLACE FUNCTION @schema@.set_fact(p_name text, p_value bigint) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  INSERT INTO @schema@.facts (name, value) VALUES (p_name, p_value)
    ON CONFLICT (name) DO UPDATE SET value = excluded.value;
$$;

-- Reads streams at position p_at, NULL: the head. First one row for the log (stream 0: p_at or the
-- head as `position`, the head as `version`), then one for each of p_names with its version at that
-- position, then events with versions between p_after and p_before, both exclusive: `stream` is
-- their place in p_names. p_order 0: stream by stream, 1: the same, newest first, 2: by position.
-- At most p_events of them; what follows p_bytes of payloads and headers may be missing.
CREATE OR REPLACE FUNCTION @schema@.read_streams(
  p_names text[], p_after bigint[], p_before bigint[], p_at bigint, p_order integer,
  p_events bigint, p_bytes bigint)
RETURNS TABLE ("position" bigint, stream integer, version bigint, "time" bigint, type integer,
               schema_version integer, ordinal integer, headers bytea, payload bytea)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
-- One plan for all calls, along the indexes whatever the statistics say.
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_bitmapscan = off
SET enable_hashjoin = off SET enable_mergejoin = off AS $$
#variable_conflict use_column
DECLARE
  head bigint;
  at bigint;
  numbers bigint[];
  versions bigint[];
BEGIN
  head := coalesce((SELECT max(e.position) FROM @schema@.events e), 0);
  at := coalesce(p_at, head);
  SELECT array_agg(s.number ORDER BY u.i), array_agg(coalesce(v.version, 0) ORDER BY u.i)
    INTO numbers, versions
    FROM unnest(p_names) WITH ORDINALITY u (name, i)
    LEFT JOIN @schema@.streams s ON s.name = u.name
    LEFT JOIN LATERAL (
      SELECT e.version FROM @schema@.events e
       WHERE e.stream = s.number AND e.position <= at ORDER BY e.version DESC LIMIT 1) v ON true;
  RETURN QUERY
    SELECT at, 0, head, 0::bigint, 0, 0, 0, NULL::bytea, NULL::bytea
    UNION ALL
    SELECT 0::bigint, u.i::integer, u.version, 0::bigint, 0, 0, 0, NULL::bytea, NULL::bytea
      FROM unnest(versions) WITH ORDINALITY u (version, i);
  IF NOT EXISTS (SELECT FROM unnest(versions, p_after, p_before) u (version, after, before)
                  WHERE least(u.version, u.before - 1) > u.after) THEN
    RETURN;
  END IF;
  RETURN QUERY
    SELECT x.position, x.i, x.version, x.time, x.type, x.schema_version, x.ordinal, x.headers,
           x.payload
      FROM (SELECT r.i::integer AS i, e.*, o.major, o.minor,
                   sum(octet_length(e.payload) + coalesce(octet_length(e.headers), 0))
                     OVER (ORDER BY o.major, o.minor ROWS UNBOUNDED PRECEDING) AS bytes,
                   row_number() OVER (ORDER BY o.major, o.minor ROWS UNBOUNDED PRECEDING) AS n
              FROM (SELECT u.i, u.number, u.first, u.last, u.size,
                           -- Versions are dense, so the limit's share of each stream is known.
                           CASE WHEN p_order = 2 THEN least(u.size, p_events)
                                ELSE least(u.size, greatest(0, p_events - sum(u.size)
                                       OVER (ORDER BY u.i ROWS UNBOUNDED PRECEDING) + u.size))
                           END::bigint AS share
                      FROM (SELECT w.i, w.number, w.after + 1 AS first,
                                   least(w.version, w.before - 1) AS last,
                                   greatest(0, least(w.version, w.before - 1) - w.after) AS size
                              FROM unnest(numbers, versions, p_after, p_before)
                                   WITH ORDINALITY w (number, version, after, before, i)) u) r
              JOIN @schema@.events e
                ON e.stream = r.number
               AND e.version >= CASE WHEN p_order = 1 THEN r.last - r.share + 1 ELSE r.first END
               AND e.version <= CASE WHEN p_order = 1 THEN r.last ELSE r.first + r.share - 1 END
              CROSS JOIN LATERAL (
                SELECT CASE WHEN p_order = 2 THEN e.position ELSE r.i END AS major,
                       CASE WHEN p_order = 1 THEN -e.version ELSE e.version END AS minor) o) x
     WHERE x.n <= p_events AND (x.bytes <= p_bytes OR x.n = 1)
     ORDER BY x.major, x.minor;
END $$;
