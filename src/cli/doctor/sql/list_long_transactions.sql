-- Transactions older than $1 milliseconds, and how many sessions wait for each. What another role's
-- session does is only shown to members of pg_read_all_stats.
SELECT a.pid::bigint, coalesce(a.usename::text, '?'), coalesce(a.application_name, ''),
       coalesce(host(a.client_addr), 'local'), coalesce(a.state, '?'),
       (extract(epoch FROM clock_timestamp() - a.xact_start) * 1000)::bigint,
       left(regexp_replace(coalesce(a.query, ''), '\s+', ' ', 'g'), 100),
       (SELECT count(*) FROM pg_stat_activity w
         WHERE w.wait_event_type = 'Lock' AND a.pid = ANY (pg_blocking_pids(w.pid)))::bigint
  FROM pg_stat_activity a
 WHERE a.datname = current_database() AND a.pid <> pg_backend_pid()
   AND a.backend_type = 'client backend'
   AND a.xact_start < clock_timestamp() - $1::bigint * interval '1 millisecond'
 ORDER BY a.xact_start LIMIT 5
