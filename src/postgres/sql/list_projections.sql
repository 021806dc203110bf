SELECT p.name, p.position, p.saved_at, p.token, p.holder, p.expires, p.paused, p.requests, p.resets,
       p.resets_done, p.reset_to, p.skip, p.revision,
       (SELECT count(*) FROM @schema@.dead_letters d
         WHERE d.projection = p.name AND d.state <> 3),
       (SELECT count(*) FROM @schema@.dead_letters d
         WHERE d.projection = p.name AND d.state = 2),
       (extract(epoch FROM clock_timestamp()) * 1000000000)::bigint, p.quiet_until
  FROM @schema@.projections p
 WHERE $1 = '' OR p.name = $1
 ORDER BY p.name
