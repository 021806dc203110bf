SELECT position, stream, version, time, type, schema_version, ordinal, headers,
       CASE WHEN octet_length(payload) <= 16384 THEN payload END,
       CASE WHEN octet_length(payload) > 16384 THEN octet_length(payload) END
FROM @schema@.events
WHERE position = ANY ($1) ORDER BY position
