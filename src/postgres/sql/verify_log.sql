SELECT position, stream, version, time, type, schema_version, ordinal, headers,
       CASE WHEN octet_length(payload) <= 16384 THEN payload END,
       command_id, command_type, key, correlation_id, causation_id, trace, attempts, decision,
       batch_events, checksum
FROM @schema@.events WHERE position > $1 AND position <= $2 ORDER BY position LIMIT $3
