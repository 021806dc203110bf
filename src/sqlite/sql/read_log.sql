SELECT position, stream, version, type, schema_version, time, ordinal, headers, payload
FROM events WHERE position > ?1 AND position <= ?2 ORDER BY position
