-- Nothing happens if the projection has another revision than $2 by now.
WITH changed AS (
  UPDATE @schema@.projections
     SET position = $3, saved_at = $4, token = $5, holder = $6, expires = $7, paused = $8,
         requests = $9, resets = $10, resets_done = $11, reset_to = $12, skip = $13,
         quiet_until = $25, revision = revision + 1
   WHERE name = $1 AND revision = $2
  RETURNING name),
removed AS (
  DELETE FROM @schema@.dead_letters d USING changed c
   WHERE d.projection = c.name AND (d.position > $14 OR d.position = $15)),
put AS (
  INSERT INTO @schema@.dead_letters (projection, position, reason, state, message, attempts,
                                     trace_id, first_failure, last_failure)
  SELECT c.name, u.*
    FROM changed c, unnest($16::bigint[], $17::integer[], $18::integer[], $19::text[],
                           $20::integer[], $21::text[], $22::bigint[], $23::bigint[]) u
  ON CONFLICT (projection, position) DO UPDATE
     SET reason = excluded.reason, state = excluded.state, message = excluded.message,
         attempts = excluded.attempts, trace_id = excluded.trace_id,
         first_failure = excluded.first_failure, last_failure = excluded.last_failure)
SELECT count(*), set_config('synchronous_commit',
                            CASE WHEN $24 THEN 'off' ELSE current_setting('synchronous_commit') END,
                            true)
  FROM changed
