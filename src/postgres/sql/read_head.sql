SELECT position, time FROM @schema@.events ORDER BY position DESC LIMIT 1
