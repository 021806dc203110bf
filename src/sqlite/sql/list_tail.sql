SELECT position, stream, version, time FROM events WHERE position > ?1 ORDER BY position
