SELECT version, ordinal, previous, skip FROM events WHERE position = ?1
