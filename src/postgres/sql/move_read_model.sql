UPDATE @schema@.eventcore_projections SET position = $2, log_id = $4
 WHERE name = $1 AND token = $3
RETURNING 1
