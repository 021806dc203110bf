SELECT position, time, batch_events, command_type FROM events WHERE key = ?1
