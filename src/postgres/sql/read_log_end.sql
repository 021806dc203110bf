SELECT coalesce(max(position), 0), (SELECT coalesce(max(number), 0) FROM @schema@.streams),
       (SELECT time FROM @schema@.events ORDER BY position DESC LIMIT 1)
  FROM @schema@.events
