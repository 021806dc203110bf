SELECT zone * 4096 + 1, type FROM (
  SELECT DISTINCT type, (position - 1) / 4096 AS zone FROM events
   WHERE position <= (SELECT coalesce(max(position), 0) FROM events) / 4096 * 4096
  EXCEPT SELECT type, zone FROM zones)
