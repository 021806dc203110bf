SELECT position, version, schema_version, time, ordinal, previous, skip, headers, payload,
       command_id, command_type, key, correlation_id, causation_id, trace, attempts, decision,
       batch_events, checksum, stream, type
FROM events WHERE position > ?1 AND position <= ?2 ORDER BY position LIMIT ?3
