SELECT name, position, saved_at, token, holder, expires, paused, requests, resets, resets_done,
       reset_to, skip, quiet_until,
       (SELECT count(*) FROM dead_letters WHERE projection = name AND state IN (1, 2)),
       (SELECT count(*) FROM dead_letters WHERE projection = name AND state = 2)
FROM projections WHERE name >= ?1 AND name <= ?2 ORDER BY name
