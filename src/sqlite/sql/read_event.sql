SELECT position, stream, version, type, schema_version, time, ordinal, headers, payload, previous
FROM events WHERE position = ?1
