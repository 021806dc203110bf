-- See read_log_of_types.
SELECT e.position, e.stream
FROM unnest($4::integer[]) wanted (type) CROSS JOIN LATERAL (
  SELECT found.position, found.stream FROM @schema@.events found
  WHERE (found.type, found.position) > (wanted.type, $1)
    AND (found.type, found.position) <= (wanted.type, $2)
  ORDER BY found.type, found.position LIMIT $3) e
ORDER BY e.position LIMIT $3
