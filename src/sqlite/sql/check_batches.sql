SELECT position, version, schema_version, time, ordinal, previous, skip, headers, payload,
       command_id, command_type, key, correlation_id, causation_id, trace, attempts, decision,
       batch_events, checksum, streams.name, types.name
FROM events
LEFT JOIN streams ON streams.number = events.stream
LEFT JOIN types ON types.number = events.type
WHERE position > ?1 AND position <= ?2 ORDER BY position
