SELECT coalesce((SELECT max(position) FROM @schema@.events), 0),
       (SELECT count(*) FROM @schema@.streams),
       (SELECT count(*) FROM @schema@.types),
       (SELECT time FROM @schema@.events ORDER BY position LIMIT 1),
       (SELECT time FROM @schema@.events ORDER BY position DESC LIMIT 1),
       (SELECT value FROM @schema@.facts WHERE name = 'backup_time')
