SELECT e.position, b.command_id, b.command_type, b.time, b.batch_events
  FROM unnest($1, $2, $3) WITH ORDINALITY u (stream, version, position, i)
  LEFT JOIN LATERAL (
    SELECT f.position, f.ordinal FROM @schema@.events f
     WHERE u.position <> 0 AND f.position = u.position
    UNION ALL
    SELECT f.position, f.ordinal FROM @schema@.events f
     WHERE u.position = 0 AND f.stream = u.stream AND f.version = u.version) e ON true
  LEFT JOIN @schema@.events b ON b.position = e.position - e.ordinal
 ORDER BY u.i
