-- Connections of clients, how many there may be, and the time of the server in milliseconds.
SELECT count(*)::bigint, current_setting('max_connections')::bigint,
       (extract(epoch FROM clock_timestamp()) * 1000)::bigint
  FROM pg_stat_activity WHERE backend_type = 'client backend'
