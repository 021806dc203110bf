SELECT command_id, command_type, key, correlation_id, causation_id, trace, attempts, decision,
       batch_events, checksum
FROM events WHERE position = ?1
