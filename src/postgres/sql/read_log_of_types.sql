-- Rows are compared, not columns: only the index of (type, position) has that order, so that the
-- planner takes it, however many foreign events there are.
SELECT position, stream, version, time, e.type, schema_version, ordinal, headers,
       CASE WHEN octet_length(payload) <= 16384 THEN payload END,
       CASE WHEN octet_length(payload) > 16384 THEN octet_length(payload) END
FROM unnest($4::integer[]) wanted (type) CROSS JOIN LATERAL (
  SELECT * FROM @schema@.events found
  WHERE (found.type, found.position) > (wanted.type, $1)
    AND (found.type, found.position) <= (wanted.type, $2)
  ORDER BY found.type, found.position LIMIT $3) e
ORDER BY position LIMIT $3
