SELECT position, command_id, command_type, key, correlation_id, causation_id, trace, attempts,
       decision, batch_events
FROM @schema@.events WHERE position = ANY ($1) AND ordinal = 0
