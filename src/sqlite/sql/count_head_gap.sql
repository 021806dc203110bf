-- 0 if the versions of all streams, as the heads and the events after them say, add up to the log.
SELECT cast(total(version) AS INTEGER)
       + (SELECT count(*) FROM events LEFT JOIN heads ON heads.stream = events.stream
          WHERE events.position > ?1 AND events.position > coalesce(heads.position, 0))
       - (SELECT coalesce(max(position), 0) FROM events)
FROM heads WHERE stream > 0
