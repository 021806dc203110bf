-- Nanoseconds since the oldest transaction began that holds or waits for the commit lock, or for a
-- lock on a table of the schema that keeps others from inserting. The begin of another role's
-- transaction is only shown to members of pg_read_all_stats; one that is not shown does not count.
SELECT (coalesce(greatest(max(extract(epoch FROM clock_timestamp() - a.xact_start)), 0), 0)
        * 1000000000)::bigint
FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
WHERE l.pid <> pg_backend_pid()
  AND l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
  AND ((l.locktype = 'advisory' AND l.objsubid = 1
        AND ((l.classid::bigint << 32) | l.objid::bigint) = @lock@)
    OR (l.locktype = 'relation'
        AND l.mode IN ('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')
        AND l.relation IN (SELECT c.oid FROM pg_class c
                            WHERE c.relnamespace = to_regnamespace($1) AND c.relkind = 'r')))
