SELECT position, time, batch_events, command_id FROM events
WHERE position > ?1 AND ordinal = 0 ORDER BY position
