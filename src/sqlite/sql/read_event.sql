SELECT position, stream, version, type, schema_version, time, ordinal, previous, skip, headers,
       payload
FROM events WHERE position = ?1
