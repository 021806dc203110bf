SELECT s.name, last.version, last.position
FROM @schema@.streams s CROSS JOIN LATERAL (
  SELECT e.version, e.position FROM @schema@.events e
  WHERE e.stream = s.number ORDER BY e.version DESC LIMIT 1) last
WHERE s.name > $1 ORDER BY s.name LIMIT $2
