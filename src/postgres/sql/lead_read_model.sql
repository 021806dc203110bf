-- Writes the token unless a newer one is there, and returns what was there before.
WITH old AS (
  SELECT position, token, log_id FROM @schema@.eventcore_projections WHERE name = $1 FOR UPDATE),
led AS (
  INSERT INTO @schema@.eventcore_projections AS p (name, position, token, log_id)
  VALUES ($1, 0, $2, $3)
  ON CONFLICT (name) DO UPDATE SET token = excluded.token WHERE p.token <= excluded.token
  RETURNING 1)
SELECT EXISTS (SELECT FROM led), o.position, o.token, o.log_id
  FROM (VALUES (1)) one (n) LEFT JOIN old o ON true
